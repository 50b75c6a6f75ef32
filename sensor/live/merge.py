"""The findings of several workers in the order in which one would have told them."""

from __future__ import annotations

import heapq

from sensor.limits import WORKER_LAG_NS
from sensor.pipeline import Finding
from sensor.types import Stats


class Merge:
    """Holds findings back until no worker can tell an earlier one.

    One that lags WORKER_LAG_NS behind the foremost, once it told something, is not
    waited for.
    """

    def __init__(self, workers: int, stats: Stats) -> None:
        self._reached = [0] * workers
        self._waiting: list[tuple[int, int, int, Finding]] = []
        "By time, worker and number; what has the same time stays in order."
        self._count = 0
        self._stats = stats
        self.now_ns = 0
        "Up to where all was given."

    def add(self, worker: int, findings: list[Finding], until_ns: int) -> None:
        """Take in what *worker* found until it reached *until_ns*."""
        at = self._reached[worker]
        for finding in findings:
            # What was held back belongs where it was told, not where it happened.
            at = max(at, finding.ts_ns)
            self._stats.add("live.findings_late", at < self.now_ns)
            heapq.heappush(self._waiting, (at, worker, self._count, finding))
            self._count += 1
        self._reached[worker] = max(until_ns, at)

    def due(self) -> list[Finding]:
        """Give what may be told by now."""
        last, foremost = min(self._reached), max(self._reached)
        if last:
            self.now_ns = max(self.now_ns, last, foremost - WORKER_LAG_NS)
        return self._until(self.now_ns)

    def rest(self) -> list[Finding]:
        """Give all that is left."""
        self.now_ns = max(self.now_ns, *self._reached)
        return self._until(self.now_ns)

    def _until(self, now_ns: int) -> list[Finding]:
        given = []
        while self._waiting and self._waiting[0][0] <= now_ns:
            given.append(heapq.heappop(self._waiting)[3])
        return given
