"""Needles that a segment boundary cuts, down to one byte a segment.

A boundary can cut a needle only if the byte before it and the byte after it stand
side by side in some needle.  So the ends of segments whose last byte can be a left
half, and the starts of those whose first byte can be a right half, are matched by
(flow, sequence number): within a batch exactly, with earlier batches through two hash
tables.  Where both halves of a boundary are known, whichever came first, the bytes
around it are held against the needles; where a segment is too short to tell, the
benefit of the doubt goes to the needle.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np

from decoders import NEEDLES
from sensor import limits
from sensor.streams.packet import SYN
from sensor.streams.sequence import MODULUS
from sensor.types import BOOL, I64, TCP, U8, U64, Segments, Stats

REACH: Final = max(len(needle) for needle in NEEDLES) - 1
"Bytes on either side of a boundary that a cut needle can touch."


def _splits() -> dict[tuple[int, int], list[tuple[bytes, bytes]]]:
    """Cut every needle everywhere; give the halves by the bytes at the cut.

    Both halves are read from the cut outwards.
    """
    splits: dict[tuple[int, int], list[tuple[bytes, bytes]]] = {}
    for needle in NEEDLES:
        for cut in range(1, len(needle)):
            at = needle[cut - 1], needle[cut]
            splits.setdefault(at, []).append((needle[:cut][::-1], needle[cut:]))
    return splits


def _pairs() -> BOOL:
    """(256, 256): whether the two bytes stand side by side in some needle."""
    pairs = np.zeros((256, 256), bool)
    for left, right in SPLITS:
        pairs[left, right] = True
    return pairs


SPLITS: Final = _splits()
PAIRS: Final = _pairs()
LEFT: Final[BOOL] = np.asarray(PAIRS.any(axis=1))
RIGHT: Final[BOOL] = np.asarray(PAIRS.any(axis=0))


@dataclass(frozen=True, slots=True)
class Halves:
    """Segment ends (or starts), k of them, and the boundaries they touch."""

    row: I64
    key: U64
    "(k,) hash of flow, direction and the sequence number of the boundary."
    near: U8
    "(k, REACH) bytes from the boundary on, the nearest first; short ones padded."
    size: I64
    "(k,) how many of them there are, at most REACH."

    def pick(self, which: I64 | BOOL) -> Halves:
        """Keep only some, in the given order."""
        return Halves(
            self.row[which], self.key[which], self.near[which], self.size[which]
        )


class Remembered:
    """Halves of earlier batches, by hash; a newer one takes an older one's slot."""

    def __init__(self, slots: int) -> None:
        self._halves = Halves(
            row=np.full(slots, -1),
            key=np.zeros(slots, np.uint64),
            near=np.zeros((slots, REACH), np.uint8),
            size=np.zeros(slots, np.int64),
        )

    def put(self, halves: Halves) -> int:
        """Remember *halves*; return how many, of these or others, lost their place."""
        slot, kept = self._slot(halves.key), self._halves
        before = kept.key[slot]
        kept.key[slot], kept.near[slot] = halves.key, halves.near
        kept.size[slot] = halves.size
        stayed = kept.key[slot] == halves.key
        lost = ~stayed | ((before != 0) & (before != halves.key))
        return int(np.count_nonzero(lost))

    def meet(self, halves: Halves) -> tuple[Halves, Halves]:
        """Return those of *halves* whose other half is remembered, and those."""
        slot = self._slot(halves.key)
        met = np.flatnonzero(self._halves.key[slot] == halves.key)
        return halves.pick(met), self._halves.pick(slot[met])

    def _slot(self, key: U64) -> I64:
        return (key % np.uint64(len(self._halves.key))).astype(np.int64)


