"""The tables a hunt knows without being told, with their columns and KQL types.

DeviceLogonEvents comes from the user; its columns are those of
MicrosoftDocs/defender-docs `advanced-hunting-devicelogonevents-table.md`.
"""

from __future__ import annotations

from typing import Final

from sensor.schema import columns
from sensor.sinks import heartbeat

DEVICE_NETWORK_EVENTS: Final = columns.DEVICE_NETWORK_EVENTS
DEVICE_LOGON_EVENTS: Final = "DeviceLogonEvents"

_EVENTS: Final = columns.COLUMNS[DEVICE_NETWORK_EVENTS]

_SESSION: Final = (
    "InitiatingProcessSessionId",
    "IsInitiatingProcessRemoteSession",
    "InitiatingProcessRemoteSessionDeviceName",
    "InitiatingProcessRemoteSessionIP",
)

_PROCESS: Final = {
    column: kind
    for column, kind in _EVENTS.items()
    if column.startswith("InitiatingProcess") and column not in _SESSION
}

_LOGON: Final = {
    "Timestamp": "datetime",
    "DeviceId": "string",
    "DeviceName": "string",
    "ActionType": "string",
    "LogonType": "string",
    "AccountDomain": "string",
    "AccountName": "string",
    "AccountSid": "string",
    "Protocol": "string",
    "FailureReason": "string",
    "IsLocalAdmin": "bool",
    "LogonId": "long",
    "RemoteDeviceName": "string",
    "RemoteIP": "string",
    "RemoteIPType": "string",
    "RemotePort": "int",
    **_PROCESS,
    "ReportId": "long",
    "AppGuardContainerId": "string",
    "AdditionalFields": "string",
    **{column: _EVENTS[column] for column in _SESSION},
}

TABLES: Final[dict[str, dict[str, str]]] = {
    **columns.COLUMNS,
    DEVICE_LOGON_EVENTS: _LOGON,
    heartbeat.TABLE: heartbeat.COLUMNS,
}

SQL_TYPES: Final = {
    "string": "VARCHAR",
    "int": "INTEGER",
    "long": "BIGINT",
    "bool": "BOOLEAN",
    "real": "DOUBLE",
    "datetime": "TIMESTAMP",
    "dynamic": "JSON",
}
"KQL type -> the DuckDB type that stands for it; TIMESTAMP is UTC without a zone."


def quoted(name: str) -> str:
    """Return *name* as an SQL identifier."""
    return '"' + name.replace('"', '""') + '"'
