"""Table files and country tables made by hand, for tests of the hunt."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from pathlib import Path

from mmdb_writer import MMDBWriter
from netaddr import IPSet

Row = dict[str, object]

NOON = "2024-05-01T12:00:00Z"


def event(**known: object) -> Row:
    """Return a DeviceNetworkEvents row that seed 000 lets pass, changed by *known*."""
    return {
        "Timestamp": NOON,
        "DeviceName": "ws1",
        "ActionType": "NetworkSignatureInspected",
        "LocalIP": "10.0.0.1",
        "LocalPort": 50000,
        "RemoteIP": "203.0.113.1",
        "RemotePort": 445,
        "AdditionalFields": fields(),
    } | known


def fields(name: str | None = "SMB2", matched: str = "", **more: object) -> str:
    """Return AdditionalFields as the JSON text Defender has there."""
    known = {"SignatureName": name, "SignatureMatchedContent": matched} | more
    return json.dumps({key: value for key, value in known.items() if value})


def logon(**known: object) -> Row:
    """Return a DeviceLogonEvents row that seed 004 lets pass, changed by *known*."""
    return {
        "Timestamp": NOON,
        "DeviceName": "ws1",
        "ActionType": "LogonSuccess",
        "LogonType": "Interactive",
        "AdditionalFields": '{"IsLocalLogon":true}',
    } | known


def write(folder: Path, table: str, rows: Iterable[Mapping[str, object]]) -> str:
    """Write *rows* as *table* into *folder*; return the folder's name."""
    lines = (json.dumps(row) + "\n" for row in rows)
    (folder / f"{table}.jsonl").write_text("".join(lines), encoding="utf-8")
    return str(folder)


def mmdb(path: Path, networks: Mapping[str, Mapping[str, object]]) -> str:
    """Write a MaxMind DB with one record for each network; return its name."""
    writer = MMDBWriter(ip_version=6, ipv4_compatible=True)
    for network, record in networks.items():
        writer.insert_network(IPSet([network]), dict(record))
    writer.to_db_file(str(path))
    return str(path)


def countries(path: Path, **networks: str) -> str:
    """Write a MaxMind DB in GeoLite2's shape: country=network."""
    records = {
        network: {"country": {"names": {"en": country}}}
        for country, network in networks.items()
    }
    return mmdb(path, records)
