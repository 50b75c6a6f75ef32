"""A logon gives the same rows in every wrapper, and the rows name the wrapper."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from functools import cache
from operator import itemgetter
from pathlib import Path
from typing import Any

import pytest
from scapy.layers.inet import IP, TCP

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
Said = tuple[tuple[int, bytes], ...]
"Times (ns) and IP packets."


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
def packets(name: str, version: int) -> Said:
    """Return time and IP packet of each packet of a scenario."""
    scenario = next(one for one in SCENARIOS if name == one.NAME)
    recording = of_version(record(scenario), version)
    return tuple((packet.ts_ns, ip(data)) for packet, data in datagrams(recording))


def rows_of(
    frames: list[tuple[int, bytes]], place: Path, stats: Stats | None = None
) -> list[Row]:
    """Read a capture of *frames*; return its rows, AdditionalFields opened."""
    path = place / "capture.pcap"
    whole = [Packet(ts_ns, data, len(data)) for ts_ns, data in frames]
    path.write_bytes(pcap(whole, magic=0xA1B23C4D))
    schema = Defender(Settings())
    items = run([str(path)], Settings(), stats or Stats())
    rows = [row for item in items for _, row in schema.rows(item)]
    return [_opened(row) for row in rows]


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return where all captures are written, for rows name it."""
    return tmp_path_factory.mktemp("wires")


@cache
def plain(logon: str, version: int, place: Path) -> list[Row]:
    """Return the rows of a logon that no tunnel carried and no switch copied."""
    return rows_of(
        [(ts_ns, ether(data)) for ts_ns, data in packets(logon, version)], place
    )


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
    wrap: Wrap, inner: int, outer: int, logon: str, place: Path
) -> None:
    said = packets(logon, inner)

    rows = rows_of([(ts_ns, wrap.frame(data, outer)) for ts_ns, data in said], place)

    assert [one for one in tunnels_of(rows) if one != told(wrap, outer)] == []
    assert rows == plain(logon, inner, place)


def test_tunnels_in_tunnels_are_told_from_outside_in(place: Path) -> None:
    names = ["4-in-IP"] * (TUNNEL_DEPTH - 2) + ["VXLAN", "GTP-U"]
    frames = []
    for ts_ns, data in packets("smb2-logon", 4):
        for name in reversed(names):
            data = named(name).frame(data)[14:]
        frames.append((ts_ns, named("802.1Q").frame(data)))

    rows = rows_of(frames, place)

    wanted = [told(named("802.1Q"), 0), *(told(named(name), 4) for name in names)]
    flat = [one for wrap in wanted for one in wrap]
    assert [one for one in tunnels_of(rows) if one != flat] == []


def test_each_side_is_told_by_its_own_packets(place: Path) -> None:
    said = packets("smb2-logon", 4)
    client = said[0][1][12:16]
    frames = [
        (ts_ns, (named("VXLAN") if data[12:16] == client else named("GRE")).frame(data))
        for ts_ns, data in said
    ]

    for row in rows_of(frames, place):
        netsig = row["AdditionalFields"]["Netsig"]
        (tunnel,) = netsig["Tunnels"]
        assert tunnel["Name"] == ("VXLAN" if netsig["FromClient"] else "GRE")


def routed(packet: bytes) -> bytes:
    """Return *packet* one hop later."""
    if packet[0] >> 4 == 6:
        return packet[:7] + bytes([packet[7] - 1]) + packet[8:]
    whole = IP(packet)
    whole.ttl -= 1
    del whole.chksum
    return bytes(whole)


COPIES: dict[str, Callable[[bytes], bytes]] = {
    "on the way out": ether,
    "one hop later": lambda data: ether(routed(data)),
    "in another VLAN": lambda data: named("802.1Q").frame(routed(data)),
    "in a tunnel": named("VXLAN").frame,
    "mirrored": named("ERSPAN-II").frame,
}


def sent_again(packet: bytes) -> bytes:
    """Return *packet* as its sender makes it once more."""
    whole = IP(packet)
    whole.id ^= 0x8000
    del whole.chksum
    return bytes(whole)


