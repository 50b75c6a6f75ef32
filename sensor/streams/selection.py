"""Which rows of a batch must be looked at one by one, and for which flow."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from typing import Final

import numpy as np

from sensor import limits
from sensor.streams.flows import SMB_PORTS
from sensor.streams.known import KnownFlows
from sensor.streams.packet import CONTROL
from sensor.streams.rows import span_of
from sensor.types import BOOL, I64, TCP, UDP, Hits, Segments

Place = tuple[Segments, int, bool]
"A segment, by its row, and whether a signature in it wakes its flow."


@dataclass(frozen=True, slots=True)
class Selected:
    """The rows of one flow in a batch that must be looked at."""

    key: int
    segments: Segments
    rows: I64
    waking: BOOL
    "(n,) of all rows of the batch, which wake their flow."

    @property
    def wakes(self) -> bool:
        """Whether any row wakes the flow."""
        return bool(self.waking[self.rows].any())

    @property
    def matters(self) -> bool:
        """Whether the flow is worth following, if it is not known yet."""
        port = self.segments.sport[self.rows[0]], self.segments.dport[self.rows[0]]
        return self.wakes or any(one in SMB_PORTS for one in port)

    def places(self) -> list[Place]:
        """Give the selected rows."""
        return _places(self.segments, self.rows, self.waking)

    def all_places(self) -> list[Place]:
        """Give all rows of the flow."""
        return all_of(self.segments, self.key, self.waking)


def select(
    segments: Segments,
    hits: Hits,
    cuts: I64,
    known: KnownFlows,
    pairs: Collection[int] = (),
) -> Iterator[Selected]:
    """Give the rows to look at by flow, the flow with the earliest row first.

    These are: all rows of followed flows, and of the *pairs* of UDP endpoints; SYN,
    FIN and RST of known ones; rows that wake; rows of unknown flows on an SMB port.  A
    few rows of flows that merely share a counter with a known one may be among them.
    """
    waking = _waking(segments, hits, cuts, known)
    wanted = waking.copy()
    if len(known):
        control = segments.flags & CONTROL != 0
        wanted |= known.maybe_followed(segments.flow)
        wanted |= control & known.maybe_known(segments.flow)
    if pairs:
        wanted |= np.isin(segments.flow, np.fromiter(pairs, np.uint64))
    on_port = _on_smb_port(segments)
    wanted[on_port[_unknown(segments, on_port, known)]] = True
    rows = np.flatnonzero(wanted)
    if not len(rows):
        return
    keys, first, of = np.unique(
        segments.flow[rows], return_index=True, return_inverse=True
    )
    by_flow = np.split(rows[np.argsort(of, kind="stable")], np.bincount(of).cumsum())
    for group in np.argsort(first, kind="stable").tolist():
        yield Selected(int(keys[group]), segments, by_flow[group], waking)


def all_of(segments: Segments, key: int, waking: BOOL | None) -> list[Place]:
    """Give all rows of one flow; *waking* is None where none wakes."""
    if waking is None:
        waking = np.zeros(len(segments.row), bool)
    return _places(segments, _rows_of(segments, key), waking)


def all_in_order(
    key: int, selected: list[Selected], parts: Iterable[Segments]
) -> list[Place]:
    """Give all rows of one flow in *parts*, of which some are *selected*."""
    waking = {id(part.segments): part.waking for part in selected}
    return in_order(
        all_of(segments, key, waking.get(id(segments))) for segments in parts
    )


def in_order(parts: Iterable[list[Place]]) -> list[Place]:
    """Merge places by packet number."""
    given = [places for places in parts if places]
    if len(given) <= 1:
        return given[0] if given else []
    return sorted((place for places in given for place in places), key=_number)


def matter(places: list[Place]) -> bool:
    """Tell whether a flow that is not known is worth following from *places* on."""
    segments, row, _ = places[0]
    on_port = _IS_SMB_PORT[_ports(segments, row)].any()
    return bool(on_port) or any(wakes for _, _, wakes in places)


def connected(tails: list[Place], places: list[Place]) -> list[Place]:
    """Give those of *tails* that lead up to the first payload in *places*, in order."""
    ends = {(_sport(tail), span_of(*tail[:2])[1]): tail for tail in tails}
    older: list[Place] = []
    for sport, first in _first_payloads(places).items():
        seq = span_of(*first[:2])[0]
        while len(older) < limits.HISTORY_PIECES and (sport, seq) in ends:
            older.append(ends.pop((sport, seq)))
            seq = span_of(*older[-1][:2])[0]
    return sorted(older, key=_number)


def _first_payloads(places: list[Place]) -> dict[int, Place]:
    """Give the first segment with payload of each direction, by source port."""
    first: dict[int, Place] = {}
    for place in places:
        segments, row, _ = place
        if segments.length[row]:
            first.setdefault(_sport(place), place)
    return first


def _sport(place: Place) -> int:
    segments, row, _ = place
    return int(segments.sport[row])


def _number(place: Place) -> int:
    segments, row, _ = place
    return int(segments.batch.number[segments.row[row]])


def _places(segments: Segments, rows: I64, waking: BOOL) -> list[Place]:
    pairs = zip(rows.tolist(), waking[rows].tolist(), strict=True)
    return [(segments, row, wakes) for row, wakes in pairs]


def _rows_of(segments: Segments, key: int) -> I64:
    return np.flatnonzero(segments.flow == np.array(key, np.uint64))


def _waking(segments: Segments, hits: Hits, cuts: I64, known: KnownFlows) -> BOOL:
    """Tell which rows make a flow followed, or wake it: (n,).

    A hit that wakes nobody counts only where it makes the flow known, or in a datagram:
    no other one goes on with what is in it.
    """
    waking = np.zeros(len(segments.row), bool)
    is_datagram = segments.proto[hits.row] == UDP
    waking[hits.row[hits.wakes | is_datagram]] = True
    waking[cuts] = True
    quiet = hits.row[~(hits.wakes | is_datagram)]
    for row in quiet[_unknown(segments, quiet, known)].tolist():
        if not _IS_SMB_PORT[_ports(segments, row)].any():
            earlier = waking[:row] & (segments.flow[:row] == segments.flow[row])
            waking[row] |= not earlier.any()
    return waking


def _ports(segments: Segments, row: int) -> list[int]:
    return [int(segments.sport[row]), int(segments.dport[row])]


def _on_smb_port(segments: Segments) -> I64:
    to_port = _IS_SMB_PORT[segments.dport] | _IS_SMB_PORT[segments.sport]
    return np.flatnonzero(to_port & (segments.proto == TCP))


def _port_table() -> BOOL:
    table = np.zeros(1 << 16, bool)
    table[list(SMB_PORTS)] = True
    return table


_IS_SMB_PORT: Final = _port_table()


def _unknown(segments: Segments, rows: I64, known: KnownFlows) -> BOOL:
    if not len(rows):
        return np.zeros(0, bool)
    keys, of = np.unique(segments.flow[rows], return_inverse=True)
    unknown = [key not in known for key in keys.tolist()]
    return np.array(unknown, bool)[of]
