"""Going on behind the last packet that an earlier run had handled."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterator

from sensor.sinks.state import Captures, Position, remember
from sensor.types import Batch, Stats


def resumed(
    batches: Iterator[Batch],
    known: Captures,
    note: Callable[[str, Position], None],
    stats: Stats,
) -> Iterator[Batch]:
    """Give of *batches* what lies behind the positions *known*.

    A batch counts as handled when the next one is drawn; *note* is then told how far
    its capture was read. Counts `capture.resumed_packets`, which were read again only
    to be passed over.
    """
    for batch in batches:
        if not len(batch.number):
            continue
        position = _position(batch, known)
        fresh = _behind(batch, position.packets)
        stats.add("capture.resumed_packets", len(batch.number) - len(fresh.number))
        if len(fresh.number):
            yield fresh
            position = Position(position.first_ns, int(batch.number[-1]))
            note(batch.file, position)
        remember(known, batch.file, position)


def _position(batch: Batch, known: Captures) -> Position:
    """Return how far the capture of *batch* was read; of another one, nothing was."""
    first_ns = int(batch.ts_ns[0])
    position = known.get(batch.file)
    if position is None:
        return Position(first_ns, 0)
    is_another = batch.number[0] == 1 and position.first_ns != first_ns
    return Position(first_ns, 0) if is_another else position


def _behind(batch: Batch, packets: int) -> Batch:
    skip = int(batch.number.searchsorted(packets, side="right"))
    if not skip:
        return batch
    columns = ("start", "end", "wire_len", "ts_ns", "linktype", "number")
    rest = {name: getattr(batch, name)[skip:] for name in columns}
    return dataclasses.replace(batch, **rest)
