"""Sinks for a sensor that runs for months: rows go through a spool."""

from __future__ import annotations

import io
from typing import Any, TextIO

from sensor.sinks.jsonl import envelope
from sensor.sinks.spool import Spool
from sensor.sinks.state import Position
from sensor.sinks.tables import Tables
from sensor.sinks.text import json_line
from sensor.types import Stats


class LiveDirectory:
    """Writes bare rows to the files of *tables*."""

    name = "directory"

    def __init__(self, tables: Tables, stats: Stats) -> None:
        self._tables = tables
        self.spool = Spool(tables, stats)

    def write(self, table: str, row: dict[str, object]) -> None:
        """Take one row of *table*, and note its number."""
        report = row.get("ReportId")
        if isinstance(report, int):
            self._tables.state.last_report = report
        self.spool.put(table, json_line(row).encode("ascii"))

    def note(self, file: str, position: Position) -> None:
        """Note that all rows of *file* up to *position* were given."""
        at = [file, position.first_ns, position.packets]
        self.spool.note(json_line(at).encode("ascii"))

    def reopen(self) -> None:
        """Have files opened anew that were moved away; safe amid a signal."""
        self._tables.reopening = True

    def close(self) -> None:
        """Write what waits."""
        self.spool.close()


class LiveLines:
    """Writes rows in Defender's envelope to *stream*.

    When its reader goes away that is told by BrokenPipeError if there is no other
    output (*alone*), and by `sinks.jsonl.dropped_rows` otherwise.
    """

    name = "jsonl"

    def __init__(self, stream: TextIO, stats: Stats, *, alone: bool) -> None:
        self._alone = alone
        self.spool = Spool(Lines(stream), stats)

    def write(self, table: str, row: dict[str, object]) -> None:
        """Take one row of *table*."""
        if self.spool.gone and self._alone:
            raise BrokenPipeError
        self.spool.put(table, json_line(envelope(table, row)).encode("ascii"))

    def close(self) -> None:
        """Write what waits."""
        self.spool.close()
        if self.spool.gone and self._alone:
            raise BrokenPipeError


class Lines:
    """The outlet of a spool: a text stream, written to below its buffers."""

    name = "jsonl"

    def __init__(self, stream: TextIO) -> None:
        stream.flush()
        self._stream = stream  # which closes the raw one when it is let go
        binary: Any = stream.buffer
        self._raw: io.RawIOBase = getattr(binary, "raw", binary)

    def write(self, _table: str, data: memoryview) -> int:
        """Write from the front of *data*."""
        written = self._raw.write(data)
        if not written:  # a pipe that does not block, and is full
            raise BlockingIOError
        return written

    def note(self, _notes: bytes) -> None:
        """Do nothing: no other run reads this."""

    def tick(self) -> None:
        """Do nothing: nothing is held back."""

    def close(self) -> None:
        """Do nothing: the stream stays with whoever opened it."""
