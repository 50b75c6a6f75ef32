"""One run of `netsig watch`: interfaces -> pipeline -> schema -> sinks."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from pwd import getpwuid, struct_passwd

from sensor.config import Settings
from sensor.errors import NetsigError
from sensor.interrupts import Interrupts
from sensor.live import privileges
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
    What only root may do comes first. No packet is looked at, and no file is written,
    before root is given up.
    """
    stats, interrupts = Stats(), Interrupts()
    who = privileges.account(how.user)
    watched = Watch(interfaces, settings, how, stats)
    if out:
        provide(out, who)
    privileges.drop(who)
    sinks = list(_sinks(out, stats))
    say(f"watching {watched} as {who.pw_name}")
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


def provide(out: Path, who: struct_passwd) -> None:
    """Make the directory *out* for *who*, unless it is there; its files are theirs."""
    if out.exists():
        return
    out.mkdir(mode=0o700, parents=True)
    if os.geteuid() == 0:
        os.chown(out, who.pw_uid, who.pw_gid)


def _sinks(out: Path | None, stats: Stats) -> Iterator[Sink]:
    if out is None:
        yield JsonLines(sys.stdout, live=True)
        return
    try:
        yield Directory(out, COLUMNS, stats, live=True)
    except OSError as error:
        name = getpwuid(os.geteuid()).pw_name
        reason = f"{error.strerror} to {name}: give it to them, or name another --user"
        raise NetsigError(f"{error.filename}: {reason}") from error


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
