"""One run of `netsig watch`: interfaces -> pipeline -> schema -> sinks."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Sequence
from pwd import getpwuid, struct_passwd

from sensor.config import Settings
from sensor.errors import NetsigError
from sensor.interrupts import Interrupts
from sensor.lasting import lasting
from sensor.live import privileges
from sensor.live.watch import How, Watch
from sensor.outputs import Output, Outputs
from sensor.reading import ALL_READ, BROKEN_PIPE, abandon_stdout, deliver
from sensor.reloading import Reload
from sensor.schema.defender import Defender
from sensor.types import Stats


def watch(
    interfaces: Sequence[str],
    how: How,
    output: Output,
    reread: Callable[[], Settings],
) -> int:
    """Watch *interfaces* until asked to end, write what is found; return the status.

    To be asked, by Ctrl-C or SIGTERM, is how watching ends: that is no failure. SIGHUP
    has settings *reread*. What only root may do comes first. No packet is looked at,
    and no file is written, before root is given up.
    """
    stats, settings = Stats(), reread()
    who = privileges.account(how.user)
    watched = Watch(interfaces, settings, how, stats)
    prepare(output, settings, who)
    privileges.drop(who)
    watched.begin()
    outputs = _open(output, settings, stats, ", ".join(interfaces))
    say(f"watching {watched} as {who.pw_name}")
    try:
        _run(watched, outputs, settings, reread)
    except BrokenPipeError:
        abandon_stdout()
        return BROKEN_PIPE
    finally:
        say(accounts(stats))
    return ALL_READ


def _run(
    watched: Watch, outputs: Outputs, settings: Settings, reread: Callable[[], Settings]
) -> None:
    schema = Defender(settings, outputs.last_report)
    reload = Reload(reread, outputs.reopen, schema, watched.stats)
    interrupts = Interrupts(reload.ask)
    rounds = watched.rounds(lambda: interrupts.asked, reload.fresh)
    items = (item for found in rounds for item in found)
    with interrupts.heeded(), outputs.attended():
        deliver(items, schema, outputs.sinks)


def prepare(output: Output, settings: Settings, who: struct_passwd) -> None:
    """Do for the outputs what *who* may not: make their directory, and import.

    A directory that is there stays as it is. Python may lie where *who* cannot read.
    """
    if settings.metrics:
        import sensor.sinks.metrics
    if output == Output():
        import sensor.sinks.summary
        import sensor.sinks.view  # noqa: F401
    out = output.directory
    if out and not out.exists():
        out.mkdir(mode=0o700, parents=True)
        if os.geteuid() == 0:
            os.chown(out, who.pw_uid, who.pw_gid)


def _open(output: Output, settings: Settings, stats: Stats, source: str) -> Outputs:
    try:
        return lasting(output, settings, stats, source)
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