def sides(said: Said) -> tuple[Said, Said]:
    """Part the packets of client and server."""
    client = said[0][1][12:16]
    from_client = tuple(one for one in said if one[1][12:16] == client)
    return from_client, tuple(one for one in said if one not in from_client)


@pytest.mark.parametrize("copied", ["client", "server", "both"])
@pytest.mark.parametrize("copy", COPIES)
@pytest.mark.parametrize("logon", LOGONS)
def test_what_a_span_port_copies_is_told_once_and_flagged(
    logon: str, copy: str, copied: str, place: Path
) -> None:
    said = packets(logon, 4)
    client, server = sides(said)
    twice = {"client": client, "server": server, "both": said}[copied]
    once = [(ts_ns, ether(data)) for ts_ns, data in said]
    again = [(ts_ns + 20_000, COPIES[copy](data)) for ts_ns, data in twice]
    stats = Stats()

    rows = rows_of(sorted(once + again, key=itemgetter(0)), place, stats)

    assert [bare(row) for row in rows] == [bare(row) for row in plain(logon, 4, place)]
    assert {flagged(row) for row in rows} == {True, None}
    assert stats.counts["streams.duplicates"] == sum(tells(data) for _, data in twice)


@pytest.mark.parametrize("logon", LOGONS)
def test_ipv6_has_no_identification_and_its_copies_are_known_by_time(
    logon: str, place: Path
) -> None:
    said = packets(logon, 6)
    once = [(ts_ns, ether(data)) for ts_ns, data in said]
    again = [(ts_ns + 20_000, ether(routed(data))) for ts_ns, data in said]

    rows = rows_of(sorted(once + again, key=itemgetter(0)), place)

    assert [bare(row) for row in rows] == [bare(row) for row in plain(logon, 6, place)]
    assert {flagged(row) for row in rows} == {True, None}


@pytest.mark.parametrize("logon", LOGONS)
def test_what_is_sent_again_is_no_copy(logon: str, place: Path) -> None:
    said = packets(logon, 4)
    once = [(ts_ns, ether(data)) for ts_ns, data in said]
    again = [(ts_ns + 20_000, ether(sent_again(data))) for ts_ns, data in said]
    stats = Stats()

    rows = rows_of(sorted(once + again, key=itemgetter(0)), place, stats)

    assert [bare(row) for row in rows] == [bare(row) for row in plain(logon, 4, place)]
    assert {flagged(row) for row in rows} == {False, None}
    assert "streams.duplicates" not in stats.counts


def flagged(row: Row) -> bool | None:
    """Tell whether *row* says that it was copied; None if it tells of no message."""
    if row.get("ActionType") not in (
        "NetworkSignatureInspected",
        "NtlmAuthenticationInspected",
    ):
        return None
    return "duplicate" in row["AdditionalFields"]["Netsig"].get("Flags", [])


def bare(row: Row) -> Row:
    """Return what *row* says, not how it travelled and how often it was seen."""
    fields = json.loads(json.dumps(row.get("AdditionalFields") or {}))
    for name in ("Evidence", "Flags", "Packet", "Packets", "Tunnels"):
        fields.get("Netsig", {}).pop(name, None)
    return row | {"AdditionalFields": fields}


def tells(packet: bytes) -> bool:
    """Tell whether the TCP segment in *packet* is more than an acknowledgment."""
    tcp = IP(packet)[TCP]
    return bool(tcp.flags & 7) or bool(bytes(tcp.payload))


@pytest.mark.parametrize("inner", [False, True])
def test_fragments_do_not_hide_the_tunnel(inner: bool, place: Path) -> None:
    wrap = named("GRE-TEB")
    frames = []
    for ts_ns, data in packets("smb2-logon", 4):
        if inner:
            frames += [(ts_ns, wrap.frame(piece)) for piece in fragments4(data, 64)]
        else:
            whole = wrap.frame(data)
            pieces = fragments4(whole[14:], 64, ident=len(frames))
            frames += [(ts_ns, whole[:14] + piece) for piece in pieces]

    rows = rows_of(frames, place)

    assert [one for one in tunnels_of(rows) if one != told(wrap, 4)] == []
