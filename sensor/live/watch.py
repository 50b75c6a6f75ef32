"""Interfaces -> events and alerts, for as long as it goes on."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from sensor import pipeline
from sensor.capture.bpf import compile_filter
from sensor.capture.live import Live
from sensor.capture.ring import Ring
from sensor.config import Settings
from sensor.types import Alert, Event, Stats

MIB = 1 << 20


@dataclass(frozen=True, slots=True)
class How:
    """How interfaces are watched."""

    ring_mib: int = 64
    "Size of each interface's ring."
    filter: str = ""
    "What is let in, as tcpdump writes it; all if empty."
    user: str = ""
    "Whom to become once all is open; if empty, nobody where we are root."


class Watch:
    """Interfaces that are open; *stats* can be read at any moment."""

    def __init__(
        self, interfaces: Sequence[str], settings: Settings, how: How, stats: Stats
    ) -> None:
        self.rings = [open_ring(name, how) for name in interfaces]
        self.stats = stats
        self._settings = settings

    def rounds(self, asked: Callable[[], bool]) -> Iterator[list[Event | Alert]]:
        """Give what is found, list by list, until it is *asked* to end and told all.

        A list comes ten times a second or more often, be it empty.
        """
        source = Live(self.rings, self.stats).batches(asked)
        return pipeline.watch(source, self._settings, self.stats)

    def __str__(self) -> str:
        """Name the interfaces with the sizes of their rings."""
        sizes = {one.interface: one.memory.nbytes // MIB for one in self.rings}
        return ", ".join(f"{name} (ring of {n} MiB)" for name, n in sizes.items())


def open_ring(interface: str, how: How) -> Ring:
    """Open *interface*; NetsigError says why it cannot be."""
    ring = Ring(interface, how.ring_mib * MIB)
    if how.filter:
        ring.filter(compile_filter(how.filter, ring.linktype))
    ring.start()
    return ring
