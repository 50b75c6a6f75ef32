"""Writes every scenario's files."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from scripts.pcap_scenarios.scenarios import CLIENT, SCENARIOS
from scripts.pcap_scenarios.wire import NS, Capture

START: Final = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
"The first scenario's first packet; each scenario starts an hour later."
HOUR_NS: Final = 3600 * NS

LOGON: Final = {
    "Timestamp": "2026-03-02T08:31:07.0000000Z",
    "DeviceName": CLIENT.ip,
    "ActionType": "LogonSuccess",
    "LogonType": "Interactive",
    "AccountDomain": "EXAMPLE",
    "AccountName": "alice",
    "AdditionalFields": json.dumps({"IsLocalLogon": True}),
}
"What an endpoint said, which no packet shows: alice sits at her machine."


def make_all(directory: Path) -> None:
    """Write a capture and its expected rows for each scenario, and the logon feed."""
    directory.mkdir(parents=True, exist_ok=True)
    for position, (name, scenario) in enumerate(SCENARIOS.items()):
        capture = Capture(int(START.timestamp()) * NS + position * HOUR_NS)
        scenario(capture)
        capture.write(directory / f"{name}.pcap")
        _write_rows(directory / f"{name}.jsonl", capture)
    feed = directory / "DeviceLogonEvents.jsonl"
    feed.write_text(json.dumps(LOGON) + "\n", encoding="utf-8")


def _write_rows(path: Path, capture: Capture) -> None:
    lines = (json.dumps({"table": table, "row": row}) for table, row in capture.rows)
    path.write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")
