"""Capture files built field by field, and a plain reading of what a source gives."""

from __future__ import annotations

import struct
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from sensor.capture import open_captures
from sensor.types import Batch, Stats

SECOND = 1_000_000_000


@dataclass(frozen=True)
class Packet:
    """One packet as it should come out."""

    ts_ns: int
    data: bytes
    wire_len: int
    linktype: int = 1
    number: int = 1


def packets_of(batches: Iterable[Batch]) -> list[Packet]:
    """Copy every packet out of its batch, before the next batch is drawn."""
    return [packet for batch in batches for packet in rows(batch)]


def rows(batch: Batch) -> list[Packet]:
    return [
        Packet(
            int(batch.ts_ns[i]),
            batch.data[batch.start[i] : batch.end[i]].tobytes(),
            int(batch.wire_len[i]),
            int(batch.linktype[i]),
            int(batch.number[i]),
        )
        for i in range(len(batch.start))
    ]


def read(*paths: Path, size: int = 1 << 20) -> tuple[list[Packet], Stats]:
    stats = Stats()
    names = [str(path) for path in paths]
    return packets_of(open_captures(names, stats, batch_bytes=size)), stats


def read_bytes(
    tmp_path: Path, data: bytes, size: int = 1 << 20
) -> tuple[list[Packet], Stats]:
    path = tmp_path / "capture"
    path.write_bytes(data)
    return read(path, size=size)


def make_packets(
    count: int = 5, linktype: int = 1, step_ns: int = SECOND
) -> list[Packet]:
    """Packets of different lengths; every third one was cut by the snaplen."""
    return [
        Packet(
            ts_ns=1_600_000_000 * SECOND + i * step_ns,
            data=bytes((i + k) % 256 for k in range(1 + i * 7 % 23)),
            wire_len=(1 + i * 7 % 23) + (100 if i % 3 == 2 else 0),
            linktype=linktype,
            number=i + 1,
        )
        for i in range(count)
    ]


def pcap(
    packets: Sequence[Packet],
    order: str = "<",
    magic: int = 0xA1B2C3D4,
    link: int | None = None,
) -> bytes:
    """Write a pcap file; *link* overrides the whole link type field."""
    field = packets[0].linktype if link is None else link
    head = struct.pack(order + "IHHiIII", magic, 2, 4, 0, 0, 65535, field)
    return head + b"".join(pcap_record(p, order, magic) for p in packets)


def pcap_record(packet: Packet, order: str = "<", magic: int = 0xA1B2C3D4) -> bytes:
    seconds, rest = divmod(packet.ts_ns, SECOND)
    fraction = rest if magic == 0xA1B23C4D else rest // 1000
    head = struct.pack(
        order + "IIII", seconds, fraction, len(packet.data), packet.wire_len
    )
    if magic == 0xA1B2CD34:
        head += struct.pack(order + "IHBB", 3, 0x0800, 0, 0)
    return head + packet.data


def block(kind: int, body: bytes, order: str = "<") -> bytes:
    body += bytes(-len(body) % 4)
    size = struct.pack(order + "I", 12 + len(body))
    return struct.pack(order + "I", kind) + size + body + size


def section(order: str = "<", options: bytes = b"") -> bytes:
    return block(
        0x0A0D0D0A, struct.pack(order + "IHHq", 0x1A2B3C4D, 1, 0, -1) + options, order
    )


def interface(
    order: str = "<", linktype: int = 1, snaplen: int = 0, options: bytes = b""
) -> bytes:
    return block(1, struct.pack(order + "HHI", linktype, 0, snaplen) + options, order)


def option(code: int, value: bytes, order: str = "<") -> bytes:
    return struct.pack(order + "HH", code, len(value)) + value + bytes(-len(value) % 4)


def enhanced(
    packet: Packet, order: str = "<", unit_ns: int = 1000, on: int = 0
) -> bytes:
    units = packet.ts_ns // unit_ns
    return enhanced_at(units, packet, order, on)


def enhanced_at(units: int, packet: Packet, order: str = "<", on: int = 0) -> bytes:
    words = (on, units >> 32, units & 0xFFFFFFFF, len(packet.data), packet.wire_len)
    return block(6, struct.pack(order + "5I", *words) + pad(packet.data), order)


def obsolete(packet: Packet, order: str = "<", on: int = 0, drops: int = 7) -> bytes:
    units = packet.ts_ns // 1000
    words = (units >> 32, units & 0xFFFFFFFF, len(packet.data), packet.wire_len)
    return block(
        2, struct.pack(order + "2H4I", on, drops, *words) + pad(packet.data), order
    )


def simple(packet: Packet, order: str = "<") -> bytes:
    return block(3, struct.pack(order + "I", packet.wire_len) + pad(packet.data), order)


def pad(data: bytes) -> bytes:
    return data + bytes(-len(data) % 4)


def pcapng(packets: Sequence[Packet], order: str = "<") -> bytes:
    head = section(order) + interface(order, packets[0].linktype)
    return head + b"".join(enhanced(p, order) for p in packets)


def whole_before(cut: int, pieces: Sequence[bytes], header: int) -> int:
    """Count the *pieces* behind *header* that end at or before *cut*."""
    ends = [header := header + len(piece) for piece in pieces]
    return sum(end <= cut for end in ends)


Writer = Callable[[Sequence[Packet]], bytes]
