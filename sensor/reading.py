"""One run of `netsig read`: pipeline -> schema -> sinks -> exit status."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from sensor import pipeline
from sensor.config import Settings
from sensor.interrupts import Interrupts
from sensor.schema.columns import COLUMNS
from sensor.schema.defender import Defender
from sensor.sinks.console import Summary
from sensor.sinks.directory import Directory
from sensor.sinks.jsonl import JsonLines
from sensor.sinks.text import printable
from sensor.types import Alert, Event, Schema, Sink, Stats

ALL_READ: Final = 0
SOME_DAMAGED: Final = 1
NOTHING_USABLE: Final = 2
INTERRUPTED: Final = 130  # 128 + SIGINT, as shells have it
BROKEN_PIPE: Final = 141  # 128 + SIGPIPE


@dataclass(frozen=True, slots=True)
class Output:
    """Where rows go; without `json` and `directory`, a summary for a person."""

    json: bool = False
    directory: Path | None = None


def read(
    paths: Sequence[str], settings: Settings, output: Output, *, follow: bool = False
) -> int:
    """Read *paths*, write what was found, and return the exit status.

    An interrupt ends reading, not writing: what was found so far is written, and what
    was still held back. A second one ends that too.
    """
    stats, interrupts = Stats(), Interrupts()
    sinks = list(_sinks(output, stats, live=follow))
    until = interrupts.until_asked
    items = pipeline.run(paths, settings, stats, follow=follow, until=until)
    try:
        with interrupts.heeded(), _progress(paths, output, stats):
            deliver(items, Defender(settings), sinks)
    except KeyboardInterrupt:
        return INTERRUPTED
    except BrokenPipeError:
        _abandon_stdout()
        return BROKEN_PIPE
    finally:
        if output != Output():
            _tell_damage(stats)
    return INTERRUPTED if interrupts.asked else status(stats)


def deliver(
    items: Iterable[Event | Alert], schema: Schema, sinks: Sequence[Sink]
) -> None:
    """Write the rows of all *items* to all *sinks*; close these whatever happens."""
    with ExitStack() as stack:
        for sink in sinks:
            stack.callback(sink.close)
        for item in items:
            for table, row in schema.rows(item):
                for sink in sinks:
                    sink.write(table, row)


def status(stats: Stats) -> int:
    """Return the exit status that tells how reading went."""
    unusable = {damage.file for damage in stats.damaged if not damage.usable}
    if not set(stats.files) - unusable:
        return NOTHING_USABLE
    return SOME_DAMAGED if stats.damaged else ALL_READ


def _sinks(output: Output, stats: Stats, *, live: bool) -> Iterator[Sink]:
    if output.directory:
        yield Directory(output.directory, COLUMNS, stats, live=live)
    if output.json:
        yield JsonLines(sys.stdout, live=live)
    if output == Output():
        yield Summary(sys.stdout, stats)


@contextmanager
def _progress(paths: Sequence[str], output: Output, stats: Stats) -> Iterator[None]:
    """Show how far reading is, where somebody watches and rows are not on screen."""
    if output.json or not sys.stderr.isatty():
        yield
        return
    from sensor.sinks.progress import shown  # rich takes 0.1 s to import

    with shown(paths, stats):
        yield


def _tell_damage(stats: Stats) -> None:
    for damage in stats.damaged:
        where = f"{damage.file}: offset {damage.offset}: {damage.reason}"
        sys.stderr.write(f"netsig: {printable(where, 1000)}\n")


def _abandon_stdout() -> None:
    """Keep the interpreter from flushing into the broken pipe when it exits."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
