"""A directory with one file a table, each line the bare row, and stats.json."""

from __future__ import annotations

import dataclasses
import json
import os
from collections.abc import Iterable
from pathlib import Path
from typing import Final, TextIO

from sensor.errors import NetsigError
from sensor.sinks.lock import lock
from sensor.sinks.text import json_line
from sensor.sinks.whole import replace
from sensor.types import Stats

STATS: Final = "stats.json"
STATE: Final = "state.json"
"Stands in a directory that is written to for months, see tables.py."


class Directory:
    """Writes `<table>.jsonl` for each of *tables* into *path*, readable by the owner.

    Every file exists even when no row is ever written to it. What an earlier run wrote
    is replaced; NetsigError where that is not one pass, or another is writing there.
    """

    name = "directory"

    def __init__(self, path: Path, tables: Iterable[str], stats: Stats) -> None:
        path.mkdir(mode=0o700, parents=True, exist_ok=True)
        self._lock = lock(path)
        if (path / STATE).exists():
            os.close(self._lock)
            raise NetsigError(
                f"{path}: holds months of rows, which would be replaced: "
                "choose another directory, or add to them with --follow"
            )
        self._stats_path = path / STATS
        self._stats = stats
        self._files = {table: _private(path / f"{table}.jsonl") for table in tables}

    def write(self, table: str, row: dict[str, object]) -> None:
        """Write one row of *table*."""
        self._files[table].write(json_line(row))

    def close(self) -> None:
        """Close the tables and write stats.json."""
        for file in self._files.values():
            file.close()
        replace(self._stats_path, stats_text(self._stats))
        os.close(self._lock)


def stats_text(stats: Stats) -> str:
    """Return *stats* as JSON, its counters by name; another thread may be counting."""
    table = {
        "files": list(stats.files),
        "damaged": [dataclasses.asdict(damage) for damage in list(stats.damaged)],
        "counts": dict(sorted(dict(stats.counts).items())),
    }
    return json.dumps(table, indent=2) + "\n"


def _private(path: Path) -> TextIO:
    """Open *path* anew for its owner alone: rows name users and hosts."""
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    os.fchmod(handle, 0o600)
    return os.fdopen(handle, "w", encoding="ascii", newline="\n")
