"""All rooms in a row: captures in, events and alerts out.

The only file that knows every room.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

from sensor import hidden, limits, signatures
from sensor.capture import open_captures
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
    Idle,
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
    source: Iterator[Batch | Idle],
    settings: Settings,
    stats: Stats,
    fresh: Callable[[], Settings | None] = lambda: None,
) -> Iterator[list[Event | Alert]]:
    """Give what *source* shows, a list for each of its items, and what was held back.

    A list may be empty, but it comes at once: nobody waits for a packet. *fresh* gives
    settings to go by from now on, None while there are none. Where the clock is set
    back, what was under way is told as it stands, and all begins anew.
    """
    sensor = Sensor(settings, stats)
    for item in source:
        changed = fresh()
        settings = changed or settings
        if _is_set_back(item, sensor.now_ns):
            stats.add("live.clock_set_back")
            yield list(sensor.finish())
            sensor = Sensor(settings, stats)
        sensor.reload(changed)
        if isinstance(item, Idle):
            yield list(sensor.tick(item.until_ns))
        else:
            yield list(sensor.take(item))
    yield list(sensor.finish())


def _is_set_back(item: Batch | Idle, now_ns: int) -> bool:
    """Tell whether the clock stood well before *now_ns* when *item* came."""
    if isinstance(item, Idle):
        return item.until_ns < now_ns - limits.SET_BACK_NS
    newest = item.ts_ns.max() if len(item.ts_ns) else now_ns
    return bool(newest < now_ns - limits.SET_BACK_NS)


class Sensor:
    """The rooms between capture and schema, joined."""

    def __init__(self, settings: Settings, stats: Stats) -> None:
        self._finder = Finder(stats)
        self._judge = Judge(settings, stats)

    @property
    def now_ns(self) -> int:
        """Packet time, in nanoseconds since 1970."""
        return self._finder.now_ns

    def reload(self, settings: Settings | None) -> None:
        """Go by other *settings* from now on, if there are any."""
        if settings:
            self._judge.reload(settings)

    def take(self, batch: Batch) -> Iterator[Event | Alert]:
        """Give the events and alerts that the packets of *batch* bring about."""
        found = self._finder.take(batch)
        yield from self._judge.take(found, self._finder.now_ns)

    def tick(self, now_ns: int) -> Iterator[Event | Alert]:
        """Give what comes of it that *now_ns* is reached and no packet came."""
        found = self._finder.tick(now_ns)
        yield from self._judge.take(found, self._finder.now_ns)

    def finish(self) -> Iterator[Event | Alert]:
        """Give what was held back: no more packets will come."""
        yield from self._judge.take(self._finder.finish(), self._finder.now_ns)
        yield from self._judge.finish(self._finder.now_ns)


class Finder:
    """The rooms between capture and correlation: packets in, findings out.

    Findings come in order of time, but for what was held back.
    """

    def __init__(self, stats: Stats) -> None:
        self._stats = stats
        self._columns = Columns(stats)
        self._streams = Streams(stats)
        self._dissector = Dissector(stats)
        self.now_ns = 0
        "Packet time, in nanoseconds since 1970."

    def take(self, batch: Batch) -> list[Finding]:
        """Give what the packets of *batch* bring about."""
        if not len(batch.ts_ns):
            return []
        self.now_ns = max(self.now_ns, int(batch.ts_ns.max()))
        self._stats.newest_ns = self.now_ns
        parts = [
            (segments, signatures.find(segments))
            for segments in self._columns.decode(batch)
        ]
        for segments, _ in parts:
            hidden.count(segments, self._stats)
        return self._findings(self._streams.feed(parts))

    def tick(self, now_ns: int) -> list[Finding]:
        """Give what comes of it that *now_ns* is reached and no packet came."""
        self.now_ns = max(self.now_ns, now_ns)
        return self._findings(self._streams.tick(self.now_ns))

    def finish(self) -> list[Finding]:
        """Give what was held back: no more packets will come."""
        return self._findings(self._streams.finish())

    def _findings(self, items: Iterator[Item]) -> list[Finding]:
        return _in_order([found for item in items for found in self._dissect(item)])

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


class Judge:
    """The room behind: findings in, events and alerts out."""

    def __init__(self, settings: Settings, stats: Stats) -> None:
        self._correlator = Correlator(settings.local_networks, stats, settings.proxies)

    def reload(self, settings: Settings) -> None:
        """Go by other *settings* from now on."""
        self._correlator.judge_by(settings.local_networks, settings.proxies)

    def take(self, findings: list[Finding], now_ns: int) -> Iterator[Event | Alert]:
        """Give what *findings* come to, and what ends because *now_ns* is reached."""
        for finding in findings:
            if isinstance(finding, Observation):
                yield from self._correlator.observe(finding)
            elif isinstance(finding, Connection):
                yield from self._correlator.connect(finding)
            else:
                yield from self._correlator.close(finding)
        yield from self._correlator.tick(now_ns)

    def finish(self, now_ns: int) -> Iterator[Event | Alert]:
        """Give what no more findings will change."""
        yield from self._correlator.finish(now_ns)


def _in_order(findings: list[Finding]) -> list[Finding]:
    """Sort by time across flows, leaving the order within each flow as it is."""
    latest: dict[Flow, tuple[int, int]] = {}
    keyed = []
    for finding in findings:
        at = (finding.ts_ns, finding.packet)
        latest[finding.flow] = max(latest.get(finding.flow, at), at)
        keyed.append((latest[finding.flow], finding))
    return [finding for _, finding in sorted(keyed, key=lambda pair: pair[0])]
