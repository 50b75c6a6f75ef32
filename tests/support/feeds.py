"""Feeds with something wrong with them, made of the bundled captures."""

from __future__ import annotations

import dataclasses
import struct
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import dpkt

from sensor.config import Settings
from sensor.doctor.checks import Finding, judge
from sensor.doctor.facts import Facts
from sensor.doctor.look import look
from sensor.types import Stats
from tests.support.batches import batch_of

PCAPS = Path(__file__).resolve().parents[2] / "pcaps"
MS = 1_000_000


@dataclass(frozen=True)
class Packet:
    """A frame with when it came and how long it was."""

    ts_ns: int
    frame: bytes
    wire_len: int


def feed(*scenarios: str) -> list[Packet]:
    """The packets of bundled captures."""
    found = []
    for name in scenarios or ("leak-to-public",):
        with (PCAPS / f"{name}.pcap").open("rb") as file:
            for ts, frame in dpkt.pcap.Reader(file):
                found.append(Packet(round(ts * 1e6) * 1000, frame, len(frame)))
    return found


def facts_of(
    packets: Sequence[Packet], linktype: int = 1, cut: int | None = None
) -> Facts:
    """What doctor knows of *packets*, given in batches of *cut* packets."""
    size = cut or max(1, len(packets))
    batches = [
        batch_of(
            [packet.frame for packet in part],
            linktype,
            [packet.wire_len for packet in part],
            [packet.ts_ns for packet in part],
        )
        for part in (packets[at : at + size] for at in range(0, len(packets), size))
    ]
    return look(batches, Stats(), Settings())


def findings(packets: Sequence[Packet], linktype: int = 1) -> list[Finding]:
    return judge(facts_of(packets, linktype))[0]


def titles(packets: Sequence[Packet], linktype: int = 1) -> list[str]:
    return [finding.title for finding in findings(packets, linktype)]


def one_sided(packets: Sequence[Packet]) -> list[Packet]:
    """What the sender of the first packet sent."""
    source = packets[0].frame[26:30]
    return [packet for packet in packets if packet.frame[26:30] == source]


def duplicated(packets: Sequence[Packet], after_ns: int = 10_000) -> list[Packet]:
    """Every packet, and once again a little later, one hop further."""
    copies = [
        dataclasses.replace(
            packet,
            ts_ns=packet.ts_ns + after_ns,
            frame=packet.frame[:22] + b"\x3f" + packet.frame[23:],
        )
        for packet in packets
    ]
    return [p for pair in zip(packets, copies, strict=True) for p in pair]


def cut(packets: Sequence[Packet], snaplen: int) -> list[Packet]:
    return [dataclasses.replace(p, frame=p.frame[:snaplen]) for p in packets]


def later(packets: Sequence[Packet], by_ns: int) -> list[Packet]:
    return [dataclasses.replace(p, ts_ns=p.ts_ns + by_ns) for p in packets]


def wrapped(packets: Sequence[Packet], times: int) -> list[Packet]:
    """Each IPv4 packet in so many others (RFC 2003)."""

    def wrap(frame: bytes) -> bytes:
        inside = frame[14:]
        for _ in range(times):
            head = struct.pack(
                ">BBHHHBBH4s4s",
                0x45, 0, 20 + len(inside), 0, 0, 64, 4, 0,
                b"\x0a\x09\x09\x01", b"\x0a\x09\x09\x02",
            )  # fmt: skip
            inside = head + inside
        return frame[:14] + inside

    return [Packet(p.ts_ns, wrap(p.frame), p.wire_len + 20 * times) for p in packets]


def without(packets: Sequence[Packet], lost: Callable[[int], bool]) -> list[Packet]:
    return [packet for at, packet in enumerate(packets) if not lost(at)]
