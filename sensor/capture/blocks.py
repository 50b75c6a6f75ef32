"""pcapng's blocks: where they are, and whether they are whole and sound."""

from __future__ import annotations

import struct
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

import numpy as np

from sensor.capture.walk import gather
from sensor.limits import RECORD_BYTES
from sensor.types import BOOL, I64, U8

SECTION: Final = 0x0A0D0D0A
INTERFACE: Final = 1
OBSOLETE_PACKET: Final = 2
SIMPLE_PACKET: Final = 3
ENHANCED_PACKET: Final = 6

BLOCK_MIN: Final = 12
"Type, length, and length again behind the body."
LEAST: Final = {
    SECTION: 28,
    INTERFACE: 20,
    OBSOLETE_PACKET: 32,
    SIMPLE_PACKET: 16,
    ENHANCED_PACKET: 32,
}
"Bytes a block of a type has at least; all others, BLOCK_MIN."
CAPTURED_AT: Final = 20
"Offset of the captured length in enhanced and obsolete packet blocks."


@dataclass(frozen=True, slots=True)
class Blocks:
    """n blocks behind one another, of which none but the first begins a section."""

    at: I64
    "(n,) offset of each in the buffer."
    kind: I64
    size: I64
    end: int
    "One past the last."

    def first(self, count: int) -> Blocks:
        """Give the first *count* of them, fewer than all."""
        rest = int(self.at[count])
        return Blocks(self.at[:count], self.kind[:count], self.size[:count], rest)


def blocks_from(data: U8, at: int, order: str) -> tuple[Blocks, int, str]:
    """Find the whole blocks from offset *at* on, up to where a next section begins.

    Returns them, the bytes that must be there behind them to go on, and the fault
    of what lies there, if it has one.
    """
    offsets, end, need = walk_lengths(data, at, order)
    where = np.array(offsets, np.int64)
    head = gather(
        data, where, np.dtype([("kind", order + "u4"), ("size", order + "u4")])
    )
    kinds, sizes = head["kind"].astype(np.int64), head["size"].astype(np.int64)
    blocks = Blocks(where, kinds, sizes, end)
    sections = np.flatnonzero(blocks.kind[1:] == SECTION)
    if len(sections):
        blocks, need = blocks.first(int(sections[0]) + 1), BLOCK_MIN
    bad = np.flatnonzero(unsound(data, blocks, order))
    if len(bad):
        size = int(blocks.size[bad[0]])
        kind = int(blocks.kind[bad[0]])
        fault = f"pcapng: block of type {kind:#x} does not fit its {size} bytes"
        return blocks.first(int(bad[0])), BLOCK_MIN, fault
    return blocks, need, impossible(need)


def walk_lengths(
    data: U8, at: int, order: str, size_at: int = 4, least: int = BLOCK_MIN
) -> tuple[list[int], int, int]:
    """Walk along the block lengths: offsets of the whole blocks, the end, the need.

    Each is at *size_at* in its block, which has *least* bytes. The one loop over
    packets there is. A length that leads nowhere is the need.
    """
    length: Callable[[Any, int], tuple[int]] = struct.Struct(order + "I").unpack_from
    offsets: list[int] = []
    append = offsets.append
    view, total, need = data.data, len(data), least
    last = total - least
    while at <= last:
        size = length(view, at + size_at)[0]
        if size < least or at + size > total:
            need = size
            break
        append(at)
        at += size
    return offsets, at, need


def impossible(size: int) -> str:
    """Say why a block cannot be *size* bytes long; empty if it can."""
    if size < BLOCK_MIN:
        return f"pcapng: block of {size} bytes, and the least is {BLOCK_MIN}"
    if size > RECORD_BYTES:
        return f"pcapng: block of {size} bytes, and the most is {RECORD_BYTES}"
    return ""


def unsound(data: U8, blocks: Blocks, order: str) -> BOOL:
    """Tell which blocks contradict themselves: (n,) bool.

    The length behind the body is another, the body is too short for its type, or
    the packet does not fit in it.
    """
    word = np.dtype(order + "u4")
    size, kind = blocks.size, blocks.kind
    bad: BOOL = gather(data, blocks.at + size - 4, word) != size
    bad |= size % 4 != 0
    for known, least in LEAST.items():
        bad |= (kind == known) & (size < least)
    packets = np.flatnonzero(is_full_packet(kind) & ~bad)
    captured = gather(data, blocks.at[packets] + CAPTURED_AT, word)
    bad[packets] = captured > size[packets] - LEAST[ENHANCED_PACKET]
    return bad


def is_full_packet(kind: I64) -> BOOL:
    """Tell which blocks are packets with time and interface: (n,) bool."""
    found: BOOL = (kind == ENHANCED_PACKET) | (kind == OBSOLETE_PACKET)
    return found
