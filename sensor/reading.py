"""One run of `netsig read`: pipeline -> schema -> sinks -> exit status."""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from typing import Final

from sensor import pipeline
from sensor.config import Settings
from sensor.interrupts import Interrupts
from sensor.outputs import Output, Outputs, once, unusable
from sensor.reloading import Reload
from sensor.resuming import resumed
from sensor.schema.defender import Defender
from sensor.sinks.text import printable
from sensor.types import Alert, Batch, Event, Schema, Sink, Stats

ALL_READ: Final = 0
SOME_DAMAGED: Final = 1
NOTHING_USABLE: Final = 2
SIGNALLED: Final = 128  # and the signal's number, as shells have it: Ctrl-C is 130
BROKEN_PIPE: Final = 141  # 128 + SIGPIPE


@dataclass(frozen=True, slots=True)
class Wanted:
    """What one run is to do."""

    paths: Sequence[str]
    settings: Settings
    output: Output
    follow: bool
    reread: Callable[[], Settings]


def read(
    paths: Sequence[str],
    settings: Settings,
    output: Output,
    *,
    follow: bool = False,
    reread: Callable[[], Settings] | None = None,
) -> int:
    """Read *paths*, write what was found, and return the exit status.

    An interrupt ends reading, not writing: what was found so far is written, and what
    was still held back. A second one ends that too. SIGHUP has settings *reread*.
    """
    stats = Stats()
    wanted = Wanted(paths, settings, output, follow, reread or (lambda: settings))
    try:
        return _run(wanted, stats)
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


def _run(wanted: Wanted, stats: Stats) -> int:
    paths, settings, follow = wanted.paths, wanted.settings, wanted.follow
    outputs = _opened(wanted, stats)
    schema = Defender(settings, outputs.last_report)
    reload = Reload(wanted.reread, outputs.reopen, schema, stats)
    interrupts = Interrupts(reload.ask if follow else None)

    def until(batches: Iterator[Batch]) -> Iterator[Batch]:
        given = interrupts.until_asked(batches)
        if not follow:
            return given
        return resumed(given, outputs.captures, outputs.note, stats)

    items = pipeline.run(
        paths, settings, stats, follow=follow, until=until, fresh=reload.fresh
    )
    with interrupts.heeded(), outputs.attended(), _progress(wanted, stats):
        deliver(items, schema, outputs.sinks)
    return SIGNALLED + interrupts.by if interrupts.asked else status(stats)


def _opened(wanted: Wanted, stats: Stats) -> Outputs:
    if not wanted.follow:
        return once(wanted.output, stats)
    from sensor.lasting import lasting  # which one pass does not need

    return lasting(wanted.output, wanted.settings, stats, ", ".join(wanted.paths))


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
def _progress(wanted: Wanted, stats: Stats) -> Iterator[None]:
    """Show how far reading is, where somebody watches and rows are not on screen."""
    if wanted.output.json or wanted.follow or not sys.stderr.isatty():
        yield
        return
    from sensor.sinks.progress import shown  # rich takes 0.1 s to import

    with shown(wanted.paths, stats):
        yield


def _tell_damage(stats: Stats) -> None:
    for damage in stats.damaged:
        where = f"{damage.file}: offset {damage.offset}: {damage.reason}"
        sys.stderr.write(f"netsig: {printable(where, 1000)}\n")


def abandon_stdout() -> None:
    """Keep the interpreter from flushing into the broken pipe when it exits."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
