"""One run of `netsig doctor`: a source of packets -> what is wrong -> exit status."""

from __future__ import annotations

import sys
import textwrap
from collections.abc import Iterable
from pathlib import Path
from typing import Final

from sensor.capture import open_captures
from sensor.capture.files import STDIN
from sensor.capture.remote import is_remote
from sensor.config import Settings
from sensor.doctor.checks import PROBLEM, Finding, judge
from sensor.doctor.facts import Facts
from sensor.doctor.interface import findings_of, is_interface
from sensor.doctor.look import first_seconds, look
from sensor.errors import NetsigError
from sensor.interrupts import Interrupts
from sensor.sinks.text import printable
from sensor.types import Stats

HEALTHY: Final = 0
PROBLEMS: Final = 1
NOTHING_SEEN: Final = 2
WIDTH: Final = 80
_MARGIN: Final = " " * (len(PROBLEM) + 2)


def examine(source: str, seconds: float) -> int:
    """Look at *source*, print what is wrong with it, and return the exit status.

    A file is read whole, what is live for so many *seconds*; Ctrl-C ends either, and
    what was seen is judged. Raises NetsigError for what is neither.
    """
    if not (source == STDIN or is_remote(source) or Path(source).exists()):
        return _examine_interface(source)
    facts = _facts(source, seconds)
    found, fine = judge(facts)
    say(summary(source, facts))
    tell(found)
    if fine:
        say(f"\nIn order: {', '.join(fine)}.")
    return _status(found) if facts.packets else NOTHING_SEEN


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


def _examine_interface(name: str) -> int:
    if not is_interface(name):
        raise NetsigError(f"{name}: neither a capture nor an interface")
    found = list(findings_of(name))
    say(
        f"{name}: {'something is' if found else 'nothing is'} wrong with the interface."
    )
    tell(found)
    say(f"\nOf its packets: tcpdump -i {name} -U -w - | netsig doctor -")
    return _status(found)


def _status(found: Iterable[Finding]) -> int:
    wrong = any(finding.level == PROBLEM for finding in found)
    return PROBLEMS if wrong else HEALTHY
