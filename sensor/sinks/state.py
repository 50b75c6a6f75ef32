"""What the next run must know, so that it goes on where this one ended."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Final

from sensor.limits import KNOWN_CAPTURES
from sensor.sinks.whole import replace

RESERVED_REPORTS: Final = 1_000_000
"ReportIds that may be given between two savings; a run that crashed gives none twice."


@dataclass(frozen=True, slots=True)
class Position:
    """How far a capture was read; its first packet tells it from another."""

    first_ns: int
    packets: int


Captures = dict[str, Position]
"Positions by the name the user gave, the one met last at the end."


@dataclass(slots=True)
class State:
    """What is remembered; it stays this small."""

    last_report: int = 0
    "The last ReportId that was given, or reserved by a run that did not end well."
    captures: Captures = field(default_factory=dict)
    opened: dict[str, float] = field(default_factory=dict)
    "When each table's file was begun, in seconds since 1970."


def load(path: Path) -> State | None:
    """Read the state at *path*: a new one if there is none, None if it is damaged."""
    try:
        return _state(json.loads(path.read_text("utf-8")))
    except FileNotFoundError:
        return State()
    except (ValueError, TypeError, KeyError, AttributeError):
        return None


def save(path: Path, state: State, *, ended: bool = False) -> None:
    """Write *state* to *path*; until a run has *ended*, with ids in reserve.

    Raises OSError.
    """
    table = asdict(state)
    table["last_report"] += 0 if ended else RESERVED_REPORTS
    replace(path, json.dumps(table, indent=2) + "\n")


def remember(captures: Captures, file: str, position: Position) -> None:
    """Note how far *file* was read; beyond KNOWN_CAPTURES the earliest is forgotten."""
    captures.pop(file, None)
    captures[file] = position
    if len(captures) > KNOWN_CAPTURES:
        del captures[next(iter(captures))]


def _state(told: dict[str, Any]) -> State:
    return State(
        last_report=int(told["last_report"]),
        captures={
            str(name): Position(int(at["first_ns"]), int(at["packets"]))
            for name, at in told["captures"].items()
        },
        opened={str(name): float(at) for name, at in told["opened"].items()},
    )
