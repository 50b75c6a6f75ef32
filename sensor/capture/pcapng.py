"""pcapng: blocks in sections (draft-ietf-opsawg-pcapng).

Either byte order, anew in each section; any number of interfaces; enhanced, simple
and obsolete packet blocks. Blocks that carry no packet are passed over.
"""

from __future__ import annotations

import struct
from dataclasses import replace
from typing import Final

import numpy as np

from sensor.capture.blocks import (
    BLOCK_MIN,
    ENHANCED_PACKET,
    INTERFACE,
    OBSOLETE_PACKET,
    SECTION,
    SIMPLE_PACKET,
    Blocks,
    blocks_from,
    is_full_packet,
)
from sensor.capture.interfaces import TABLE, describe, times
from sensor.capture.stream import Stream
from sensor.capture.walk import Records, Walk, gather, join
from sensor.limits import INTERFACES, RECORD_BYTES
from sensor.types import BOOL, I64, U8

MAGICS: Final = (struct.pack("<I", SECTION),)
"The same in either byte order."
BYTE_ORDERS: Final = {b"\x4d\x3c\x2b\x1a": "<", b"\x1a\x2b\x3c\x4d": ">"}
"The byte-order magic, third word of a section header block."

BODY: Final = 8
PACKET_DATA: Final = 28
SIMPLE_DATA: Final = 12
"Offsets of a block's body, and of the packet in it."
UNTIMED: Final = np.iinfo(np.int64).min
"Stands for the time of a packet that has none, until it is given one."


class PcapngWalker:
    """What the section, and the last packet, said."""

    def __init__(self) -> None:
        self._order = "<"
        self._interfaces = np.empty(0, TABLE)
        self._last_ns = 0

    @property
    def header(self) -> int:
        """Nothing is read before the first walk: the header is a block."""
        return 0

    def walk(self, data: U8) -> Walk:
        """Find the whole packets in *data*, section by section."""
        parts: list[Records] = []
        at, need, fault, lost = 0, BLOCK_MIN, "", 0
        while at + BLOCK_MIN <= len(data):
            fresh = begins_section(data, at)
            if fresh and not self._enter(bytes(data[at + 8 : at + 12])):
                fault = "pcapng: byte-order magic is not 1a2b3c4d"
                break
            blocks, need, fault = blocks_from(data, at, self._order)
            found, missed = self._packets(data, blocks)
            parts.append(found)
            lost += missed
            at, before = blocks.end, at
            if at == before or not begins_section(data, at):
                break
        return Walk(self._timed(join(parts)), at, need, fault, lost)

    def _enter(self, magic: bytes) -> bool:
        """Begin a section; False if its byte order cannot be told."""
        self._order = BYTE_ORDERS.get(magic, "")
        self._interfaces = np.empty(0, TABLE)
        return bool(self._order)

    def _packets(self, data: U8, blocks: Blocks) -> tuple[Records, int]:
        """Read the packets in *blocks*, and count those that no interface has."""
        known = len(self._interfaces) + np.cumsum(blocks.kind == INTERFACE)
        self._describe(data, blocks)
        parts = [
            self._full(data, blocks, known, ENHANCED_PACKET),
            self._full(data, blocks, known, OBSOLETE_PACKET),
            self._simple(data, blocks, known),
        ]
        found = join(parts)
        return found, int(is_packet(blocks.kind).sum()) - len(found.start)

    def _describe(self, data: U8, blocks: Blocks) -> None:
        """Add the interfaces that *blocks* describe, up to the cap."""
        rows = np.flatnonzero(blocks.kind == INTERFACE)
        rows = rows[: INTERFACES - len(self._interfaces)]
        spans = zip(blocks.at[rows].tolist(), blocks.size[rows].tolist(), strict=True)
        new = [
            describe(data[at : at + size].tobytes(), self._order) for at, size in spans
        ]
        if new:
            self._interfaces = np.append(self._interfaces, np.array(new, TABLE))

    def _full(self, data: U8, blocks: Blocks, known: I64, kind: int) -> Records:
        """Read the enhanced or obsolete packet blocks (section 4.3, appendix A)."""
        rows = np.flatnonzero(blocks.kind == kind)
        head = gather(data, blocks.at[rows] + BODY, packet_fields(self._order, kind))
        named = head["interface"] < np.minimum(known[rows], len(self._interfaces))
        head, start = head[named], blocks.at[rows[named]] + PACKET_DATA
        interface = self._interfaces[head["interface"]]
        units = head["high"].astype(np.uint64) << np.uint64(32) | head["low"]
        return Records(
            start=start,
            end=start + head["captured"],
            wire_len=head["wire"].astype(np.int64),
            ts_ns=times(units, interface["tsresol"]) + interface["offset_ns"],
            linktype=interface["linktype"],
        )

    def _simple(self, data: U8, blocks: Blocks, known: I64) -> Records:
        """Read the simple packet blocks, all of the first interface (section 4.4)."""
        rows = np.flatnonzero((blocks.kind == SIMPLE_PACKET) & (known > 0))
        start = blocks.at[rows] + SIMPLE_DATA
        wire = gather(data, start - 4, np.dtype(self._order + "u4")).astype(np.int64)
        linktype, snaplen = 0, 0
        if len(rows):
            linktype, snaplen = self._interfaces[["linktype", "snaplen"]][0].item()
        room = np.minimum(blocks.size[rows] - SIMPLE_DATA - 4, snaplen or RECORD_BYTES)
        return Records(
            start=start,
            end=start + np.minimum(wire, room),
            wire_len=wire,
            ts_ns=np.full(len(rows), UNTIMED),
            linktype=np.full(len(rows), linktype, np.int32),
        )

    def _timed(self, records: Records) -> Records:
        """Give packets without a time that of the one before; 0 to the very first."""
        count = len(records.ts_ns)
        if not count:
            return records
        known = records.ts_ns != UNTIMED
        latest = np.maximum.accumulate(np.where(known, np.arange(1, count + 1), 0))
        ts_ns = np.append(np.int64(self._last_ns), records.ts_ns)[latest]
        self._last_ns = int(ts_ns[-1])
        return replace(records, ts_ns=ts_ns)


def open_pcapng(stream: Stream, file: str) -> PcapngWalker:
    """Be ready to walk: all of a pcapng file is blocks, its header too."""
    del stream, file
    return PcapngWalker()


def begins_section(data: U8, at: int) -> bool:
    """Tell whether a section header block, as far as its magic, is at *at*."""
    return data[at : at + 4].tobytes() in MAGICS and at + BLOCK_MIN <= len(data)


def packet_fields(order: str, kind: int) -> np.dtype[np.void]:
    """Give the fields of a packet block's body before the packet."""
    word, half = order + "u4", order + "u2"
    interface = [("interface", word)]
    if kind == OBSOLETE_PACKET:
        interface = [("interface", half), ("drops", half)]
    rest = [(name, word) for name in ("high", "low", "captured", "wire")]
    return np.dtype(interface + rest)


def is_packet(kind: I64) -> BOOL:
    """Tell which types of block hold a packet: (n,) bool."""
    found: BOOL = is_full_packet(kind) | (kind == SIMPLE_PACKET)
    return found
