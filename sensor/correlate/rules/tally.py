"""Counting the distinct things that a source did within a window of packet time."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Hashable

from sensor import limits
from sensor.types import Event, Stats


class Tally:
    """The members that each key had in the last *window_ns*, with what showed them.

    All keys together have at most TALLIED members; the keys quiet for longest go first.
    """

    def __init__(self, window_ns: int, stats: Stats) -> None:
        self._window_ns = window_ns
        self._stats = stats
        self._groups: OrderedDict[Hashable, OrderedDict[Hashable, Event]] = (
            OrderedDict()
        )
        "Events by member by key, the latest last."
        self._size = 0

    def __len__(self) -> int:
        return self._size

    def add(
        self, key: Hashable, member: Hashable, event: Event, most: int
    ) -> tuple[Event, ...]:
        """Note that *event* shows *member*; return what shows the members of *key*.

        In order of their coming, and no more than the *most* recent ones.
        """
        self.drop(key, member)
        group = self._groups.setdefault(key, OrderedDict())
        self._groups.move_to_end(key)
        group[member] = event
        self._size += 1
        self._trim(group, event.ts_ns, most)
        self._make_room(event.ts_ns)
        return tuple(group.values())

    def drop(self, key: Hashable, member: Hashable) -> None:
        """Forget that *key* had *member*."""
        group = self._groups.get(key)
        if group and group.pop(member, None):
            self._size -= 1
            if not group:
                del self._groups[key]

    def _trim(
        self, group: OrderedDict[Hashable, Event], now_ns: int, most: int
    ) -> None:
        while len(group) > most or self._is_over(next(iter(group.values())), now_ns):
            group.popitem(last=False)
            self._size -= 1

    def _make_room(self, now_ns: int) -> None:
        """Let keys go that were quiet for the window, and more if need be."""
        while len(self._groups) > 1:
            oldest = next(iter(self._groups.values()))
            is_over = self._is_over(next(reversed(oldest.values())), now_ns)
            if not is_over and self._size <= limits.TALLIED:
                return
            self._groups.popitem(last=False)
            self._size -= len(oldest)
            self._stats.add("correlate.tallies_forgotten", not is_over)

    def _is_over(self, event: Event, now_ns: int) -> bool:
        return abs(now_ns - event.ts_ns) > self._window_ns
