"""A logon gives the same rows in every wrapper, and the rows name the wrapper."""

from __future__ import annotations

import json
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from sensor.config import Settings
from sensor.fixtures.make import record
from sensor.fixtures.model import End, Recording
from sensor.fixtures.network.packets import datagrams, ip
from sensor.fixtures.scenarios import SCENARIOS
from sensor.limits import TUNNEL_DEPTH
from sensor.pipeline import run
from sensor.schema.defender import Defender
from sensor.types import Stats
from tests.support.captures import Packet, pcap
from tests.support.frames import fragments4
from tests.support.wraps import OUTER4, OUTER6, WRAPS, Wrap, ether, named

LOGONS = ("smb2-logon", "http-ntlm")
Row = dict[str, Any]


def of_version(recording: Recording, version: int) -> Recording:
    """Let the machines of *recording* have addresses of an IP version."""
    flows = [
        replace(flow, client=_moved(flow.client), server=_moved(flow.server))
        for flow in recording.flows
    ]
    return recording if version == 4 else replace(recording, flows=flows)


def _moved(end: End) -> End:
    octets = [int(part) for part in end.host.ip.split(".")]
    moved = "fd20::" + ":".join(map(str, octets))
    return replace(end, host=replace(end.host, ip=moved))


@cache
def packets(name: str, version: int) -> tuple[tuple[int, bytes], ...]:
    """Return time and IP packet of each packet of a scenario."""
    scenario = next(one for one in SCENARIOS if name == one.NAME)
    recording = of_version(record(scenario), version)
    return tuple((packet.ts_ns, ip(data)) for packet, data in datagrams(recording))


def rows_of(frames: list[tuple[int, bytes]], place: Path) -> list[Row]:
    """Read a capture of *frames*; return its rows, AdditionalFields opened."""
    path = place / "capture.pcap"
    whole = [Packet(ts_ns, data, len(data)) for ts_ns, data in frames]
    path.write_bytes(pcap(whole, magic=0xA1B23C4D))
    schema = Defender(Settings())
    items = run([str(path)], Settings(), Stats())
    rows = [row for item in items for _, row in schema.rows(item)]
    return [_opened(row) for row in rows]


def _opened(row: Row) -> Row:
    text = row.get("AdditionalFields")
    return row | {"AdditionalFields": json.loads(text)} if text else row


def tunnels_of(rows: list[Row]) -> list[list[Row]]:
    """Take the tunnels out of the *rows* of network events."""
    events = [row["AdditionalFields"] for row in rows if "ActionType" in row]
    assert len(events) > 4
    return [fields["Netsig"].pop("Tunnels") for fields in events]


def told(wrap: Wrap, outer: int) -> list[Row]:
    """Return what the rows must say of *wrap*, in an outer packet of a version."""
    source, destination = OUTER4 if outer == 4 else OUTER6
    ends = {"Source": source, "Destination": destination}
    return [
        {"Name": name}
        | ({} if number is None else {"Id": number})
        | (ends if wrap.number and place == 0 else {})
        for place, (name, number) in enumerate(wrap.told)
    ]


CASES = [
    pytest.param(wrap, inner, outer, id=f"{inner}-{wrap.name}-{outer or 'frame'}")
    for wrap in WRAPS
    for inner in wrap.inner
    for outer in ((4, 6) if wrap.number else (0,))
]


@pytest.mark.parametrize("logon", LOGONS)
@pytest.mark.parametrize(("wrap", "inner", "outer"), CASES)
def test_a_logon_in_a_wrapper_gives_the_rows_of_the_plain_one(
    wrap: Wrap, inner: int, outer: int, logon: str, tmp_path: Path
) -> None:
    said = packets(logon, inner)
    plain = rows_of([(ts_ns, ether(data)) for ts_ns, data in said], tmp_path)

    rows = rows_of([(ts_ns, wrap.frame(data, outer)) for ts_ns, data in said], tmp_path)

    assert [one for one in tunnels_of(rows) if one != told(wrap, outer)] == []
    assert rows == plain


def test_tunnels_in_tunnels_are_told_from_outside_in(tmp_path: Path) -> None:
    names = ["4-in-IP"] * (TUNNEL_DEPTH - 2) + ["VXLAN", "GTP-U"]
    frames = []
    for ts_ns, data in packets("smb2-logon", 4):
        for name in reversed(names):
            data = named(name).frame(data)[14:]
        frames.append((ts_ns, named("802.1Q").frame(data)))

    rows = rows_of(frames, tmp_path)

    wanted = [told(named("802.1Q"), 0), *(told(named(name), 4) for name in names)]
    flat = [one for wrap in wanted for one in wrap]
    assert [one for one in tunnels_of(rows) if one != flat] == []


def test_each_side_is_told_by_its_own_packets(tmp_path: Path) -> None:
    said = packets("smb2-logon", 4)
    client = said[0][1][12:16]
    frames = [
        (ts_ns, (named("VXLAN") if data[12:16] == client else named("GRE")).frame(data))
        for ts_ns, data in said
    ]

    for row in rows_of(frames, tmp_path):
        netsig = row["AdditionalFields"]["Netsig"]
        (tunnel,) = netsig["Tunnels"]
        assert tunnel["Name"] == ("VXLAN" if netsig["FromClient"] else "GRE")


@pytest.mark.parametrize("inner", [False, True])
def test_fragments_do_not_hide_the_tunnel(inner: bool, tmp_path: Path) -> None:
    wrap = named("GRE-TEB")
    frames = []
    for ts_ns, data in packets("smb2-logon", 4):
        if inner:
            frames += [(ts_ns, wrap.frame(piece)) for piece in fragments4(data, 64)]
        else:
            whole = wrap.frame(data)
            pieces = fragments4(whole[14:], 64, ident=len(frames))
            frames += [(ts_ns, whole[:14] + piece) for piece in pieces]

    rows = rows_of(frames, tmp_path)

    assert [one for one in tunnels_of(rows) if one != told(wrap, 4)] == []
