"""One run of `netsig read`: pipeline -> schema -> sinks -> exit status."""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Iterable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from typing import Final

from sensor import pipeline
from sensor.config import Settings
from sensor.interrupts import Interrupts
from sensor.outputs import Output, lasting, once, unusable
from sensor.resuming import resumed
from sensor.schema.defender import Defender
from sensor.sinks.text import printable
from sensor.types import Alert, Batch, Event, Schema, Sink, Stats

ALL_READ: Final = 0
SOME_DAMAGED: Final = 1
NOTHING_USABLE: Final = 2
SIGNALLED: Final = 128  # and the signal's number, as shells have it: Ctrl-C is 130
BROKEN_PIPE: Final = 141  # 128 + SIGPIPE


def read(
    paths: Sequence[str], settings: Settings, output: Output, *, follow: bool = False
) -> int:
    """Read *paths*, write what was found, and return the exit status.

    An interrupt ends reading, not writing: what was found so far is written, and what
    was still held back. A second one ends that too.
    """
    stats = Stats()
    try:
        return _run(paths, settings, output, stats, follow)
    except KeyboardInterrupt:
        return SIGNALLED + signal.SIGINT
    except BrokenPipeError:
        abandon_stdout()
        return BROKEN_PIPE
    except OSError as error:
        raise unusable(error) from error
    finally:
        if output != Output():
            _tell_damage(stats)


def _run(
    paths: Sequence[str],
    settings: Settings,
    output: Output,
    stats: Stats,
    follow: bool,
) -> int:
    outputs = lasting(output, settings, stats) if follow else once(output, stats)
    interrupts = Interrupts(outputs.reopen if follow else None)

    def until(batches: Iterator[Batch]) -> Iterator[Batch]:
        wanted = interrupts.until_asked(batches)
        if not follow:
            return wanted
        return resumed(wanted, outputs.captures, outputs.note, stats)

    items = pipeline.run(paths, settings, stats, follow=follow, until=until)
    schema = Defender(settings, outputs.last_report)
    with interrupts.heeded(), _progress(paths, output, stats):
        deliver(items, schema, outputs.sinks)
    return SIGNALLED + interrupts.by if interrupts.asked else status(stats)


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


def abandon_stdout() -> None:
    """Keep the interpreter from flushing into the broken pipe when it exits."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