class CutNeedles:
    """Remembers segment ends and starts, and finds the needles they make up."""

    def __init__(self, stats: Stats) -> None:
        self._ends = Remembered(limits.CUT_SLOTS)
        self._starts = Remembered(limits.CUT_SLOTS)
        self._stats = stats

    def find(self, segments: Segments) -> I64:
        """Return the rows of *segments* that may complete a cut needle, ascending."""
        rows = np.flatnonzero((segments.length > 0) & (segments.proto == TCP))
        data = segments.batch.data
        first = data[segments.payload[rows]]
        last = data[segments.payload[rows] + segments.length[rows] - 1]
        ends = _ends(segments, rows[LEFT[last]])
        starts = _starts(segments, rows[RIGHT[first]])
        found = _spelling(*self._meeting(ends, starts))
        late_ends, early_starts = self._starts.meet(ends)
        found += _spelling(late_ends, early_starts)
        late_starts, early_ends = self._ends.meet(starts)
        found += _spelling(early_ends, late_starts)
        lost = self._ends.put(ends) + self._starts.put(starts)
        self._stats.add("streams.cuts_overwritten", lost)
        return np.unique(np.array([row for row in found if row >= 0], np.int64))

    def _meeting(self, ends: Halves, starts: Halves) -> tuple[Halves, Halves]:
        """Pair the ends and starts of one batch that touch the same boundary."""
        starts = starts.pick(np.argsort(starts.key, kind="stable"))
        low = np.searchsorted(starts.key, ends.key, side="left")
        copies = np.searchsorted(starts.key, ends.key, side="right") - low
        count = np.minimum(copies, limits.CUT_COPIES)
        self._stats.add("streams.cuts_uncompared", int((copies - count).sum()))
        which = np.repeat(np.arange(len(count)), count)
        nth = np.arange(len(which)) - np.repeat(np.cumsum(count) - count, count)
        return ends.pick(which), starts.pick(low[which] + nth)


def _spelling(ends: Halves, starts: Halves) -> list[int]:
    """Rows, of either half, at boundaries that may cut a needle."""
    fits = np.flatnonzero(PAIRS[ends.near[:, 0], starts.near[:, 0]])
    rows: list[int] = []
    for pair in fits.tolist():
        before = ends.near[pair, : ends.size[pair]].tobytes()
        after = starts.near[pair, : starts.size[pair]].tobytes()
        if _may_cut_needle(before, after):
            rows += [int(ends.row[pair]), int(starts.row[pair])]
    return rows


def _may_cut_needle(before: bytes, after: bytes) -> bool:
    """Tell whether a needle can lie across a boundary; *before* is read backwards."""
    return any(
        _agrees(left, before) and _agrees(right, after)
        for left, right in SPLITS[before[0], after[0]]
    )


def _agrees(half: bytes, known: bytes) -> bool:
    shared = min(len(half), len(known))
    return half[:shared] == known[:shared]


def _starts(segments: Segments, rows: I64) -> Halves:
    size = np.minimum(segments.length[rows], REACH)
    within = np.minimum(np.arange(REACH), size[:, None] - 1)
    near = segments.batch.data[segments.payload[rows, None] + within]
    seq = _first_seq(segments, rows) % MODULUS
    return Halves(rows, _key(segments, rows, seq), near, size)


def _ends(segments: Segments, rows: I64) -> Halves:
    size = np.minimum(segments.length[rows], REACH)
    within = np.minimum(np.arange(REACH), size[:, None] - 1)
    last = segments.payload[rows] + segments.length[rows] - 1
    near = segments.batch.data[last[:, None] - within]
    # Where the snaplen cut a segment, nothing follows its last captured byte.
    seq = _first_seq(segments, rows) + segments.length[rows].astype(np.uint64)
    return Halves(rows, _key(segments, rows, seq % MODULUS), near, size)


def _first_seq(segments: Segments, rows: I64) -> U64:
    """Sequence number of the first payload byte; a SYN takes one before it."""
    syn = segments.flags[rows] & SYN != 0
    first: U64 = segments.seq[rows].astype(np.uint64) + syn
    return first


def _key(segments: Segments, rows: I64, seq: U64) -> U64:
    """Mix flow, direction and sequence number; 0 stands for an empty slot."""
    # Odd multipliers of splitmix64: every input bit reaches the slot number.
    port = segments.sport[rows].astype(np.uint64) << np.uint64(32)
    mixed = (segments.flow[rows] ^ port ^ seq) * np.uint64(0x9E3779B97F4A7C15)
    mixed = (mixed ^ (mixed >> np.uint64(29))) * np.uint64(0xBF58476D1CE4E5B9)
    return np.maximum(mixed ^ (mixed >> np.uint64(32)), np.uint64(1))
