"""Which flows are followed, and what they say, in order.

A flow that shows no needle and uses no SMB port costs nothing beyond its columns.
Any other is followed until it has nothing more to say that matters; then it rests,
and only a signature, a SYN, FIN or RST makes us look at it again.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Generator, Iterator, Sequence

from sensor import limits
from sensor.streams import selection
from sensor.streams.copies import Copies
from sensor.streams.cuts import CutNeedles
from sensor.streams.datagrams import Datagrams
from sensor.streams.flows import Tracked
from sensor.streams.handshakes import Handshakes
from sensor.streams.history import History
from sensor.streams.known import KnownFlows
from sensor.streams.opening import Opening
from sensor.streams.packet import SYN, Packet
from sensor.streams.rows import (
    flow_of,
    has_link,
    identity_of,
    note_tunnels,
    packet_of,
    time_of,
)
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
        self._copies = Copies(stats)
        self._datagrams = Datagrams(stats, self._copies)
        self._now_ns = 0
        self._swept_ns = 0
        self._parting: Tracked | None = None
        "The flow whose last words are being given."
        self._spent: OrderedDict[int, int] = OrderedDict()
        "Until when (ns) the flows that were told of and are over were told of."

    def feed(self, parts: Sequence[tuple[Segments, Hits]]) -> Iterator[Item]:
        """Take in all segments of a batch; give what they add to followed flows.

        A batch has several parts when datagrams were put together of fragments.
        """
        flows: dict[int, list[Selected]] = {}
        for segments, hits in parts:
            self._notice(segments)
            cuts = self._cuts.find(segments)
            known = self._known, self._datagrams.open
            for selected in selection.select(segments, hits, cuts, *known):
                flows.setdefault(selected.key, []).append(selected)
        for key, selected_parts in flows.items():
            yield from self._flow(key, selected_parts, [part for part, _ in parts])
        for segments, _ in parts:
            self._handshakes.remember(segments)
            self._history.remember(segments)
        yield from self._sweep()

    def tick(self, now_ns: int) -> Iterator[Item]:
        """Give what comes of it that *now_ns* is reached without a packet."""
        self._now_ns = max(self._now_ns, now_ns)
        yield from self._sweep()

    def finish(self) -> Iterator[Item]:
        """Give all that is held back: the capture is over."""
        for tracked in self._known:
            yield from self._end(tracked, "end", self._now_ns)
        yield from self._datagrams.finish()

    def rest(self, flow: Flow) -> bool:
        """Leave *flow* alone until a signature wakes it, if it may rest; tell so."""
        tracked = self._known.get(flow.key)
        if tracked is None or tracked.flow is not flow:
            return False
        self._known.rest(tracked)
        return tracked.resting

    def confirm(self, flow: Flow) -> Iterator[Connection]:
        """Note that *flow* speaks SMB or NTLM; give the steps that led to it."""
        self._datagrams.confirm(flow)
        tracked = self._parting or self._known.get(flow.key)
        if tracked is not None and tracked.flow is flow:
            tracked.confirmed = True
            yield from tracked.steps(tracked.last_ns)

    def _notice(self, segments: Segments) -> None:
        if len(segments.row):
            latest = int(segments.batch.ts_ns[segments.row].max())
            self._now_ns = max(self._now_ns, latest)

    def _flow(
        self, key: int, selected: list[Selected], parts: list[Segments]
    ) -> Iterator[Item]:
        first = selected[0]
        if first.segments.proto[first.rows[0]] == UDP:
            places = selection.all_in_order(key, selected, parts)
            yield from self._datagrams.take(places)
            return
        tracked = self._known.get(key)
        if tracked is None:
            if not any(part.matters for part in selected):
                return
            places = self._from_the_start(key, selected, parts)
        elif tracked.resting and any(part.wakes for part in selected):
            places = selection.in_order(part.all_places() for part in selected)
        else:
            places = selection.in_order(part.places() for part in selected)
        yield from self._take(tracked, places)

    def _take(self, tracked: Tracked | None, places: list[Place]) -> Iterator[Item]:
        """Take in the segments at *places*, all of one flow, old to new."""
        # What went on before a flow was of interest does not end it.
        watched = tracked is not None
        for at, (segments, row, wakes) in enumerate(places):
            now_ns = time_of(segments, row)
            if tracked is not None and watched:
                yield from self._pass_time(tracked, now_ns)
            if tracked is None or tracked.closed:
                if not selection.matter(places[at:]):
                    return
                tracked = yield from self._new(segments, row)
            packet = packet_of(segments, row, tracked.flow, wakes=wakes)
            if tracked.reuses(packet):
                yield from self._end(tracked, "reused", now_ns)
                tracked = yield from self._new(segments, row)
                packet = packet_of(segments, row, tracked.flow, wakes=wakes)
            self._look_around(segments, row, tracked.flow, packet)
            if tracked.resting and wakes:
                self._wake(tracked, places[:at])
            if not tracked.resting or packet.is_control:
                tracked.take(packet)
                yield from self._tell(tracked, now_ns)
            watched = watched or wakes or tracked.on_smb_port

    def _look_around(
        self, segments: Segments, row: int, flow: Flow, packet: Packet
    ) -> None:
        """Note what *packet* travelled in, and whether it is a copy.

        Of old packets only the ends were kept. Bare acknowledgments are often alike.
        """
        if not has_link(segments, row):
            return
        note_tunnels(segments, row, flow, packet.side)
        tells = packet.data or packet.missing or packet.is_control
        if tells and self._copies.has(identity_of(segments, row), packet.ts_ns):
            flow.flags.add("duplicate")

    def _new(self, segments: Segments, row: int) -> Generator[Item, None, Tracked]:
        """Follow the flow of *row* from there on."""
        flow = flow_of(segments, row)
        tracked = Tracked(flow, self._stats, Opening(flow))
        if not segments.flags[row] & SYN:
            since = self._spent.get(flow.key, -1)
            syn, answer = self._handshakes.of_flow(flow.key)
            tracked.recall(
                *(s if s and s.ts_ns > since else None for s in (syn, answer))
            )
        evicted = self._known.add(tracked)
        if evicted is not None:
            yield from self._last_words(evicted, "evicted", evicted.last_ns)
        return tracked

    def _from_the_start(
        self, key: int, selected: list[Selected], parts: list[Segments]
    ) -> list[Place]:
        """Give all segments of a new flow that are still there, old to new."""
        places = self._recalled(key, self._history.of_flow(key))
        places += selection.all_in_order(key, selected, parts)
        tails = self._recalled(key, self._history.tails_of(key))
        places = selection.connected(tails, places) + places
        first = next((i for i, place in enumerate(places) if place[2]), len(places))
        surplus = first - limits.HISTORY_PIECES
        if surplus > 0:
            self._stats.add("streams.history_cut", surplus)
            places = places[surplus:]
        return places

    def _recalled(
        self, key: int, kept: Iterator[tuple[Segments, list[int]]]
    ) -> list[Place]:
        """Give what was kept of the flow *key* and not told of in an earlier life."""
        since = self._spent.get(key, -1)
        return [
            (segments, row, False)
            for segments, rows in kept
            for row in rows
            if time_of(segments, row) > since
        ]

    def _wake(self, tracked: Tracked, earlier: list[Place]) -> None:
        """Follow a flow at rest again, from a few segments back."""
        self._known.wake(tracked)
        key = tracked.flow.key
        earlier = self._recalled(key, self._history.of_flow(key)) + earlier
        said = [place for place in earlier if place[0].length[place[1]]]
        for segments, row, _ in said[-limits.WAKE_PIECES :]:
            tracked.add(packet_of(segments, row, tracked.flow, wakes=False))

    def _tell(self, tracked: Tracked, now_ns: int) -> Iterator[Item]:
        if tracked.confirmed or tracked.on_smb_port:
            yield from tracked.steps(now_ns)
        yield from tracked.chunks(now_ns)

    def _sweep(self) -> Iterator[Item]:
        """Look after waiting, silent and finished flows once per SWEEP_NS."""
        if self._now_ns - self._swept_ns < limits.SWEEP_NS:
            return
        self._swept_ns = self._now_ns
        yield from self._datagrams.pass_time(self._now_ns)
        for tracked in self._known:
            yield from self._pass_time(tracked, self._now_ns)
        if sum(tracked.held for tracked in self._known) > limits.WAITING_BYTES:
            self._stats.add("streams.waits_cut_short")
            for tracked in self._known:
                yield from tracked.chunks(self._now_ns, final=True)

    def _pass_time(self, tracked: Tracked, now_ns: int) -> Iterator[Item]:
        """Give what comes of it that *now_ns* is reached."""
        yield from self._tell(tracked, now_ns)
        how = tracked.ended(now_ns)
        if how:
            yield from self._end(tracked, how, now_ns)

    def _end(self, tracked: Tracked, how: str, now_ns: int) -> Iterator[Item]:
        self._known.remove(tracked)
        yield from self._last_words(tracked, how, now_ns)

    def _last_words(self, tracked: Tracked, how: str, now_ns: int) -> Iterator[Item]:
        self._parting = tracked
        yield from self._tell(tracked, now_ns)
        yield from tracked.chunks(now_ns, final=True)
        yield from tracked.close(how)
        self._parting = None
        self._spend(tracked)

    def _spend(self, tracked: Tracked) -> None:
        """Note that what was kept of a flow was told, should it go on after all."""
        key = tracked.flow.key
        self._spent[key] = tracked.last_ns
        self._spent.move_to_end(key)
        if len(self._spent) > limits.FLOWS:
            self._spent.popitem(last=False)
            self._stats.add("streams.spent_forgotten")
