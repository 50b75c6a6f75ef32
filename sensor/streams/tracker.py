"""Which flows are followed, and what they say, in order.

A flow that shows no needle and uses no SMB port costs nothing beyond its columns.
Any other is followed until it has nothing more to say that matters; then it rests,
and only a signature, a SYN, FIN or RST makes us look at it again.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from sensor import limits
from sensor.columns import endpoints
from sensor.streams import selection
from sensor.streams.community_id import community_id
from sensor.streams.cuts import CutNeedles
from sensor.streams.flows import Tracked
from sensor.streams.handshakes import Handshakes
from sensor.streams.history import History
from sensor.streams.known import KnownFlows
from sensor.streams.opening import Opening
from sensor.streams.packet import CONTROL, SYN, Packet
from sensor.types import (
    BOOL,
    I64,
    UDP,
    Chunk,
    Closed,
    Connection,
    Flow,
    Hits,
    Segments,
    Stats,
)

Item = Connection | Chunk | Closed
Place = tuple[Segments, int, bool]
"A segment, by its row, and whether it wakes."


class Streams:
    """Follows flows through batches of segments."""

    def __init__(self, stats: Stats) -> None:
        self._stats = stats
        self._known = KnownFlows(stats)
        self._history = History()
        self._handshakes = Handshakes(stats)
        self._cuts = CutNeedles(stats)
        self._now_ns = 0
        self._swept_ns = 0

    def feed(self, segments: Segments, hits: Hits) -> Iterator[Item]:
        """Take in the next *segments*; give what they add to followed flows."""
        if not len(segments.row):
            return
        latest = int(segments.batch.ts_ns[segments.row].max())
        self._now_ns = max(self._now_ns, latest)
        cuts = self._cuts.find(segments)
        waking = selection.waking_rows(segments, hits, cuts, self._known)
        for key, rows in selection.groups(segments, waking, self._known):
            if segments.proto[rows[0]] == UDP:
                yield from self._datagrams(segments, rows[waking[rows]])
            else:
                yield from self._connection(segments, key, rows, waking)
        self._handshakes.remember(segments)
        self._history.remember(segments)
        yield from self._sweep()

    def finish(self) -> Iterator[Item]:
        """Give all that is held back: the capture is over."""
        for tracked in self._known:
            _judge_silence(tracked, self._now_ns)
            yield from self._end(tracked, "end")

    def rest(self, flow: Flow) -> None:
        """Leave *flow* alone until a signature wakes it."""
        tracked = self._known.get(flow.key)
        if tracked is not None and tracked.flow is flow:
            self._known.rest(tracked)

    def confirm(self, flow: Flow) -> Iterator[Connection]:
        """Note that *flow* speaks SMB or NTLM; give the steps that led to it."""
        tracked = self._known.get(flow.key)
        if tracked is not None and tracked.flow is flow:
            tracked.confirmed = True
            yield from _steps(tracked)

    def _connection(
        self, segments: Segments, key: int, rows: I64, waking: BOOL
    ) -> Iterator[Item]:
        tracked = self._known.get(key)
        if tracked is None:
            if not (waking[rows].any() or _on_smb_port(segments, int(rows[0]))):
                return
            places = self._from_the_start(segments, key, waking)
        elif tracked.resting:
            places = _places(
                segments, self._awake(segments, tracked, rows, waking), waking
            )
        else:
            places = _places(segments, rows, waking)
        yield from self._take(tracked, key, places)

    def _take(
        self, tracked: Tracked | None, key: int, places: list[Place]
    ) -> Iterator[Item]:
        """Take in the segments at *places*, all of the flow *key*, old to new."""
        for segments, row, wakes in places:
            if tracked is None:
                tracked = self._new(segments, row)
                yield from self._admit(tracked)
            packet = _packet(segments, row, tracked.flow, wakes=wakes)
            if tracked.reuses(packet):
                yield from self._end(tracked, "reused")
                tracked = self._new(segments, row)
                yield from self._admit(tracked)
                packet = _packet(segments, row, tracked.flow, wakes=wakes)
            if not tracked.resting or packet.is_control or packet.wakes:
                tracked.take(packet)
        if tracked is not None:
            self._reach_back(tracked, key)
            yield from self._tell(tracked)

    def _new(self, segments: Segments, row: int) -> Tracked:
        flow = _flow(segments, row)
        tracked = Tracked(flow, self._stats, Opening(flow))
        if not segments.flags[row] & SYN:
            tracked.recall(*self._handshakes.of_flow(flow.key))
        return tracked

    def _admit(self, tracked: Tracked) -> Iterator[Item]:
        evicted = self._known.add(tracked)
        if evicted is not None:
            yield from self._last_words(evicted, "evicted")

    def _from_the_start(
        self, segments: Segments, key: int, waking: BOOL
    ) -> list[Place]:
        """Give all segments of a new flow that are still there, old to new."""
        places = [
            (old, row, False)
            for old, rows in self._history.of_flow(key)
            for row in rows
        ]
        places += _places(segments, selection.rows_of(segments, key), waking)
        first = next((i for i, place in enumerate(places) if place[2]), len(places))
        surplus = first - limits.HISTORY_PIECES
        if surplus > 0:
            self._stats.add("streams.history_cut", surplus)
            places = places[surplus:]
        return places

    def _reach_back(self, tracked: Tracked, key: int) -> None:
        """Prepend remembered ends of older segments, as far as they connect."""
        if tracked.started or tracked.opening.syn_ns is not None:
            return
        ends = {}
        for segments, rows in self._history.tails_of(key):
            for row in rows:
                packet = _packet(segments, row, tracked.flow, wakes=False)
                ends[packet.side, packet.end_seq] = packet
        tracked.prepend(ends)

    def _awake(
        self, segments: Segments, tracked: Tracked, rows: I64, waking: BOOL
    ) -> I64:
        """Wake a flow at rest if there is reason to; choose the rows to look at."""
        wakers = rows[waking[rows]]
        if not len(wakers):
            return rows
        self._known.wake(tracked)
        mine = selection.rows_of(segments, tracked.flow.key)
        earlier = mine[mine < wakers[0]]
        same_way = segments.sport[earlier] == segments.sport[wakers[0]]
        control = earlier[segments.flags[earlier] & CONTROL != 0]
        first = min([wakers[0], *earlier[same_way][-1:]])
        return np.concatenate([control[control < first], mine[mine >= first]])

    def _datagrams(self, segments: Segments, rows: I64) -> Iterator[Item]:
        """Give whole datagrams; each stands for itself."""
        for row in rows.tolist():
            flow = _flow(segments, row)
            packet = _packet(segments, row, flow, wakes=True)
            if packet.missing:
                flow.flags.add("truncated")
            yield Chunk(
                flow, 0, 0, packet.data, 0, packet.ts_ns, packet.number, packet.file
            )

    def _tell(self, tracked: Tracked) -> Iterator[Item]:
        yield from _steps(tracked)
        yield from tracked.chunks(self._now_ns)

    def _sweep(self) -> Iterator[Item]:
        """Look after waiting, silent and finished flows once per SWEEP_NS."""
        if self._now_ns - self._swept_ns < limits.SWEEP_NS:
            return
        self._swept_ns = self._now_ns
        for tracked in self._known:
            _judge_silence(tracked, self._now_ns)
            yield from self._tell(tracked)
            silent_ns = self._now_ns - tracked.last_ns
            if tracked.over and silent_ns >= limits.LINGER_NS:
                yield from self._end(tracked, tracked.over)
            elif silent_ns >= tracked.patience_ns:
                yield from self._end(tracked, "idle")

    def _end(self, tracked: Tracked, how: str) -> Iterator[Item]:
        self._known.remove(tracked)
        yield from self._last_words(tracked, how)

    def _last_words(self, tracked: Tracked, how: str) -> Iterator[Item]:
        yield from _steps(tracked)
        yield from tracked.chunks(self._now_ns, final=True)
        yield from tracked.close(how)


def _steps(tracked: Tracked) -> Iterator[Connection]:
    """Give the steps not told yet, if the flow is one whose steps matter."""
    ports = {end.port for end in tracked.flow.ends}
    if tracked.confirmed or not ports.isdisjoint(selection.SMB_PORTS):
        yield from tracked.opening.steps
        tracked.opening.steps.clear()


def _judge_silence(tracked: Tracked, now_ns: int) -> None:
    if tracked.last is not None and not tracked.over:
        tracked.opening.unanswered(now_ns, tracked.last)


def _places(segments: Segments, rows: I64, waking: BOOL) -> list[Place]:
    return [(segments, row, bool(waking[row])) for row in rows.tolist()]


def _on_smb_port(segments: Segments, row: int) -> bool:
    ports = int(segments.sport[row]), int(segments.dport[row])
    return any(port in selection.SMB_PORTS for port in ports)


def _flow(segments: Segments, row: int) -> Flow:
    source, destination = endpoints(segments, row)
    proto = int(segments.proto[row])
    return Flow(
        key=int(segments.flow[row]),
        proto=proto,
        ends=(source, destination),
        file=segments.batch.file,
        community_id=community_id(proto, source, destination),
    )


def _packet(segments: Segments, row: int, flow: Flow, *, wakes: bool) -> Packet:
    source, destination = flow.ends
    if source.port != destination.port:
        side = int(int(segments.sport[row]) != source.port)
    else:
        side = int(endpoints(segments, row)[0] != source)
    record = int(segments.row[row])
    start = int(segments.payload[row])
    end = start + int(segments.length[row])
    return Packet(
        side=side,
        seq=int(segments.seq[row]),
        ack=int(segments.ack[row]),
        flags=int(segments.flags[row]),
        data=segments.batch.data[start:end].tobytes(),
        missing=int(segments.missing[row]),
        ts_ns=int(segments.batch.ts_ns[record]),
        number=int(segments.batch.number[record]),
        file=segments.batch.file,
        wakes=wakes,
    )
