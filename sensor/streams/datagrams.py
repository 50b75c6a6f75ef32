"""Which UDP datagrams belong together: those between the same two endpoints.

Each is told once, however often it was copied.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterator
from dataclasses import dataclass, replace

from sensor import limits
from sensor.streams.copies import Copies
from sensor.streams.packet import Packet
from sensor.streams.rows import flow_of, identity_of, note_tunnels, packet_of, time_of
from sensor.streams.selection import Place
from sensor.types import Chunk, Closed, Flow, Stats


@dataclass(frozen=True, slots=True)
class Pair:
    """Two UDP endpoints, and the latest of their datagrams that were looked at."""

    flow: Flow
    ts_ns: int
    packet: int
    file: str
    open: int = 0
    "How many more are looked at though nothing in them wakes."


class Datagrams:
    """Remembers pairs of UDP endpoints for PAIR_IDLE_NS."""

    def __init__(self, stats: Stats, copies: Copies) -> None:
        self._stats = stats
        self._copies = copies
        self._pairs: OrderedDict[int, Pair] = OrderedDict()
        "By hash of the flow; the one quiet for longest first."
        self._open: set[int] = set()

    @property
    def open(self) -> list[int]:
        """The pairs, by hash, of which all datagrams are looked at."""
        return [*self._open]

    def confirm(self, flow: Flow) -> None:
        """Note that *flow* speaks SMB or NTLM: an answer has nothing that wakes."""
        pair = self._pairs.get(flow.key)
        if pair is not None and pair.flow is flow:
            self._keep(replace(pair, open=limits.ANSWER_DATAGRAMS))

    def take(self, places: list[Place]) -> Iterator[Chunk | Closed]:
        """Give the datagrams at *places* that wake, or are of an open pair."""
        for segments, row, wakes in places:
            yield from self._let_go(int(segments.flow[row]), time_of(segments, row))
            known = self._pairs.get(int(segments.flow[row]))
            if not wakes and not (known and known.open):
                continue
            flow = known.flow if known else flow_of(segments, row)
            if self._copies.has(identity_of(segments, row), time_of(segments, row)):
                flow.flags.add("duplicate")
                continue
            packet = packet_of(segments, row, flow, wakes=True)
            note_tunnels(segments, row, flow, packet.side)
            if packet.missing:
                flow.flags.add("truncated")
            yield from self._remember(flow, packet)
            yield _chunk(flow, packet)

    def _let_go(self, key: int, now_ns: int) -> Iterator[Closed]:
        """Let go of a pair that was quiet before *now_ns*, however batches are cut."""
        known = self._pairs.get(key)
        if known and now_ns - known.ts_ns >= limits.PAIR_IDLE_NS:
            self._pairs.move_to_end(key, last=False)
            yield self._end("idle")

    def pass_time(self, now_ns: int) -> Iterator[Closed]:
        """Let go of pairs that were quiet for PAIR_IDLE_NS."""
        while self._pairs:
            oldest = next(iter(self._pairs.values()))
            if now_ns - oldest.ts_ns < limits.PAIR_IDLE_NS:
                return
            yield self._end("idle")

    def finish(self) -> Iterator[Closed]:
        """Let go of all pairs: the capture is over."""
        while self._pairs:
            yield self._end("end")

    def _remember(self, flow: Flow, packet: Packet) -> Iterator[Closed]:
        known = self._pairs.get(flow.key)
        still = max(0, known.open - 1) if known else 0
        self._keep(Pair(flow, packet.ts_ns, packet.number, packet.file, still))
        self._pairs.move_to_end(flow.key)
        if len(self._pairs) > limits.PAIRS:
            self._stats.add("streams.evicted_pairs")
            yield self._end("evicted")

    def _keep(self, pair: Pair) -> None:
        self._pairs[pair.flow.key] = pair
        change = self._open.add if pair.open else self._open.discard
        change(pair.flow.key)

    def _end(self, how: str) -> Closed:
        """Let go of the pair that was quiet for longest."""
        key, last = self._pairs.popitem(last=False)
        self._open.discard(key)
        return Closed(last.flow, how, last.ts_ns, last.packet, last.file)


def _chunk(flow: Flow, packet: Packet) -> Chunk:
    return Chunk(
        flow=flow,
        side=packet.side,
        reading=0,
        data=packet.data,
        lost=0,
        ts_ns=packet.ts_ns,
        packet=packet.number,
        file=packet.file,
    )
