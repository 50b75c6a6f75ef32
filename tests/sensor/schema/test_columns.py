from __future__ import annotations

from sensor.schema.columns import COLUMNS, row


def words(text: str) -> list[str]:
    return text.split()


# As Microsoft's advanced-hunting-devicenetworkevents-table.md lists them.
PROCESS = words("""\
SHA1 SHA256 MD5 FileName FileSize VersionInfoCompanyName VersionInfoProductName
VersionInfoProductVersion VersionInfoInternalFileName VersionInfoOriginalFileName
VersionInfoFileDescription Id CommandLine CreationTime FolderPath ParentFileName
ParentId ParentCreationTime AccountDomain AccountName AccountSid AccountUpn
AccountObjectId IntegrityLevel TokenElevation""")
NETWORK = [
    *words("""Timestamp DeviceId DeviceName ActionType RemoteIP RemotePort RemoteUrl
    LocalIP LocalPort Protocol LocalIPType RemoteIPType"""),
    *(f"InitiatingProcess{name}" for name in PROCESS),
    *words("""ReportId AppGuardContainerId AdditionalFields InitiatingProcessSessionId
    IsInitiatingProcessRemoteSession InitiatingProcessRemoteSessionDeviceName
    InitiatingProcessRemoteSessionIP"""),
]
ALERT_INFO = words("""\
Timestamp AlertId Title Category Severity ServiceSource DetectionSource
AttackTechniques""")
ALERT_EVIDENCE = words("""\
Timestamp AlertId Title Categories AttackTechniques ServiceSource DetectionSource
EntityType EvidenceRole EvidenceDirection FileName FolderPath SHA1 SHA256 FileSize
ThreatFamily RemoteIP RemoteUrl AccountName AccountDomain AccountSid AccountObjectId
AccountUpn DeviceId DeviceName LocalIP NetworkMessageId EmailSubject Application
ApplicationId OAuthApplicationId ProcessCommandLine RegistryKey RegistryValueName
RegistryValueData AdditionalFields Severity CloudResource CloudPlatform ResourceType
ResourceID SubscriptionId""")


def test_columns_are_complete_and_in_order() -> None:
    assert {table: list(columns) for table, columns in COLUMNS.items()} == {
        "DeviceNetworkEvents": NETWORK,
        "AlertInfo": ALERT_INFO,
        "AlertEvidence": ALERT_EVIDENCE,
    }


def test_types_that_are_not_string() -> None:
    typed = {
        (table, column): kind
        for table, columns in COLUMNS.items()
        for column, kind in columns.items()
        if kind != "string" and column != "Timestamp"
    }

    assert typed == {
        ("DeviceNetworkEvents", "RemotePort"): "int",
        ("DeviceNetworkEvents", "LocalPort"): "int",
        ("DeviceNetworkEvents", "InitiatingProcessFileSize"): "long",
        ("DeviceNetworkEvents", "InitiatingProcessId"): "long",
        ("DeviceNetworkEvents", "InitiatingProcessCreationTime"): "datetime",
        ("DeviceNetworkEvents", "InitiatingProcessParentId"): "long",
        ("DeviceNetworkEvents", "InitiatingProcessParentCreationTime"): "datetime",
        ("DeviceNetworkEvents", "ReportId"): "long",
        ("DeviceNetworkEvents", "InitiatingProcessSessionId"): "long",
        ("DeviceNetworkEvents", "IsInitiatingProcessRemoteSession"): "bool",
        ("AlertEvidence", "FileSize"): "long",
        ("AlertEvidence", "ApplicationId"): "int",
    }


def test_row_without_process_is_as_the_published_records_are() -> None:
    empty = row("DeviceNetworkEvents", {})

    assert list(empty) == NETWORK
    assert {column: v for column, v in empty.items() if v is not None} == {
        "InitiatingProcessId": 0,
        "InitiatingProcessParentId": 0,
        "InitiatingProcessTokenElevation": "None",
    }


def test_alert_rows_are_null_where_nothing_is_known() -> None:
    assert list(row("AlertEvidence", {}).values()) == [None] * 42
