"""A directory of tables that is written to for months.

Besides `<table>.jsonl` it holds closed files, `stats.json` and `state.json`. It is
written from the thread of a spool.
"""

from __future__ import annotations

import json
import os
import time
from collections.abc import Iterable
from pathlib import Path
from typing import Final

from sensor.config import Files
from sensor.sinks import state as states
from sensor.sinks.closed import Closed, next_name
from sensor.sinks.directory import STATE, STATS, stats_text
from sensor.sinks.lock import lock
from sensor.sinks.rowfile import RowFile
from sensor.sinks.state import Position, State
from sensor.sinks.whole import replace
from sensor.types import Stats

SYNC_SECONDS: Final = 1.0
STATS_SECONDS: Final = 10.0
CLOSED_SECONDS: Final = 3600.0
"Between two looks for files that have become too old."


class Tables:
    """The outlet of a spool: files of rows that rotate, and the state they are in.

    Counts `sinks.directory.torn_lines` and `.state_lost`. Raises NetsigError where
    another netsig writes to *path*, OSError where nobody can.
    """

    name = "directory"

    def __init__(
        self, path: Path, tables: Iterable[str], files: Files, stats: Stats
    ) -> None:
        path.mkdir(mode=0o700, parents=True, exist_ok=True)
        self._path = path
        self._stats = stats
        self._limits = files
        self._lock = lock(path)
        self.state = self._load()
        self._closed = Closed(path, files.keep_bytes, files.keep_seconds, stats)
        self._files = {table: self._open(table) for table in tables}
        self._due = {"sync": 0.0, "stats": 0.0, "closed": 0.0}
        self.reopening = False
        "Set to have every file opened anew, wherever its path leads now."
        self._closed.start()

    def write(self, table: str, data: memoryview) -> int:
        """Add from the front of *data* to the file of *table*."""
        return self._files[table].write(data)

    def note(self, notes: bytes) -> None:
        """Note how far captures were read: a line each of file, begin and packets."""
        for line in notes.splitlines():
            file, first_ns, packets = json.loads(line)
            states.remember(self.state.captures, file, Position(first_ns, packets))

    def tick(self) -> None:
        """Make what was written last, and do what is due."""
        if self.reopening:
            self.reopening = False
            for file in self._files.values():
                file.reopen()
        if self._is_due("sync", SYNC_SECONDS):
            self._settle()
        if self._is_due("stats", STATS_SECONDS):
            replace(self._path / STATS, stats_text(self._stats))
        if self._is_due("closed", CLOSED_SECONDS):
            self._closed.wake()

    def close(self) -> None:
        """Close the files, and write how it ended and where to go on."""
        self._closed.stop()
        for file in self._files.values():
            file.close()
        replace(self._path / STATS, stats_text(self._stats))
        states.save(self._path / STATE, self.state, ended=True)
        os.close(self._lock)

    def _load(self) -> State:
        known = states.load(self._path / STATE)
        self._stats.add("sinks.directory.state_lost", known is None)
        return known or State()

    def _open(self, table: str) -> RowFile:
        file = RowFile(self._path / f"{table}.jsonl")
        self._stats.add("sinks.directory.torn_lines", file.torn)
        self.state.opened.setdefault(table, time.time())
        return file

    def _is_due(self, what: str, seconds: float) -> bool:
        now = time.monotonic()
        if now < self._due[what]:
            return False
        self._due[what] = now + seconds
        return True

    def _settle(self) -> None:
        for table, file in self._files.items():
            file.sync()
            self._rotate(table, file)
        states.save(self._path / STATE, self.state)

    def _rotate(self, table: str, file: RowFile) -> None:
        """Close the file of *table* if it is full, or old by whatever clock."""
        now, size = time.time(), file.size
        age = abs(now - self.state.opened[table])
        if not size:
            self.state.opened[table] = now
            return
        due = size >= self._limits.rotate_bytes or age >= self._limits.rotate_seconds
        if due and file.move(next_name(self._path, table, now)):
            self.state.opened[table] = now
            self._closed.wake()
