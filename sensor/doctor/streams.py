"""What TCP says of a feed: sides that are missing, copies, and holes, in columns."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final

import numpy as np

from sensor.columns import endpoints
from sensor.limits import DOCTOR_DIRECTIONS
from sensor.types import BOOL, I64, TCP, U32, U64, Segments, Stats

COPY_NS: Final = 50_000_000
"Nanoseconds within which the same segment is a copy; TCP sends again after 200 ms."
TALK: Final = 3
"Segments with an acknowledgment that say for sure: the other side spoke too."
ODD_BYTES: Final = 1 << 20
"A hole that is larger than this and than all that was seen is another connection."
EXAMPLES: Final = 256
SYN, RST, ACK = 2, 4, 16
_MIX: Final = np.uint64(0x9E3779B97F4A7C15)
_ONE: Final = np.uint64(1)


@dataclass(frozen=True, slots=True)
class Sides:
    """How many connections show both of their sides."""

    connections: int = 0
    one_sided: int = 0
    segments: int = 0
    one_sided_segments: int = 0
    example: str = ""
    "`source -> destination` of a direction that stands alone."


@dataclass(slots=True)
class Directions:
    """Columns of the directions of connections met so far, by key."""

    key: U64 = field(default_factory=lambda: np.zeros(0, np.uint64))
    "(n,) sorted: the flow's hash, its last bit the side."
    base: U32 = field(default_factory=lambda: np.zeros(0, np.uint32))
    "(n,) sequence number met first."
    low: I64 = field(default_factory=lambda: np.zeros(0, np.int64))
    high: I64 = field(default_factory=lambda: np.zeros(0, np.int64))
    "(n,) bytes from *base* to the first and behind the last byte met."
    got: I64 = field(default_factory=lambda: np.zeros(0, np.int64))
    "(n,) bytes met, copies left out."
    count: I64 = field(default_factory=lambda: np.zeros(0, np.int64))
    "(n,) segments met."


class StreamTally:
    """Counts over Segments; remembers a row for each direction of a connection.

    More than DOCTOR_DIRECTIONS are not looked at (`doctor.directions_unseen`).
    """

    def __init__(self, stats: Stats) -> None:
        self.data_segments = 0
        self.copies = 0
        self.examples: dict[int, str] = {}
        "`source -> destination` of the first directions, by key."
        self._stats = stats
        self._known = Directions()

    def add(self, segments: Segments) -> None:
        """Take in *segments*."""
        rows = np.flatnonzero(_speaks(segments))
        if not len(rows):
            return
        key = _direction(segments, rows)
        self._meet(segments, rows, key)
        place = np.searchsorted(self._known.key, key)
        place[place == len(self._known.key)] = 0
        known = self._known.key[place] == key
        self._stats.add("doctor.directions_unseen", int((~known).sum()))
        copies = _copies(segments, rows, key)
        self.data_segments += int((segments.length[rows] > 0).sum())
        self.copies += int(copies.sum())
        self._extend(segments, rows[known & ~copies], place[known & ~copies])

    def sides(self) -> Sides:
        """Tell which connections showed both of their sides."""
        known = self._known
        spoke, flow = known.count >= TALK, known.key >> _ONE
        flows, sides = np.unique(flow, return_counts=True)
        lone = spoke & np.isin(flow, flows[sides == 1])
        shown = [key for key in known.key[lone].tolist() if key in self.examples]
        return Sides(
            connections=len(np.unique(flow[spoke])),
            one_sided=int(lone.sum()),
            segments=int(known.count.sum()),
            one_sided_segments=int(known.count[lone].sum()),
            example=self.examples[shown[0]] if shown else "",
        )

    def holes(self) -> tuple[int, int]:
        """Return the bytes that were met, and those missing between them."""
        known = self._known
        holes = np.maximum(known.high - known.low - known.got, 0)
        likely = (holes < ODD_BYTES) | (holes < known.got)
        return int(known.got.sum()), int(holes[likely].sum())

    def _meet(self, segments: Segments, rows: I64, key: U64) -> None:
        """Make room for directions that were not met before."""
        fresh, first = np.unique(key, return_index=True)
        unmet = ~np.isin(fresh, self._known.key)
        room = DOCTOR_DIRECTIONS - len(self._known.key)
        fresh, first = fresh[unmet][:room], first[unmet][:room]
        if not len(fresh):
            return
        self._exemplify(segments, rows[first], fresh)
        known = self._known
        zeros = np.zeros(len(fresh), np.int64)
        order = np.argsort(np.concatenate([known.key, fresh]), kind="stable")
        self._known = Directions(
            np.concatenate([known.key, fresh])[order],
            np.concatenate([known.base, segments.seq[rows[first]]])[order],
            np.concatenate([known.low, zeros])[order],
            np.concatenate([known.high, zeros])[order],
            np.concatenate([known.got, zeros])[order],
            np.concatenate([known.count, zeros])[order],
        )

    def _exemplify(self, segments: Segments, rows: I64, keys: U64) -> None:
        room = max(0, EXAMPLES - len(self.examples))
        for row, key in zip(rows[:room].tolist(), keys[:room].tolist(), strict=True):
            source, target = endpoints(segments, row)
            self.examples[key] = (
                f"{source.ip}:{source.port} -> {target.ip}:{target.port}"
            )

    def _extend(self, segments: Segments, rows: I64, place: I64) -> None:
        known = self._known
        size = segments.length[rows] + segments.missing[rows]
        from_base = (segments.seq[rows] - known.base[place]).view(np.int32)
        at = from_base.astype(np.int64)
        np.add.at(known.count, place, 1)
        # A segment without data may stand one before what is next: a keep-alive.
        place, at, size = place[size > 0], at[size > 0], size[size > 0]
        np.minimum.at(known.low, place, at)
        np.maximum.at(known.high, place, at + size)
        np.add.at(known.got, place, size)


def _speaks(segments: Segments) -> BOOL:
    """Tell the segments that only come once a connection stands."""
    flags = segments.flags
    is_tcp = (segments.proto == TCP) & (segments.sport != segments.dport)
    speaks: BOOL = is_tcp & (flags & ACK > 0) & (flags & (SYN | RST) == 0)
    return speaks


def _direction(segments: Segments, rows: I64) -> U64:
    side = segments.sport[rows] > segments.dport[rows]
    return (segments.flow[rows] & ~_ONE) | side.astype(np.uint64)


def _copies(segments: Segments, rows: I64, key: U64) -> BOOL:
    """Tell which of *rows*, those with data, are there before within COPY_NS."""
    data, at = segments.batch.data, segments.ip[rows]
    number = (data[at + 4].astype(np.uint64) << np.uint64(8)) | data[at + 5]
    number[segments.version[rows] == 6] = 0  # what stands there is the length
    seq = segments.seq[rows].astype(np.uint64)
    mark = (key ^ (seq << np.uint64(32)) ^ segments.ack[rows]) * _MIX
    mark ^= (number << np.uint64(32)) ^ segments.length[rows].astype(np.uint64)
    time = segments.batch.ts_ns[segments.row[rows]]
    order = np.lexsort((time, mark))
    again = mark[order][1:] == mark[order][:-1]
    again &= np.diff(time[order]) <= COPY_NS
    copies = np.zeros(len(rows), np.bool_)
    copies[order[1:][again]] = True
    return copies & (segments.length[rows] > 0)
