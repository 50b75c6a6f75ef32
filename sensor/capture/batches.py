"""Records of one capture, a buffer at a time."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from sensor.capture.pool import Pool
from sensor.capture.stream import Feed
from sensor.capture.walk import Records, Walker
from sensor.errors import CaptureError
from sensor.types import U8, Batch, Stats


@dataclass(frozen=True, slots=True)
class Capture:
    """A capture whose format is known: iterate over it for its batches, once."""

    file: str
    feed: Feed
    walker: Walker
    pool: Pool
    stats: Stats
    prompt: bool = False
    "Give what a read returned, rather than wait for a full buffer."
    growing: bool = False
    "Its last record may be half written without being damaged."

    def __iter__(self) -> Iterator[Batch]:
        """Give all whole records, then raise CaptureError if there is damage."""
        at, number, have, need = self.walker.header, 1, 0, 0
        buffer = self.pool.take(0)
        while not self.feed.ended:
            least = max(need, have + 1) if self.prompt else len(buffer)
            have = self.feed.fill(buffer.data, have, least)
            walk = self.walker.walk(buffer[:have])
            count = len(walk.records.start)
            if count:
                count_records(walk.records, self.stats)
                yield batch_of(walk.records, buffer[: walk.used], number, self.file)
            self.stats.add("capture.no_interface", walk.lost)
            at, number, need = at + walk.used, number + count, walk.need
            if walk.fault:
                raise CaptureError(self.file, at, walk.fault)
            rest = buffer[walk.used : have]
            if count or need > len(buffer):
                buffer = self.pool.take(need)
            have = len(rest)
            buffer[:have] = rest
        self._check_end(at, have, need)

    def _check_end(self, at: int, have: int, need: int) -> None:
        if self.feed.fault:
            raise self.feed.fault
        if have and not self.growing:
            reason = f"cut: {have} bytes where a record has at least {need}"
            raise CaptureError(self.file, at, reason)


def batch_of(found: Records, data: U8, number: int, file: str) -> Batch:
    """Make a batch of the records that were *found* in *data*, *number* the first."""
    return Batch(
        data=data,
        start=found.start,
        end=found.end,
        wire_len=found.wire_len,
        ts_ns=found.ts_ns,
        linktype=found.linktype,
        number=np.arange(number, number + len(found.start), dtype=np.int64),
        file=file,
    )


def count_records(found: Records, stats: Stats) -> None:
    """Account for the packets that were read."""
    captured = found.end - found.start
    stats.add("capture.packets", len(captured))
    stats.add("capture.bytes", int(captured.sum()))
    cut = np.count_nonzero(captured < found.wire_len)
    stats.add("capture.truncated_packets", int(cut))
