"""Needles that a segment boundary cuts, down to one byte a segment.

A boundary can cut a needle only if the byte before it and the byte after it stand
side by side in some needle.  So the ends of segments whose last byte can be a left
half, and the starts of those whose first byte can be a right half, are remembered
in two hash tables by (flow, sequence number); where both halves of a boundary are
known, whichever came first, the bytes around it are put together and checked.
"""

from __future__ import annotations

from typing import Final

import numpy as np

from decoders import NEEDLES
from sensor import limits
from sensor.streams.sequence import MODULUS
from sensor.types import BOOL, I64, TCP, U8, U64, Segments, Stats

REACH: Final = max(len(needle) for needle in NEEDLES) - 1
"Bytes on either side of a boundary that a cut needle can touch."


def _pairs() -> BOOL:
    """(256, 256): whether the two bytes stand side by side in some needle."""
    pairs = np.zeros((256, 256), bool)
    for needle in NEEDLES:
        pairs[list(needle[:-1]), list(needle[1:])] = True
    return pairs


PAIRS: Final = _pairs()
LEFT: Final[BOOL] = np.asarray(PAIRS.any(axis=1))
RIGHT: Final[BOOL] = np.asarray(PAIRS.any(axis=0))


class Halves:
    """Segment ends (or starts) by the boundary they touch."""

    def __init__(self, slots: int) -> None:
        self.key = np.zeros(slots, np.uint64)
        self.bytes = np.zeros((slots, REACH), np.uint8)
        self.size = np.zeros(slots, np.int64)
        self.far = np.zeros(slots, np.uint64)
        "Key of the boundary at the segment's other end."

    def put(self, key: U64, bytes_: U8, size: I64, far: U64) -> int:
        """Remember halves; return how many others lost their place."""
        slot = key % np.uint64(len(self.key))
        lost = np.count_nonzero((self.key[slot] != 0) & (self.key[slot] != key))
        self.key[slot], self.bytes[slot] = key, bytes_
        self.size[slot], self.far[slot] = size, far
        return int(lost)

    def has(self, key: U64) -> BOOL:
        """Tell which keys are remembered."""
        there: BOOL = self.key[key % np.uint64(len(self.key))] == key
        return there

    def chain(self, key: int) -> list[bytes]:
        """Collect REACH bytes from the boundary outwards, nearest segment first."""
        parts: list[bytes] = []
        room = REACH
        while room > 0:
            slot = key % len(self.key)
            if int(self.key[slot]) != key:
                break
            size = min(int(self.size[slot]), REACH)
            parts.append(self.bytes[slot, :size].tobytes())
            room -= size
            key = int(self.far[slot])
        return parts


class CutNeedles:
    """Remembers segment ends and starts, and finds the needles they make up."""

    def __init__(self, stats: Stats) -> None:
        self._ends = Halves(limits.CUT_SLOTS)
        self._starts = Halves(limits.CUT_SLOTS)
        self._stats = stats

    def find(self, segments: Segments) -> I64:
        """Return the rows of *segments* that complete a cut needle, ascending."""
        rows = np.flatnonzero((segments.length > 0) & (segments.proto == TCP))
        data = segments.batch.data
        first = data[segments.payload[rows]]
        last = data[segments.payload[rows] + segments.length[rows] - 1]
        tiny = segments.length[rows] < REACH
        left = rows[LEFT[last] | tiny]
        right = rows[RIGHT[first] | tiny]
        self._remember(segments, left, right)
        return self._complete(segments, left, right)

    def _remember(self, segments: Segments, left: I64, right: I64) -> None:
        lost = self._ends.put(
            _end_key(segments, left),
            _tails(segments, left),
            segments.length[left],
            _start_key(segments, left),
        )
        lost += self._starts.put(
            _start_key(segments, right),
            _heads(segments, right),
            segments.length[right],
            _end_key(segments, right),
        )
        self._stats.add("streams.cuts_overwritten", lost)

    def _complete(self, segments: Segments, left: I64, right: I64) -> I64:
        after, before = _end_key(segments, left), _start_key(segments, right)
        met_right = self._starts.has(after)
        met_left = self._ends.has(before)
        rows = np.concatenate([left[met_right], right[met_left]])
        keys = np.concatenate([after[met_right], before[met_left]])
        if not len(keys):
            return rows
        likely = self._pair_fits(keys)
        whole = [
            row
            for row, key in zip(
                rows[likely].tolist(), keys[likely].tolist(), strict=True
            )
            if self._spells(key)
        ]
        return np.unique(np.array(whole, np.int64))

    def _pair_fits(self, keys: U64) -> BOOL:
        slots = keys % np.uint64(limits.CUT_SLOTS)
        fits: BOOL = PAIRS[self._ends.bytes[slots, 0], self._starts.bytes[slots, 0]]
        return fits

    def _spells(self, key: int) -> bool:
        """Whether some needle lies across the boundary *key*."""
        before = b"".join(self._ends.chain(key))[:REACH][::-1]
        after = b"".join(self._starts.chain(key))[:REACH]
        return any(_crosses(needle, before, after) for needle in NEEDLES)


def _crosses(needle: bytes, before: bytes, after: bytes) -> bool:
    return any(
        before.endswith(needle[:cut]) and after.startswith(needle[cut:])
        for cut in range(1, len(needle))
    )


def _start_key(segments: Segments, rows: I64) -> U64:
    return _key(segments, rows, segments.seq[rows].astype(np.uint64))


def _end_key(segments: Segments, rows: I64) -> U64:
    wire = segments.length[rows] + segments.missing[rows]
    end = segments.seq[rows].astype(np.int64) + wire
    return _key(segments, rows, (end % MODULUS).astype(np.uint64))


def _key(segments: Segments, rows: I64, seq: U64) -> U64:
    """Mix flow, direction and sequence number; 0 stands for an empty slot."""
    # Odd multipliers of splitmix64: every input bit reaches the slot number.
    port = segments.sport[rows].astype(np.uint64) << np.uint64(32)
    mixed = (segments.flow[rows] ^ port ^ seq) * np.uint64(0x9E3779B97F4A7C15)
    mixed = (mixed ^ (mixed >> np.uint64(29))) * np.uint64(0xBF58476D1CE4E5B9)
    return (mixed ^ (mixed >> np.uint64(32))) | np.uint64(1)


def _heads(segments: Segments, rows: I64) -> U8:
    """(k, REACH) first bytes, the first byte first; short ones are padded."""
    heads: U8 = segments.batch.data[
        segments.payload[rows, None] + _within(segments, rows)
    ]
    return heads


def _tails(segments: Segments, rows: I64) -> U8:
    """(k, REACH) last bytes, the LAST byte first; short ones are padded."""
    last = segments.payload[rows] + segments.length[rows] - 1
    tails: U8 = segments.batch.data[last[:, None] - _within(segments, rows)]
    return tails


def _within(segments: Segments, rows: I64) -> I64:
    return np.minimum(np.arange(REACH), segments.length[rows, None] - 1)
