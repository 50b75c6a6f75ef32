"""One run of `netsig watch`: interfaces -> pipeline -> schema -> sinks."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

from sensor.config import Settings
from sensor.interrupts import Interrupts
from sensor.live.watch import How, Watch
from sensor.reading import ALL_READ, BROKEN_PIPE, abandon_stdout, deliver
from sensor.schema.columns import COLUMNS
from sensor.schema.defender import Defender
from sensor.sinks.directory import Directory
from sensor.sinks.jsonl import JsonLines
from sensor.types import Sink, Stats


def watch(
    interfaces: Sequence[str], settings: Settings, how: How, out: Path | None
) -> int:
    """Watch *interfaces* until asked to end, write what is found; return the status.

    To be asked, by Ctrl-C or SIGTERM, is how watching ends: that is no failure.
    """
    stats, interrupts = Stats(), Interrupts()
    watched = Watch(interfaces, settings, how, stats)
    say(f"watching {watched}")
    sinks = list(_sinks(out, stats))
    try:
        with interrupts.heeded():
            rounds = watched.rounds(lambda: interrupts.asked)
            items = (item for found in rounds for item in found)
            deliver(items, Defender(settings), sinks)
    except BrokenPipeError:
        abandon_stdout()
        return BROKEN_PIPE
    finally:
        say(accounts(stats))
    return ALL_READ


def _sinks(out: Path | None, stats: Stats) -> Iterator[Sink]:
    if out:
        yield Directory(out, COLUMNS, stats, live=True)
    else:
        yield JsonLines(sys.stdout, live=True)


def accounts(stats: Stats) -> str:
    """Say what became of every packet that passed."""
    counts = stats.counts
    read, dropped = counts["capture.packets"], counts["capture.kernel_drops"]
    unread = counts["capture.unread_packets"]
    passed = read + dropped + unread
    return (
        f"{passed:,} packets passed: {read:,} read, {dropped:,} dropped by the kernel, "
        f"{unread:,} left in the ring"
    )


def say(text: str) -> None:
    """Tell the one who watches, beside the rows."""
    sys.stderr.write(f"netsig: {text}\n")
    sys.stderr.flush()
