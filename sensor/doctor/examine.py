"""One run of `netsig doctor`: a source of packets -> what is wrong -> exit status."""

from __future__ import annotations

import sys
import textwrap
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from typing import Final

from sensor.capture import open_captures
from sensor.capture.files import STDIN
from sensor.capture.live import Live
from sensor.capture.remote import is_remote
from sensor.capture.ring import Ring
from sensor.config import Settings
from sensor.doctor.checks import PROBLEM, Finding, judge
from sensor.doctor.facts import Facts
from sensor.doctor.interface import findings_of, is_interface
from sensor.doctor.look import first_seconds, look
from sensor.errors import NetsigError
from sensor.interrupts import Interrupts
from sensor.sinks.text import printable
from sensor.types import Batch, Stats

HEALTHY: Final = 0
PROBLEMS: Final = 1
NOTHING_SEEN: Final = 2
WIDTH: Final = 80
RING_BYTES: Final = 1 << 26
_MARGIN: Final = " " * (len(PROBLEM) + 2)


def examine(
    source: str, seconds: float, opened: Callable[[], None] = lambda: None
) -> int:
    """Look at *source*, print what is wrong with it, and return the exit status.

    A file is read whole, what is live for so many *seconds*; Ctrl-C ends either, and
    what was seen is judged. *opened* is called when an interface is open and nothing
    of it was looked at. Raises NetsigError for what is neither.
    """
    if source == STDIN or is_remote(source) or Path(source).exists():
        return _report(source, _facts(source, seconds))
    return _examine_interface(source, seconds, opened)


def _examine_interface(name: str, seconds: float, opened: Callable[[], None]) -> int:
    if not is_interface(name):
        raise NetsigError(f"{name}: neither a capture nor an interface")
    known = list(findings_of(name))
    if any(finding.level == PROBLEM for finding in known):
        tell(known)
        return PROBLEMS
    ring, stats = Ring(name, RING_BYTES), Stats()
    ring.start()
    opened()
    facts = look(_packets(ring, stats, seconds), stats, Settings())
    facts.is_live = True
    return _report(name, facts, known)


def _packets(ring: Ring, stats: Stats, seconds: float) -> Iterator[Batch]:
    ends, interrupts = time.monotonic() + seconds, Interrupts()
    with interrupts.heeded():
        for item in Live([ring], stats).batches(
            lambda: interrupts.asked or time.monotonic() >= ends
        ):
            if isinstance(item, Batch):
                yield item


def _report(source: str, facts: Facts, known: Sequence[Finding] = ()) -> int:
    """Print what *facts* come to, behind what was *known* before."""
    found, fine = judge(facts)
    say(summary(source, facts))
    tell([*known, *found])
    if fine:
        say(f"\nIn order: {', '.join(fine)}.")
    if not facts.packets:
        return NOTHING_SEEN
    wrong = any(finding.level == PROBLEM for finding in (*known, *found))
    return PROBLEMS if wrong else HEALTHY


def _facts(source: str, seconds: float) -> Facts:
    whole = Path(source).is_file() or Path(source).is_dir()
    interrupts, stats = Interrupts(after=None if whole else seconds), Stats()
    with interrupts.heeded():
        batches = interrupts.until_asked(open_captures([source], stats))
        if not whole:
            batches = first_seconds(batches, seconds)
        facts = look(batches, stats, Settings())
    facts.is_live = is_remote(source)
    return facts


def summary(source: str, facts: Facts) -> str:
    """Say what was looked at."""
    spent = f"{facts.packets:,} packets, {facts.bytes:,} bytes, {facts.seconds:,.1f} s"
    found = f"{facts.events.total():,} events" if facts.events else "no events"
    return f"{source}: {spent}, {found}."


def tell(found: Iterable[Finding]) -> None:
    """Print each finding, with what to do about it."""
    for finding in found:
        say(f"\n{finding.level:<{len(_MARGIN)}}{finding.title}")
        for text in (finding.what, f"Fix: {finding.fix}"):
            say(textwrap.indent(textwrap.fill(text, WIDTH - len(_MARGIN)), _MARGIN))


def say(text: str) -> None:
    """Print *text*, of which a part may have come from a file's name or the wire."""
    for line in text.split("\n"):
        sys.stdout.write(f"{printable(line, 1000)}\n")
