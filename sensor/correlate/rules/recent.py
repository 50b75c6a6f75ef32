"""A memory with a window of packet time and a bound: what rules keep between events."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Hashable
from typing import Generic, TypeVar

from sensor.types import Stats

K = TypeVar("K", bound=Hashable)
V = TypeVar("V")


class Recent(Generic[K, V]):
    """The latest value of each key, for *window_ns* and at most *size* keys.

    Whatever was noted longest ago goes first; *counter* tells of what went before its
    time.  Packet time may run backwards from one file to the next: what is farther
    away than the window, on either side, is not recent.
    """

    def __init__(self, window_ns: int, size: int, stats: Stats, counter: str) -> None:
        self._window_ns = window_ns
        self._size = size
        self._stats = stats
        self._counter = counter
        self._kept: OrderedDict[K, tuple[int, V]] = OrderedDict()
        "Time and value by key, the one noted longest ago first."

    def __len__(self) -> int:
        return len(self._kept)

    def get(self, key: K, now_ns: int) -> V | None:
        """Return what is remembered of *key*, if that is recent at *now_ns*."""
        kept = self._kept.get(key)
        return kept[1] if kept and self._is_recent(kept[0], now_ns) else None

    def put(self, key: K, value: V, now_ns: int) -> None:
        """Remember *value* of *key*."""
        self._kept.pop(key, None)
        self._forget(now_ns)
        self._kept[key] = now_ns, value

    def _forget(self, now_ns: int) -> None:
        while self._kept:
            then_ns, _ = next(iter(self._kept.values()))
            is_recent = self._is_recent(then_ns, now_ns)
            if is_recent and len(self._kept) < self._size:
                return
            self._kept.popitem(last=False)
            self._stats.add(self._counter, is_recent)

    def _is_recent(self, then_ns: int, now_ns: int) -> bool:
        return abs(now_ns - then_ns) <= self._window_ns
