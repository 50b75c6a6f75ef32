"""The flows that are known, and a quick test over columns of flow hashes."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterator
from typing import Final

import numpy as np

from sensor import limits
from sensor.streams.flows import Tracked
from sensor.types import BOOL, U64, Stats

SLOTS: Final = 1 << 16  # counters for the quick test; a power of two


class KnownFlows:
    """Tracked flows by hash, least recently touched first."""

    def __init__(self, stats: Stats) -> None:
        self._flows: OrderedDict[int, Tracked] = OrderedDict()
        self._known = np.zeros(SLOTS, np.int32)
        self._followed = np.zeros(SLOTS, np.int32)
        self._stats = stats

    def __len__(self) -> int:
        return len(self._flows)

    def __iter__(self) -> Iterator[Tracked]:
        return iter(list(self._flows.values()))

    def __contains__(self, key: int) -> bool:
        return key in self._flows

    def get(self, key: int) -> Tracked | None:
        """Return the flow *key*, and mark it as touched."""
        tracked = self._flows.get(key)
        if tracked is not None:
            self._flows.move_to_end(key)
        return tracked

    def add(self, tracked: Tracked) -> Tracked | None:
        """Add a flow that is followed; return the one it pushes out, if any."""
        key = tracked.flow.key
        self._flows[key] = tracked
        self._known[key % SLOTS] += 1
        self._followed[key % SLOTS] += 1
        if len(self._flows) <= limits.FLOWS:
            return None
        self._stats.add("streams.evicted_flows")
        oldest = next(iter(self._flows.values()))
        self.remove(oldest)
        return oldest

    def remove(self, tracked: Tracked) -> None:
        """Forget a flow."""
        key = tracked.flow.key
        del self._flows[key]
        self._known[key % SLOTS] -= 1
        if not tracked.resting:
            self._followed[key % SLOTS] -= 1

    def rest(self, tracked: Tracked) -> None:
        """Stop following a flow, unless what waits has a reason to go on."""
        if tracked.resting:
            return
        tracked.rest()
        if tracked.resting:
            self._followed[tracked.flow.key % SLOTS] -= 1

    def wake(self, tracked: Tracked) -> None:
        """Follow a flow that was at rest."""
        tracked.resting = False
        self._followed[tracked.flow.key % SLOTS] += 1

    def maybe_followed(self, flow: U64) -> BOOL:
        """Tell which flows may be followed; False is certain."""
        followed: BOOL = self._followed[flow & np.uint64(SLOTS - 1)] > 0
        return followed

    def maybe_known(self, flow: U64) -> BOOL:
        """Tell which flows may be known; False is certain."""
        known: BOOL = self._known[flow & np.uint64(SLOTS - 1)] > 0
        return known
