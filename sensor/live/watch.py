"""Interfaces -> events and alerts, for as long as it goes on."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from sensor import pipeline
from sensor.capture.bpf import compile_filter
from sensor.capture.fanout import fan_out
from sensor.capture.live import Live
from sensor.capture.ring import Ring
from sensor.config import Settings
from sensor.live.workers import Workers
from sensor.types import Alert, Event, Stats

MIB: Final = 1 << 20
Fresh = Callable[[], Settings | None]


@dataclass(frozen=True, slots=True)
class How:
    """How interfaces are watched."""

    ring_mib: int = 64
    "Size of each interface's ring."
    filter: str = ""
    "What is let in, as tcpdump writes it; all if empty."
    workers: int = 1
    "Processes that part the packets of each interface among them."
    user: str = ""
    "Whom to become once all is open; if empty, nobody where we are root."


class Watch:
    """Interfaces that are open; *stats* can be read at any moment."""

    def __init__(
        self, interfaces: Sequence[str], settings: Settings, how: How, stats: Stats
    ) -> None:
        self.stats = stats
        self._settings = settings
        opened = [open_rings(name, how) for name in interfaces]
        self._parts = list(zip(*opened, strict=True))
        "The rings of each worker, one an interface: its part of all of them."
        self._workers: Workers | None = None

    def begin(self) -> None:
        """Start the workers, where there are several; before any thread is started.

        They are what this process is by then, and can do no more.
        """
        if len(self._parts) > 1:
            self._workers = Workers(self._parts, self._settings, self.stats)

    def rounds(
        self, asked: Callable[[], bool], fresh: Fresh = lambda: None
    ) -> Iterator[list[Event | Alert]]:
        """Give what is found, list by list, until it is *asked* to end and told all.

        A list comes ten times a second or more often, be it empty. *fresh* gives
        settings to go by from now on, None while there are none.
        """
        if self._workers:
            return self._workers.rounds(asked, fresh)
        source = Live(self._parts[0], self.stats).batches(asked)
        return pipeline.watch(source, self._settings, self.stats, fresh)

    def __str__(self) -> str:
        """Name the interfaces with the sizes of their rings."""
        each = f"{len(self._parts)} rings" if len(self._parts) > 1 else "ring"
        return ", ".join(
            f"{ring.interface} ({each} of {ring.memory.nbytes // MIB} MiB)"
            for ring in self._parts[0]
        )


def open_rings(interface: str, how: How) -> list[Ring]:
    """Open a ring of *interface* for each worker; NetsigError says why it cannot be."""
    rings = [Ring(interface, how.ring_mib * MIB) for _ in range(how.workers)]
    linktype = rings[0].linktype
    program = compile_filter(how.filter, linktype) if how.filter else b""
    for ring in rings:
        ring.bind()
    if len(rings) > 1:
        fan_out(rings)
    for ring in rings:
        ring.filter(program)
    return rings
