"""The SYN and SYN/ACK of flows nobody follows yet, as columns.

When a flow turns out to be of interest its handshake may be long past; a fixed
table by flow hash keeps the last one of each slot.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np

from sensor import limits
from sensor.types import I64, TCP, Segments, Stats

SYN: Final = 0x02
ACK: Final = 0x10
COLUMNS: Final = ("seq", "sport", "ts_ns", "packet")


@dataclass(frozen=True, slots=True)
class Step:
    """A SYN or SYN/ACK that passed by."""

    seq: int
    sport: int
    ts_ns: int
    packet: int


class Handshakes:
    """The latest SYN and the latest SYN/ACK by flow."""

    def __init__(self, stats: Stats) -> None:
        slots = limits.HANDSHAKE_SLOTS
        self._flow = np.zeros((2, slots), np.uint64)
        self._value = {name: np.zeros((2, slots), np.int64) for name in COLUMNS}
        self._stats = stats

    def remember(self, segments: Segments) -> None:
        """Take in the handshake segments among *segments*."""
        syn = (segments.proto == TCP) & (segments.flags & SYN != 0)
        rows = np.flatnonzero(syn)
        if not len(rows):
            return
        answers = segments.flags[rows] & ACK != 0
        self._put(0, segments, rows[~answers])
        self._put(1, segments, rows[answers])

    def _put(self, kind: int, segments: Segments, rows: I64) -> None:
        flow = segments.flow[rows]
        slot = (flow % np.uint64(limits.HANDSHAKE_SLOTS)).astype(np.int64)
        old = self._flow[kind, slot]
        self._flow[kind, slot] = flow
        stayed = self._flow[kind, slot] == flow
        lost = ~stayed | ((old != 0) & (old != flow))
        self._stats.add("streams.handshakes_overwritten", int(np.count_nonzero(lost)))
        record = segments.row[rows]
        self._value["seq"][kind, slot] = segments.seq[rows]
        self._value["sport"][kind, slot] = segments.sport[rows]
        self._value["ts_ns"][kind, slot] = segments.batch.ts_ns[record]
        self._value["packet"][kind, slot] = segments.batch.number[record]

    def of_flow(self, flow: int) -> tuple[Step | None, Step | None]:
        """Return the SYN and the SYN/ACK of *flow*, as far as remembered."""
        return self._get(0, flow), self._get(1, flow)

    def _get(self, kind: int, flow: int) -> Step | None:
        slot = flow % limits.HANDSHAKE_SLOTS
        if int(self._flow[kind, slot]) != flow:
            return None
        return Step(*(int(self._value[name][kind, slot]) for name in COLUMNS))
