"""Interfaces that are watched together: what they see, batch after batch."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from typing import Final

from sensor.capture import tpacket
from sensor.capture.batches import batch_of, count_records
from sensor.capture.ring import Ring
from sensor.limits import DRAIN_NS, HISTORY_BATCHES, RING_BLOCK_BYTES, RING_BLOCK_MS
from sensor.types import U8, Batch, Idle, Stats

LOOK_SECONDS: Final = 0.005
"Between two looks at rings without packets; a tenth of the age of a block."
PULSE_NS: Final = 100_000_000
"Without packets, nanoseconds until it is told that time went on."
LATE_NS: Final = 3 * RING_BLOCK_MS * 1_000_000
"Nanoseconds that a packet can spend in a block before the block is ours, and more."


class Live:
    """Draws batches from *rings*; *stats* says what came and what was lost.

    Full blocks are not copied: one goes back to the kernel when HISTORY_BATCHES more
    batches were drawn. What little a block holds that only grew old is copied.
    """

    def __init__(self, rings: Sequence[Ring], stats: Stats) -> None:
        self.rings = rings
        self.stats = stats
        self._numbers = dict.fromkeys(rings, 1)
        self._held: deque[U8 | None] = deque()

    def batches(self, asked: Callable[[], bool]) -> Iterator[Batch | Idle]:
        """Give what comes until it is *asked* to end, and what then is in the rings.

        There is an item every PULSE_NS at the least.
        """
        counted_ns = 0
        while not asked():
            yield self._next()
            if time.monotonic_ns() - counted_ns >= PULSE_NS:
                counted_ns = time.monotonic_ns()
                self._count_losses()
        yield from self._drain()
        self._count_losses()

    def _next(self) -> Batch | Idle:
        deadline = time.monotonic_ns() + PULSE_NS
        while (batch := self._draw()) is None:
            if time.monotonic_ns() >= deadline:
                return Idle(time.time_ns() - LATE_NS)
            time.sleep(LOOK_SECONDS)
        return batch

    def _draw(self) -> Batch | None:
        """Give the block that is ready, of several the one that begins first."""
        blocks = [(ring, ring.ready()) for ring in self.rings]
        ready = [(ring, block) for ring, block in blocks if block is not None]
        if not ready:
            return None
        return self._batch(*min(ready, key=lambda pair: tpacket.first_time(pair[1])))

    def _batch(self, ring: Ring, block: U8) -> Batch:
        found, number = ring.take(block), self._numbers[ring]
        count_records(found, self.stats)
        self._numbers[ring] += len(found.start)
        return batch_of(found, self._keep(block), number, ring.interface)

    def _keep(self, block: U8) -> U8:
        """Hold *block* back, or copy it and give it back; give back an older one."""
        used = block[: tpacket.bytes_in(block)]
        self._held.append(block)
        if len(used) < RING_BLOCK_BYTES // 2:
            used = used.copy()
            tpacket.give_back(block)
            self._held[-1] = None
        self._give_back(HISTORY_BATCHES + 1)
        return used

    def _give_back(self, but: int) -> None:
        """Give back the blocks that are held, *but* for the newest."""
        while len(self._held) > but:
            oldest = self._held.popleft()
            if oldest is not None:
                tpacket.give_back(oldest)

    def _drain(self) -> Iterator[Batch]:
        """Give what is still in the rings, within DRAIN_NS; count what is not."""
        for ring in self.rings:
            ring.shut()
        time.sleep(LATE_NS / 1e9)
        deadline = time.monotonic_ns() + DRAIN_NS
        while time.monotonic_ns() < deadline:
            batch = self._draw()
            if batch is None:
                return
            yield batch
        # Nothing is written any more: what is given back stays as it is.
        self._give_back(0)
        for ring in self.rings:
            self.stats.add("capture.unread_packets", ring.unread())

    def _count_losses(self) -> None:
        for ring in self.rings:
            dropped, freezes = ring.losses()
            self.stats.add("capture.kernel_drops", dropped)
            self.stats.add("capture.ring_freezes", freezes)
            self.stats.add("capture.interface_down", ring.went_down())
