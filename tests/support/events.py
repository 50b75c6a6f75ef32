"""Run the pipeline in this process and compare what it gives."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path

from sensor.config import Settings
from sensor.pipeline import run
from sensor.types import Alert, Event, Stats
from tests.support.tshark import Ntlm

WHERE = ("Packet", "File")
"Facts that say where in a file something was, not what."


def events_of(*paths: Path, stats: Stats | None = None) -> list[Event]:
    """Give the events of captures, without the alerts."""
    items = run([str(path) for path in paths], Settings(), stats or Stats())
    return [item for item in items if isinstance(item, Event)]


def alerts_of(*paths: Path) -> list[Alert]:
    """Give the alerts of captures."""
    items = run([str(path) for path in paths], Settings(), Stats())
    return [item for item in items if isinstance(item, Alert)]


def said(events: list[Event]) -> Counter[str]:
    """Reduce events to what they say, wherever, whenever and how often it was seen."""
    return Counter(_said(event) for event in events)


def _said(event: Event) -> str:
    facts = {key: value for key, value in event.facts.items() if key not in WHERE}
    facts["Flags"] = [one for one in _flags(event) if one != "duplicate"]
    client = event.flow.client
    ends = [f"{end.ip}:{end.port}" for end in event.flow.ends]
    if client:
        ends.reverse()
    whole = [event.kind, event.name, *ends, event.from_client, facts]
    whole += [event.matched.hex(), event.sample.hex()]
    return json.dumps(whole, sort_keys=True)


def _flags(event: Event) -> list[str]:
    flags = event.facts.get("Flags", [])
    return flags if isinstance(flags, list) else []


def ntlm_of(events: list[Event]) -> list[Ntlm]:
    """Reduce the NTLMSSP messages among *events* to what tshark names."""
    return [_ntlm(event) for event in events if "MessageType" in event.facts]


def _ntlm(event: Event) -> Ntlm:
    facts = event.facts
    kind = facts["MessageType"]
    if kind == 2:
        return Ntlm(2, challenge=str(facts["ServerChallenge"]))
    if kind == 3:
        who = (str(facts.get(name, "")) for name in ("User", "Domain", "Workstation"))
        return Ntlm(3, *who)
    return Ntlm(1)
