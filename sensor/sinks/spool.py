"""Rows that wait for a disk or a reader, so that capture never does.

A thread of its own writes what waits. An outlet that fails is tried again; when too
much waits, the oldest rows are dropped and counted.
"""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable
from typing import Final, Protocol

from sensor.errors import NetsigError
from sensor.limits import CLOSE_SECONDS, SPOOL_BYTES, SPOOL_PIECE_BYTES
from sensor.types import Stats

TICK_SECONDS: Final = 1.0
"Between two looks at an outlet that has nothing to write, or failed."


_NOTE: Final = ""
"The table of lines that are notes."


class Outlet(Protocol):
    """What a spool writes to, from its own thread."""

    name: str

    def write(self, table: str, data: memoryview) -> int:
        """Write from the front of *data* and return how many bytes were taken.

        The next call has the rest. Raises OSError where nothing could be written, and
        BrokenPipeError where nothing ever will be.
        """
        ...

    def note(self, notes: bytes) -> None:
        """Take note that all is written which was put before these lines."""
        ...

    def tick(self) -> None:
        """Do what is due; called between two pieces, at least every TICK_SECONDS."""
        ...

    def close(self) -> None:
        """Let go of what is open."""
        ...


class Spool:
    """Takes lines at once, and writes them to *outlet* in the order they came.

    Counts `sinks.<outlet>.dropped_rows`, `.unwritten_rows` (at the end) and
    `.failures`.
    """

    def __init__(
        self, outlet: Outlet, stats: Stats, most_bytes: int = SPOOL_BYTES
    ) -> None:
        self.gone = False
        "Whether the outlet's reader went away for good."
        self._outlet = outlet
        self._stats = stats
        self._most = most_bytes
        self._lines: deque[tuple[str, bytes]] = deque()
        self._bytes = 0
        self._begun: tuple[str, memoryview] | None = None
        self._notes: list[bytes] = []
        "Those to be taken when what is begun is written."
        self._closing = False
        self._changed = threading.Condition()
        self._thread = threading.Thread(
            target=self._work, name=f"netsig-{outlet.name}", daemon=True
        )
        self._thread.start()

    @property
    def waiting_bytes(self) -> int:
        """Bytes that were taken and not yet begun to be written."""
        return self._bytes

    def put(self, table: str, line: bytes) -> None:
        """Take one line of *table*; of what waits the oldest goes if room is short.

        Raises NetsigError if what writes it has died: better to end, and to be started
        again, than to go on for months without an output.
        """
        if not (self._thread.is_alive() or self._closing):
            raise NetsigError(f"{self._outlet.name}: what writes the rows has died")
        with self._changed:
            self._lines.append((table, line))
            self._bytes += len(line)
            while self._bytes > self._most or (self.gone and self._lines):
                table, line = self._lines.popleft()
                self._bytes -= len(line)
                self._count("dropped_rows", table != _NOTE)
            self._changed.notify()

    def note(self, line: bytes) -> None:
        """Tell the outlet *line* once all that was put before is written."""
        self.put(_NOTE, line)

    def close(self) -> None:
        """Write what waits, for CLOSE_SECONDS at most; count what is left."""
        with self._changed:
            self._closing = True
            self._changed.notify()
        self._thread.join(CLOSE_SECONDS)
        if self._thread.is_alive():
            self._count("unwritten_rows", self._rows_left())

    def _work(self) -> None:
        while not self._closing:
            self._await_lines()
            if not self._round():
                self._pause()
        while self._lines or self._begun or self._notes:
            if not self._round():
                break
        self._count("unwritten_rows", self._rows_left())
        self._guarded(self._outlet.close)

    def _await_lines(self) -> None:
        with self._changed:
            if not (self._lines or self._begun or self._closing):
                self._changed.wait(TICK_SECONDS)

    def _round(self) -> bool:
        """Write a piece and let the outlet do what is due; False: it took nothing."""
        written = self._guarded(self._write_piece)
        self._guarded(self._outlet.tick)
        return written

    def _guarded(self, act: Callable[[], None]) -> bool:
        """Do what may fail without an end to everything, and count the failure."""
        try:
            act()
        except BrokenPipeError:
            self._give_up()
        except OSError:
            self._count("failures")
            return False
        return True

    def _give_up(self) -> None:
        with self._changed:
            self.gone = True
            self._count("dropped_rows", self._rows_left())
            self._begun, self._bytes = None, 0
            self._lines.clear()
            self._notes.clear()

    def _pause(self) -> None:
        with self._changed:
            self._changed.wait_for(lambda: self._closing, TICK_SECONDS)

    def _write_piece(self) -> None:
        if not self._begun:
            self._take()
        if self._begun:
            table, data = self._begun
            rest = data[self._outlet.write(table, data) :]
            self._begun = (table, rest) if rest else None
        if self._notes and not self._begun:
            self._outlet.note(b"".join(self._notes))
            self._notes.clear()

    def _take(self) -> None:
        """Begin the next lines, as many of one table as follow one another.

        Notes between them wait until all of these are written, so that few and large
        pieces are: a thread that writes gets its turn but 200 times a second when
        another computes.
        """
        lines: list[bytes] = []
        table, size = _NOTE, 0
        with self._changed:
            while self._lines and size < SPOOL_PIECE_BYTES:
                kind, line = self._lines[0]
                if kind not in (table, _NOTE) and table != _NOTE:
                    break
                self._lines.popleft()
                self._bytes -= len(line)
                if kind == _NOTE:
                    self._notes.append(line)
                    continue
                table, size = kind, size + len(line)
                lines.append(line)
        if lines:
            self._begun = table, memoryview(b"".join(lines))

    def _rows_left(self) -> int:
        begun = bytes(self._begun[1]).count(b"\n") if self._begun else 0
        return begun + sum(table != _NOTE for table, _ in self._lines)

    def _count(self, what: str, count: int = 1) -> None:
        self._stats.add(f"sinks.{self._outlet.name}.{what}", count)
