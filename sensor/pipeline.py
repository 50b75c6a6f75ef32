"""All rooms in a row: captures in, events and alerts out.

The only file that knows every room.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

from sensor import hidden, signatures
from sensor.capture import open_captures
from sensor.capture.live import Idle
from sensor.columns import Columns
from sensor.config import Settings
from sensor.correlate import Correlator
from sensor.dissector import Dissector
from sensor.streams import Streams
from sensor.streams.tracker import Item
from sensor.types import (
    Alert,
    Batch,
    Chunk,
    Closed,
    Connection,
    Event,
    Flow,
    Observation,
    Stats,
)

Finding = Observation | Connection | Closed


def run(
    paths: Sequence[str],
    settings: Settings,
    stats: Stats,
    *,
    follow: bool = False,
    until: Callable[[Iterator[Batch]], Iterator[Batch]] = iter,
    fresh: Callable[[], Settings | None] = lambda: None,
) -> Iterator[Event | Alert]:
    """Read the captures at *paths* and give what they show, in order of time.

    *until* gives the batches for as long as reading is to go on; what was held back
    when they end is given then. *fresh* gives other settings when there are any.
    """
    sensor = Sensor(settings, stats)
    for batch in until(open_captures(paths, stats, follow=follow)):
        sensor.reload(fresh())
        yield from sensor.take(batch)
    yield from sensor.finish()


def watch(
    source: Iterator[Batch | Idle], settings: Settings, stats: Stats
) -> Iterator[list[Event | Alert]]:
    """Give what *source* shows, a list for each of its items, and what was held back.

    A list may be empty, but it comes at once: nobody waits for a packet.
    """
    sensor = Sensor(settings, stats)
    for item in source:
        if isinstance(item, Idle):
            yield list(sensor.tick(item.until_ns))
        else:
            yield list(sensor.take(item))
    yield list(sensor.finish())


class Sensor:
    """The rooms between capture and schema, joined."""

    def __init__(self, settings: Settings, stats: Stats) -> None:
        self._stats = stats
        self._columns = Columns(stats)
        self._streams = Streams(stats)
        self._dissector = Dissector(stats)
        self._correlator = Correlator(settings.local_networks, stats, settings.proxies)
        self._now_ns = 0

    def reload(self, settings: Settings | None) -> None:
        """Go by other *settings* from now on, if there are any."""
        if settings:
            self._correlator.judge_by(settings.local_networks, settings.proxies)

    def take(self, batch: Batch) -> Iterator[Event | Alert]:
        """Give the events and alerts that the packets of *batch* bring about."""
        if not len(batch.ts_ns):
            return
        self._now_ns = max(self._now_ns, int(batch.ts_ns.max()))
        self._stats.newest_ns = self._now_ns
        parts = [
            (segments, signatures.find(segments))
            for segments in self._columns.decode(batch)
        ]
        for segments, _ in parts:
            hidden.count(segments, self._stats)
        yield from self._tell(self._streams.feed(parts))
        yield from self._correlator.tick(self._now_ns)

    def tick(self, now_ns: int) -> Iterator[Event | Alert]:
        """Give what comes of it that *now_ns* is reached and no packet came."""
        self._now_ns = max(self._now_ns, now_ns)
        yield from self._tell(self._streams.tick(self._now_ns))
        yield from self._correlator.tick(self._now_ns)

    def finish(self) -> Iterator[Event | Alert]:
        """Give what was held back: no more packets will come."""
        yield from self._tell(self._streams.finish())
        yield from self._correlator.finish(self._now_ns)

    def _tell(self, items: Iterator[Item]) -> Iterator[Event | Alert]:
        findings = [finding for item in items for finding in self._dissect(item)]
        yield from self._judge(findings)

    def _dissect(self, item: Item) -> Iterator[Finding]:
        if isinstance(item, Connection):
            yield item
        elif isinstance(item, Closed):
            for observation in self._dissector.close(item):
                yield from self._streams.confirm(item.flow)
                yield observation
            yield item
        else:
            yield from self._decode(item)

    def _decode(self, chunk: Chunk) -> Iterator[Finding]:
        for observation in self._dissector.take(chunk):
            yield from self._streams.confirm(chunk.flow)
            yield observation
        if self._dissector.is_quiet(chunk.flow) and self._streams.rest(chunk.flow):
            self._dissector.forget(chunk.flow)

    def _judge(self, findings: list[Finding]) -> Iterator[Event | Alert]:
        for finding in _in_order(findings):
            if isinstance(finding, Observation):
                yield from self._correlator.observe(finding)
            elif isinstance(finding, Connection):
                yield from self._correlator.connect(finding)
            else:
                yield from self._correlator.close(finding)


def _in_order(findings: list[Finding]) -> list[Finding]:
    """Sort by time across flows, leaving the order within each flow as it is."""
    latest: dict[Flow, tuple[int, int]] = {}
    keyed = []
    for finding in findings:
        at = (finding.ts_ns, finding.packet)
        latest[finding.flow] = max(latest.get(finding.flow, at), at)
        keyed.append((latest[finding.flow], finding))
    return [finding for _, finding in sorted(keyed, key=lambda pair: pair[0])]
