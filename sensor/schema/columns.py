"""The columns of Defender's advanced-hunting tables, complete and in order.

From MicrosoftDocs/defender-docs `advanced-hunting-<table>-table.md`: names and KQL
types of DeviceNetworkEvents (2024-09-06), AlertInfo and AlertEvidence.
"""

from __future__ import annotations

from typing import Final

DEVICE_NETWORK_EVENTS: Final = "DeviceNetworkEvents"
ALERT_INFO: Final = "AlertInfo"
ALERT_EVIDENCE: Final = "AlertEvidence"

COLUMNS: Final[dict[str, dict[str, str]]] = {
    DEVICE_NETWORK_EVENTS: {
        "Timestamp": "datetime",
        "DeviceId": "string",
        "DeviceName": "string",
        "ActionType": "string",
        "RemoteIP": "string",
        "RemotePort": "int",
        "RemoteUrl": "string",
        "LocalIP": "string",
        "LocalPort": "int",
        "Protocol": "string",
        "LocalIPType": "string",
        "RemoteIPType": "string",
        "InitiatingProcessSHA1": "string",
        "InitiatingProcessSHA256": "string",
        "InitiatingProcessMD5": "string",
        "InitiatingProcessFileName": "string",
        "InitiatingProcessFileSize": "long",
        "InitiatingProcessVersionInfoCompanyName": "string",
        "InitiatingProcessVersionInfoProductName": "string",
        "InitiatingProcessVersionInfoProductVersion": "string",
        "InitiatingProcessVersionInfoInternalFileName": "string",
        "InitiatingProcessVersionInfoOriginalFileName": "string",
        "InitiatingProcessVersionInfoFileDescription": "string",
        "InitiatingProcessId": "long",
        "InitiatingProcessCommandLine": "string",
        "InitiatingProcessCreationTime": "datetime",
        "InitiatingProcessFolderPath": "string",
        "InitiatingProcessParentFileName": "string",
        "InitiatingProcessParentId": "long",
        "InitiatingProcessParentCreationTime": "datetime",
        "InitiatingProcessAccountDomain": "string",
        "InitiatingProcessAccountName": "string",
        "InitiatingProcessAccountSid": "string",
        "InitiatingProcessAccountUpn": "string",
        "InitiatingProcessAccountObjectId": "string",
        "InitiatingProcessIntegrityLevel": "string",
        "InitiatingProcessTokenElevation": "string",
        "ReportId": "long",
        "AppGuardContainerId": "string",
        "AdditionalFields": "string",
        "InitiatingProcessSessionId": "long",
        "IsInitiatingProcessRemoteSession": "bool",
        "InitiatingProcessRemoteSessionDeviceName": "string",
        "InitiatingProcessRemoteSessionIP": "string",
    },
    ALERT_INFO: {
        "Timestamp": "datetime",
        "AlertId": "string",
        "Title": "string",
        "Category": "string",
        "Severity": "string",
        "ServiceSource": "string",
        "DetectionSource": "string",
        "AttackTechniques": "string",
    },
    ALERT_EVIDENCE: {
        "Timestamp": "datetime",
        "AlertId": "string",
        "Title": "string",
        "Categories": "string",
        "AttackTechniques": "string",
        "ServiceSource": "string",
        "DetectionSource": "string",
        "EntityType": "string",
        "EvidenceRole": "string",
        "EvidenceDirection": "string",
        "FileName": "string",
        "FolderPath": "string",
        "SHA1": "string",
        "SHA256": "string",
        "FileSize": "long",
        "ThreatFamily": "string",
        "RemoteIP": "string",
        "RemoteUrl": "string",
        "AccountName": "string",
        "AccountDomain": "string",
        "AccountSid": "string",
        "AccountObjectId": "string",
        "AccountUpn": "string",
        "DeviceId": "string",
        "DeviceName": "string",
        "LocalIP": "string",
        "NetworkMessageId": "string",
        "EmailSubject": "string",
        "Application": "string",
        "ApplicationId": "int",
        "OAuthApplicationId": "string",
        "ProcessCommandLine": "string",
        "RegistryKey": "string",
        "RegistryValueName": "string",
        "RegistryValueData": "string",
        "AdditionalFields": "string",
        "Severity": "string",
        "CloudResource": "string",
        "CloudPlatform": "string",
        "ResourceType": "string",
        "ResourceID": "string",
        "SubscriptionId": "string",
    },
}

# What real records without a process hold instead of null.
_NO_PROCESS: Final[dict[str, object]] = {
    "InitiatingProcessId": 0,
    "InitiatingProcessParentId": 0,
    "InitiatingProcessTokenElevation": "None",
}

_EMPTY: Final[dict[str, dict[str, object]]] = {
    table: {
        column: _NO_PROCESS.get(column) if table == DEVICE_NETWORK_EVENTS else None
        for column in columns
    }
    for table, columns in COLUMNS.items()
}


def row(table: str, known: dict[str, object]) -> dict[str, object]:
    """Return a row with every column of *table*, null where nothing is *known*."""
    return _EMPTY[table] | known
