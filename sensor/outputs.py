"""Where rows go: the sinks of one pass over captures; `lasting.py` has the others."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field
from pathlib import Path

from sensor.errors import NetsigError
from sensor.schema.columns import COLUMNS
from sensor.sinks.console import Summary
from sensor.sinks.directory import Directory
from sensor.sinks.jsonl import JsonLines
from sensor.sinks.state import Captures, Position
from sensor.types import Sink, Stats


@dataclass(frozen=True, slots=True)
class Output:
    """Where rows go; without `json` and `directory`, a summary for a person."""

    json: bool = False
    directory: Path | None = None


@dataclass(frozen=True, slots=True)
class Outputs:
    """Sinks that are open, and what an earlier run knew."""

    sinks: list[Sink]
    last_report: int = 0
    captures: Captures = field(default_factory=dict)
    note: Callable[[str, Position], None] = lambda _file, _position: None
    "Takes how far a capture was read."
    reopen: Callable[[], None] = lambda: None
    "Have files opened anew that were moved away; safe amid a signal."
    attended: Callable[[], AbstractContextManager[object]] = nullcontext
    "Tells others how it goes, for as long as rows are written."


def once(output: Output, stats: Stats) -> Outputs:
    """Open *output* for one pass; what an earlier one wrote is replaced."""
    return Outputs(list(_sinks(output, stats)))


def unusable(error: OSError) -> NetsigError:
    """Say which output cannot be written to, and why."""
    return NetsigError(f"{error.filename or 'output'}: {error.strerror or error}")


def _sinks(output: Output, stats: Stats) -> Iterator[Sink]:
    if output.directory:
        yield Directory(output.directory, COLUMNS, stats)
    if output.json:
        yield JsonLines(sys.stdout)
    if output == Output():
        yield Summary(sys.stdout, stats)
