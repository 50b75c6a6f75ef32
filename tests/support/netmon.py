"""Files of Microsoft Network Monitor 2, built field by field."""

from __future__ import annotations

import struct
from collections.abc import Sequence
from uuid import UUID

from tests.support.captures import Packet

NDIS = UUID("2ed6006e-4729-4609-b423-3ee7bcd678ef")
PKTMON = UUID("4d4f80d9-c8bd-4d73-bb5b-19c90402c5ac")
BEGAN = (2026, 3, 1, 2, 9, 30, 15, 250)
"Year, month, day of the week, day, hour, minute, second, millisecond."
BEGAN_NS = 1_772_443_815_250_000_000
"The same in UTC."
FILETIME_1970 = 11_644_473_600 * 10_000_000

Medium = tuple[Packet, int]
"A packet and its media type."


def netmon(
    frames: Sequence[Medium],
    minor: int = 3,
    *,
    media: int = 1,
    padding: int = 0,
    table: int | None = None,
) -> bytes:
    """Write a file; *padding* bytes follow its header, *table* is where to find it."""
    pieces = [frame(packet, number, minor) for packet, number in frames]
    at, places = 72 + padding, []
    for piece in pieces:
        places.append(at)
        at += len(piece)
    start = struct.pack("<4sBBH8H", b"GMBU", minor, 2, media, *BEGAN)
    index = struct.pack("<II", at if table is None else table, 4 * len(places))
    head = (start + index).ljust(72 + padding, b"\0")
    return head + b"".join(pieces) + struct.pack(f"<{len(places)}I", *places) + b"end"


def frame(packet: Packet, media: int, minor: int) -> bytes:
    """Write one frame, and behind it what its version says of it."""
    since = (packet.ts_ns - BEGAN_NS) // 1000
    head = struct.pack("<qII", since, packet.wire_len, len(packet.data))
    filetime = FILETIME_1970 + packet.ts_ns // 100
    trailer = struct.pack("<HIQB", media, 9, filetime, 0)[: (0, 2, 6, 15)[minor]]
    return head + packet.data + trailer


def event(provider: UUID, number: int, keyword: int, said: bytes) -> bytes:
    """Write an event as Network Monitor has it."""
    size = 80 + len(said)
    head = struct.pack("<4HIIQ", size, 0, 0x240, 0, 3, 4, FILETIME_1970)
    head += provider.bytes_le + struct.pack("<HBBBBHQ", number, 0, 0, 4, 0, 0, keyword)
    head += bytes(8) + bytes(16)
    return head + struct.pack("<BBHHHB", 0, 0, 0x19, 0, len(said), 0) + said


def ndis(data: bytes, keyword: int = 0x8000_0601_C000_0001, rest: int = 16) -> bytes:
    """Write an event of `netsh trace` with a packet."""
    said = struct.pack("<III", 13, 13, len(data)) + data + bytes(rest)
    return event(NDIS, 1001, keyword, said)


def pktmon(data: bytes, wire: int, kind: int = 1, number: int = 160) -> bytes:
    """Write an event of `pktmon` with a packet."""
    words = 33, 1, 1, 3, kind, 9, 1, 1, 0, 0, wire, len(data)
    return event(PKTMON, number, 0x10, struct.pack("<Q7HIIHH", *words) + data)


def made(count: int) -> list[Packet]:
    """Describe packets of different lengths, the first before the capture began."""
    return [
        Packet(BEGAN_NS + (n - 1) * 1_000_001_000, b"%d" % n * n, n * 2, number=n + 1)
        for n in range(count)
    ]
