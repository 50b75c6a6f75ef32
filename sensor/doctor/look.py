"""Batches -> Facts: the sensor runs over a feed, and its packets are counted beside."""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator
from typing import Final

import numpy as np

from sensor.columns import Columns
from sensor.config import Settings
from sensor.doctor.facts import Facts
from sensor.doctor.streams import StreamTally
from sensor.pipeline import Sensor
from sensor.types import Alert, Batch, Event, Segments, Stats

LARGEST_FRAME: Final = 9_300
"Bytes of a jumbo frame with all its tags; what is larger was never on a wire."
SMB_PORTS: Final = (139, 445)


def look(batches: Iterable[Batch], stats: Stats, settings: Settings) -> Facts:
    """Look at all of *batches*, whose source counts in *stats*."""
    facts = Facts()
    sensor, columns = Sensor(settings, stats), Columns(Stats())
    tally = StreamTally(stats)
    for batch in batches:
        if not len(batch.ts_ns):
            continue
        _count_packets(facts, batch)
        for segments in columns.decode(batch):
            _count_ports(facts, segments)
            tally.add(segments)
        _count_items(facts, sensor.take(batch))
    facts.now_ns = time.time_ns()
    _count_items(facts, sensor.finish())
    facts.sides = tally.sides()
    facts.data_segments, facts.copies = tally.data_segments, tally.copies
    facts.stream_bytes, facts.hole_bytes = tally.holes()
    facts.counts, facts.damaged = stats.counts, stats.damaged
    return facts


def first_seconds(batches: Iterable[Batch], seconds: float) -> Iterator[Batch]:
    """Give *batches* until their packets are so many seconds on."""
    first_ns = None
    for batch in batches:
        yield batch
        if not len(batch.ts_ns):
            continue
        first_ns = first_ns or int(batch.ts_ns[0])
        if int(batch.ts_ns[-1]) - first_ns >= seconds * 1e9:
            return


def _count_packets(facts: Facts, batch: Batch) -> None:
    captured = batch.end - batch.start
    cut = captured < batch.wire_len
    facts.truncated += int(cut.sum())
    facts.longest_cut = max(facts.longest_cut, int(captured[cut].max(initial=0)))
    facts.large += int((batch.wire_len > LARGEST_FRAME).sum())
    facts.largest = max(facts.largest, int(batch.wire_len.max()))
    _count_time(facts, batch)
    facts.packets += len(captured)
    facts.bytes += int(captured.sum())


def _count_time(facts: Facts, batch: Batch) -> None:
    times, latest = batch.ts_ns, max(facts.last_ns, int(batch.ts_ns[0]))
    so_far = np.maximum(np.maximum.accumulate(times), latest)
    back = so_far - times
    worst = int(back.argmax())
    if back[worst] > facts.back_ns:
        facts.back_ns = int(back[worst])
        facts.back_packet = f"packet {batch.number[worst]} of {batch.file}"
    earliest = int(times.min())
    facts.first_ns = min(facts.first_ns, earliest) if facts.packets else earliest
    facts.last_ns = int(so_far[-1])


def _count_ports(facts: Facts, segments: Segments) -> None:
    both = np.isin(segments.sport, SMB_PORTS) | np.isin(segments.dport, SMB_PORTS)
    facts.smb_port_packets += int(both.sum())


def _count_items(facts: Facts, items: Iterable[Event | Alert]) -> None:
    for item in items:
        facts.events[item.kind if isinstance(item, Event) else "alert"] += 1
