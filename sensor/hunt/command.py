"""What `netsig hunt` does: arguments -> output and exit status."""

from __future__ import annotations

import shutil
import sys
from collections.abc import Sequence
from datetime import datetime
from typing import Final

from sensor.errors import NetsigError
from sensor.hunt.engine import hunt
from sensor.hunt.library import list_queries, query_text
from sensor.hunt.render import render
from sensor.sinks.text import printable

_OK: Final = 0
_FAILED: Final = 2


def main_hunt(
    query: str | None,
    dirs: Sequence[str],
    list_: bool,
    fmt: str,
    geo: str | None,
    now: str | None = None,
) -> int:
    """Run a query by name or file on the tables in *dirs* and print what it finds.

    *fmt* is `table`, `json` or `csv`. The result goes to standard output, notes and
    errors to standard error. Returns 0, or 2 when the query or a directory is bad.
    """
    if list_:
        sys.stdout.write(list_queries())
        return _OK
    try:
        if query is None or not dirs:
            raise NetsigError("hunt needs a query and at least one directory")
        at = _moment(now) if now else None
        result = hunt(query_text(query), dirs, geo=geo, now=at)
    except NetsigError as error:
        _say(str(error))
        return _FAILED
    sys.stdout.write(render(result, fmt, _width()))
    sys.stdout.flush()
    for note in result.notes:
        _say(note)
    return _OK


def _moment(text: str) -> datetime:
    try:
        return datetime.fromisoformat(text)
    except ValueError:
        raise NetsigError(
            f"--now {text}: not a time such as 2024-05-01T12:00:00Z"
        ) from None


def _say(message: str) -> None:
    sys.stderr.write(f"netsig: {printable(message, 1000)}\n")


def _width() -> int | None:
    return shutil.get_terminal_size().columns if sys.stdout.isatty() else None
