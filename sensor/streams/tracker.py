"""Which flows are followed, and what they say, in order.

A flow that shows no needle and uses no SMB port costs nothing beyond its columns.
Any other is followed until it has nothing more to say that matters; then it rests,
and only a signature, a SYN, FIN or RST makes us look at it again.
"""

from __future__ import annotations

from collections.abc import Generator, Iterator, Sequence

from sensor import limits
from sensor.streams import selection
from sensor.streams.cuts import CutNeedles
from sensor.streams.flows import Tracked
from sensor.streams.handshakes import Handshakes
from sensor.streams.history import History
from sensor.streams.known import KnownFlows
from sensor.streams.opening import Opening
from sensor.streams.packet import SYN
from sensor.streams.rows import flow_of, packet_of
from sensor.streams.selection import Place, Selected
from sensor.types import (
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

    def feed(self, parts: Sequence[tuple[Segments, Hits]]) -> Iterator[Item]:
        """Take in all segments of a batch; give what they add to followed flows.

        A batch has several parts when datagrams were put together of fragments.
        """
        flows: dict[int, list[Selected]] = {}
        for segments, hits in parts:
            self._notice(segments)
            cuts = self._cuts.find(segments)
            for selected in selection.select(segments, hits, cuts, self._known):
                flows.setdefault(selected.key, []).append(selected)
        for key, selected_parts in flows.items():
            yield from self._flow(key, selected_parts, [part for part, _ in parts])
        for segments, _ in parts:
            self._history.remember(segments)
        yield from self._sweep()

    def finish(self) -> Iterator[Item]:
        """Give all that is held back: the capture is over."""
        for tracked in self._known:
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
            yield from tracked.steps(self._now_ns)

    def _notice(self, segments: Segments) -> None:
        if len(segments.row):
            latest = int(segments.batch.ts_ns[segments.row].max())
            self._now_ns = max(self._now_ns, latest)
            self._handshakes.remember(segments)

    def _flow(
        self, key: int, selected: list[Selected], parts: list[Segments]
    ) -> Iterator[Item]:
        first = selected[0]
        if first.segments.proto[first.rows[0]] == UDP:
            for part in selected:
                yield from self._datagrams(part)
            return
        tracked = self._known.get(key)
        if tracked is None:
            if not any(part.matters for part in selected):
                return
            places = self._from_the_start(key, selected, parts)
        elif tracked.resting:
            places = self._from_the_waker(tracked, selected)
        else:
            places = selection.in_order(part.places() for part in selected)
        yield from self._take(tracked, key, places)

    def _take(
        self, tracked: Tracked | None, key: int, places: list[Place]
    ) -> Iterator[Item]:
        """Take in the segments at *places*, all of the flow *key*, old to new."""
        for segments, row, wakes in places:
            if tracked is None:
                tracked = yield from self._new(segments, row)
            packet = packet_of(segments, row, tracked.flow, wakes=wakes)
            if tracked.reuses(packet):
                yield from self._end(tracked, "reused")
                tracked = yield from self._new(segments, row)
                packet = packet_of(segments, row, tracked.flow, wakes=wakes)
            tracked.take(packet)
        if tracked is not None:
            self._reach_back(tracked, key)
            yield from self._tell(tracked)

    def _new(self, segments: Segments, row: int) -> Generator[Item, None, Tracked]:
        """Follow the flow of *row* from there on."""
        flow = flow_of(segments, row)
        tracked = Tracked(flow, self._stats, Opening(flow))
        if not segments.flags[row] & SYN:
            tracked.recall(*self._handshakes.of_flow(flow.key))
        evicted = self._known.add(tracked)
        if evicted is not None:
            yield from self._last_words(evicted, "evicted")
        return tracked

    def _from_the_start(
        self, key: int, selected: list[Selected], parts: list[Segments]
    ) -> list[Place]:
        """Give all segments of a new flow that are still there, old to new."""
        waking = {id(part.segments): part.waking for part in selected}
        places = [
            (old, row, False)
            for old, rows in self._history.of_flow(key)
            for row in rows
        ]
        places += selection.in_order(
            selection.all_of(segments, key, waking.get(id(segments)))
            for segments in parts
        )
        first = next((i for i, place in enumerate(places) if place[2]), len(places))
        surplus = first - limits.HISTORY_PIECES
        if surplus > 0:
            self._stats.add("streams.history_cut", surplus)
            places = places[surplus:]
        return places

    def _from_the_waker(
        self, tracked: Tracked, selected: list[Selected]
    ) -> list[Place]:
        """Wake a flow at rest if there is reason to; choose what to look at."""
        if any(part.wakes for part in selected):
            self._known.wake(tracked)
        return selection.in_order(part.from_waker() for part in selected)

    def _reach_back(self, tracked: Tracked, key: int) -> None:
        """Prepend remembered ends of older segments, as far as they connect."""
        if tracked.started or tracked.resting or tracked.opening.syn is not None:
            return
        ends = {}
        for segments, rows in self._history.tails_of(key):
            for row in rows:
                packet = packet_of(segments, row, tracked.flow, wakes=False)
                ends[packet.side, packet.end_seq] = packet
        tracked.prepend(ends)

    def _datagrams(self, selected: Selected) -> Iterator[Item]:
        """Give whole datagrams; each stands for itself."""
        for segments, row, wakes in selected.places():
            if not wakes:
                continue
            flow = flow_of(segments, row)
            at = packet_of(segments, row, flow, wakes=True)
            if at.missing:
                flow.flags.add("truncated")
            yield Chunk(flow, 0, 0, at.data, 0, at.ts_ns, at.number, at.file)

    def _tell(self, tracked: Tracked) -> Iterator[Item]:
        if tracked.confirmed or tracked.on_smb_port:
            yield from tracked.steps(self._now_ns)
        yield from tracked.chunks(self._now_ns)

    def _sweep(self) -> Iterator[Item]:
        """Look after waiting, silent and finished flows once per SWEEP_NS."""
        if self._now_ns - self._swept_ns < limits.SWEEP_NS:
            return
        self._swept_ns = self._now_ns
        for tracked in self._known:
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
        yield from self._tell(tracked)
        yield from tracked.chunks(self._now_ns, final=True)
        yield from tracked.close(how)
