"""A hunt's result as text: a table for people, JSON lines and CSV for programs.

What was on the wire is hostile: nothing here lets it move a cursor, open a markup tag
or become a spreadsheet's formula.
"""

from __future__ import annotations

import csv
import io
import json
import math
import sys
from collections.abc import Callable
from datetime import datetime
from typing import Final

from sensor.hunt.engine import Result
from sensor.hunt.places import counted
from sensor.sinks.text import json_line, printable

# what Excel, LibreOffice and Sheets take for the start of a formula, and the full-width
# forms that some locales fold into it (OWASP, CSV Injection)
_FORMULA: Final = tuple("=+-@\uff1d\uff0b\uff0d\uff20")

_WIDE: Final = 10_000
"Columns of a table that is not shown on a terminal; nothing is folded."


def render(result: Result, fmt: str, width: int | None = None) -> str:
    """Return *result* as `table` (*width* characters wide), `json` lines or `csv`."""
    if fmt == "table":
        return _table(result, width or _WIDE)
    return RENDERERS[fmt](result)


def _table(result: Result, width: int) -> str:
    from rich import box
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    table = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    for name in result.columns:
        table.add_column(Text(_visible(name)), overflow="fold")
    for row in result.rows:
        table.add_row(*(Text(_visible(_shown(value))) for value in row))
    out = io.StringIO()
    console = Console(file=out, width=width, color_system=None)
    if result.columns and result.rows:
        console.print(table)
    lines = [line.rstrip() for line in out.getvalue().splitlines()]
    return "\n".join([*lines, counted(len(result.rows), "row"), ""])


def _json_lines(result: Result) -> str:
    lines = (
        json_line(dict(zip(result.columns, map(_plain, row), strict=True)))
        for row in result.rows
    )
    return "".join(lines)


def _csv(result: Result) -> str:
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(_cell(name) for name in result.columns)
    writer.writerows([_cell(value) for value in row] for row in result.rows)
    return out.getvalue()


RENDERERS: Final[dict[str, Callable[[Result], str]]] = {
    "json": _json_lines,
    "csv": _csv,
}


def _plain(value: object) -> object:
    """Return *value* as something JSON has."""
    if isinstance(value, datetime):
        return f"{value.isoformat()}Z"
    if isinstance(value, float) and not math.isfinite(value):
        return None
    if value is None or isinstance(value, str | int | float | list | dict):
        return value
    return str(value)


def _shown(value: object) -> str:
    plain = _plain(value)
    if plain is None:
        return ""
    return plain if isinstance(plain, str) else json.dumps(plain, ensure_ascii=False)


def _visible(text: str) -> str:
    return printable(text, sys.maxsize)


def _cell(value: object) -> str | int | float:
    """Return *value* as a CSV cell; numbers stay numbers, text never a formula."""
    if isinstance(value, int | float) and not isinstance(value, bool):
        return value
    text = _visible(_shown(value))
    return f"'{text}" if text.lstrip().startswith(_FORMULA) else text
