"""Captures of recordings in each framing, and what Wireshark finds inside them."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

import dpkt

from sensor.fixtures.model import TCP, Recording
from sensor.fixtures.network import frames, network_named
from tests.support import tshark

CHECKED = tuple(
    part
    for proto in ("ip", "tcp", "udp")
    for part in ("-o", f"{proto}.check_checksum:TRUE")
)
STATUSES = ("ip.checksum.status", "tcp.checksum.status", "udp.checksum.status")
TCP_NAMES = ("srcport", "dstport", "seq_raw", "ack_raw", "flags", "payload")
UDP_NAMES = ("srcport", "dstport", "payload")


class Seen(NamedTuple):
    """A TCP segment or UDP datagram by what it says; UDP has no numbers, no flags."""

    source: str
    target: str
    ports: tuple[int, int]
    numbers: tuple[int, int, int]
    "Sequence and acknowledgment number, flags."
    payload: bytes


def said(recording: Recording) -> list[Seen]:
    """List what *recording* says its packets are."""
    listed = []
    for packet in recording.packets:
        flow = recording.flows[packet.flow]
        ends = (flow.client, flow.server)
        source, target = ends[packet.side], ends[1 - packet.side]
        listed.append(
            Seen(
                source.host.ip,
                target.host.ip,
                (source.port, target.port),
                (packet.seq, packet.ack, packet.flags),
                packet.payload,
            )
        )
    return listed


def capture(recording: Recording, network: str, path: Path) -> Path:
    """Write *recording* in the framing *network*, by dpkt."""
    with path.open("wb") as file:
        linktype = network_named(network).linktype
        writer = dpkt.pcap.Writer(file, linktype=linktype, nano=True)
        for frame in frames(recording, network):
            assert frame.linktype == linktype
            writer.writepkt(frame.data, frame.ts_ns / 10**9)
    return path


def found(path: Path, version: int, *proto: int) -> list[Seen]:
    """List the innermost packets of *version* that Wireshark finds, checksums right.

    *proto* is one transport protocol; without it TCP.
    """
    is_tcp = (*proto, TCP)[0] == TCP
    ip, layer = "ip" if version == 4 else "ipv6", "tcp" if is_tcp else "udp"
    own = [f"{layer}.{name}" for name in (TCP_NAMES if is_tcp else UDP_NAMES)]
    names = (f"{ip}.src", f"{ip}.dst", *own, *STATUSES)
    options = ("-o", "tcp.desegment_tcp_streams:FALSE", *CHECKED)
    seen = []
    for cells in tshark.fields(path, names, f"{layer}.srcport", *options):
        # 0 is a bad checksum; 1 a good one, 2 none verified, 3 none there.
        statuses = [status for cell in cells[-3:] for status in cell]
        assert "0" not in statuses
        assert (cells[-2] if is_tcp else cells[-1])[-1] == "1"
        seen.append(_seen(cells[:-3]))
    return seen


def _seen(cells: list[list[str]]) -> Seen:
    source, target, sport, dport, *rest = (cell[-1] if cell else "" for cell in cells)
    numbers = (int(rest[0]), int(rest[1]), int(rest[2], 16)) if rest[1:] else (0, 0, 0)
    ports = (int(sport), int(dport))
    payload = bytes.fromhex(rest[-1].replace(":", ""))
    return Seen(source, target, ports, numbers, payload)


def values(path: Path, *names: str) -> list[set[str]]:
    """Return every value that each field has anywhere in a capture."""
    rows = tshark.fields(path, names)
    return [
        {value for row in rows for value in row[column]} for column in range(len(names))
    ]
