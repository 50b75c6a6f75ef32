"""Outputs for months: through a spool, with a heartbeat, on top of what is there."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, ExitStack, contextmanager

from sensor.config import Settings
from sensor.outputs import Output, Outputs
from sensor.schema.columns import COLUMNS
from sensor.sinks.console import Summary
from sensor.sinks.heartbeat import TABLE as HEARTBEAT
from sensor.sinks.heartbeat import beating
from sensor.sinks.live import LiveDirectory, LiveLines
from sensor.sinks.tables import Tables
from sensor.types import Sink, Stats


def lasting(
    output: Output, settings: Settings, stats: Stats, source: str = ""
) -> Outputs:
    """Open *output* for months; what an earlier run wrote is added to.

    Without an output a person at a terminal sees how it goes with *source*. Raises
    NetsigError where another netsig writes to the directory.
    """
    sinks: list[Sink] = []
    if output.json:
        sinks.append(LiveLines(sys.stdout, stats, alone=not output.directory))
    if not output.directory:
        around = _attended(settings, stats, sinks)
        return Outputs(sinks or list(_shown(source, stats)), attended=around)
    tables = Tables(output.directory, (*COLUMNS, HEARTBEAT), settings.files, stats)
    known = tables.state.last_report, dict(tables.state.captures)
    directory = LiveDirectory(tables, stats)
    # the one that tells what was counted is closed last, and so stands first
    sinks.insert(0, directory)
    around = _attended(settings, stats, sinks)
    return Outputs(sinks, *known, directory.note, directory.reopen, around)


def _shown(source: str, stats: Stats) -> Iterator[Sink]:
    """Give what shows a person how it goes, and in the end how it went."""
    yield Summary(sys.stdout, stats)
    if sys.stdout.isatty():
        from sensor.sinks.view import View  # rich takes 0.1 s to import

        yield View(sys.stdout, stats, source)


def _attended(
    settings: Settings, stats: Stats, sinks: Sequence[Sink]
) -> Callable[[], AbstractContextManager[object]]:
    @contextmanager
    def attended() -> Iterator[None]:
        with ExitStack() as stack:
            stack.enter_context(beating(stats, sinks))
            if settings.metrics:
                from sensor.sinks.metrics import serving  # http.server takes 50 ms

                stack.enter_context(serving(settings.metrics, stats))
            yield

    return attended
