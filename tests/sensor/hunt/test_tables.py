from __future__ import annotations

from sensor.hunt.tables import SQL_TYPES, TABLES, quoted


def test_logons_have_the_columns_that_are_documented() -> None:
    logons = TABLES["DeviceLogonEvents"]
    names = list(logons)
    assert names[:16] == [
        *("Timestamp", "DeviceId", "DeviceName", "ActionType", "LogonType"),
        *("AccountDomain", "AccountName", "AccountSid", "Protocol", "FailureReason"),
        *("IsLocalAdmin", "LogonId", "RemoteDeviceName", "RemoteIP", "RemoteIPType"),
        "RemotePort",
    ]
    assert names[-7:] == [
        *("ReportId", "AppGuardContainerId", "AdditionalFields"),
        "InitiatingProcessSessionId",
        "IsInitiatingProcessRemoteSession",
        "InitiatingProcessRemoteSessionDeviceName",
        "InitiatingProcessRemoteSessionIP",
    ]
    between = set(names[16:-7])
    assert len(between) == 25
    assert all(name.startswith("InitiatingProcess") for name in between)
    assert logons["Timestamp"] == "datetime"
    assert logons["LogonId"] == logons["ReportId"] == "long"


def test_every_type_has_its_sql() -> None:
    assert {kind for columns in TABLES.values() for kind in columns.values()} <= set(
        SQL_TYPES
    )


def test_a_quote_in_a_name_stays_in_it() -> None:
    assert quoted('a"b') == '"a""b"'
