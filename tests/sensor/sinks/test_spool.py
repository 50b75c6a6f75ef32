"""Nothing that an outlet does stops whoever puts lines, and nothing is lost untold."""

from __future__ import annotations

import errno
import threading
import time
from collections.abc import Callable

import pytest

from sensor.errors import NetsigError
from sensor.sinks import spool as module
from sensor.sinks.spool import Spool
from sensor.types import Stats

LINES = [b"row %d\n" % number for number in range(200)]


class Outlet:
    """Takes at most *takes* bytes at a time, and nothing while *error* is set."""

    name = "test"

    def __init__(self, takes: int = 1 << 20, error: OSError | None = None) -> None:
        self.takes, self.error = takes, error
        self.got: list[tuple[str, bytes]] = []
        self.open = threading.Event()
        self.open.set()
        self.ticks = 0
        self.closed = False

    def write(self, table: str, data: memoryview) -> int:
        self.open.wait(10)
        if self.error:
            raise self.error
        self.got.append((table, bytes(data[: self.takes])))
        return min(self.takes, len(data))

    def note(self, notes: bytes) -> None:
        self.got.append(("notes", notes))

    def tick(self) -> None:
        self.ticks += 1

    def close(self) -> None:
        self.closed = True

    @property
    def bytes(self) -> bytes:
        return b"".join(data for _, data in self.got)


@pytest.fixture(autouse=True)
def _often(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "TICK_SECONDS", 0.01)


def until(true: Callable[[], bool]) -> None:
    for _ in range(1000):
        if true():
            return
        time.sleep(0.005)
    raise AssertionError


def full() -> OSError:
    return OSError(errno.ENOSPC, "No space left on device")


@pytest.mark.parametrize("takes", [1, 7, 1 << 20])
def test_every_line_comes_out_whole_and_in_order(takes: int) -> None:
    stats, outlet = Stats(), Outlet(takes)
    spool = Spool(outlet, stats)
    for line in LINES:
        spool.put("A", line)
    spool.close()

    assert outlet.bytes == b"".join(LINES)
    assert outlet.closed
    assert stats.counts == {}


def test_lines_of_one_table_are_written_together_and_tables_keep_their_order() -> None:
    outlet = Outlet()
    outlet.open.clear()
    spool = Spool(outlet, Stats())
    spool.put("A", b"0\n")
    until(lambda: spool.waiting_bytes == 0)
    for table, line in (("A", b"1\n"), ("A", b"2\n"), ("B", b"3\n"), ("A", b"4\n")):
        spool.put(table, line)
    outlet.open.set()
    spool.close()

    assert outlet.got == [("A", b"0\n"), ("A", b"1\n2\n"), ("B", b"3\n"), ("A", b"4\n")]


def test_what_is_written_without_delay_needs_no_end() -> None:
    outlet = Outlet()
    spool = Spool(outlet, Stats())
    spool.put("A", b"now\n")

    until(lambda: outlet.bytes == b"now\n")
    spool.close()


def test_an_outlet_is_looked_after_while_nothing_comes() -> None:
    outlet = Outlet()
    spool = Spool(outlet, Stats())

    until(lambda: outlet.ticks > 3)
    spool.close()


def test_a_full_disk_is_waited_for() -> None:
    stats, outlet = Stats(), Outlet(error=full())
    spool = Spool(outlet, stats)
    for line in LINES:
        spool.put("A", line)
    until(lambda: stats.counts["sinks.test.failures"] > 2)
    outlet.error = None
    until(lambda: outlet.bytes == b"".join(LINES))
    spool.close()

    assert set(stats.counts) == {"sinks.test.failures"}


def test_a_disk_that_fills_amid_a_line_gets_its_rest_when_there_is_room() -> None:
    class Filling(Outlet):
        def write(self, table: str, data: memoryview) -> int:
            if len(self.got) == 1 and not self.error:
                self.error = full()
            return super().write(table, data)

    outlet = Filling(takes=10)
    stats = Stats()
    spool = Spool(outlet, stats)
    spool.put("A", b"a row of more than ten bytes\n")
    until(lambda: stats.counts["sinks.test.failures"] > 0)
    outlet.got.append(("", b""))
    outlet.error = None
    spool.close()

    assert outlet.bytes == b"a row of more than ten bytes\n"


def test_when_too_much_waits_the_oldest_goes_and_is_counted() -> None:
    stats, outlet = Stats(), Outlet(error=full())
    spool = Spool(outlet, stats, most_bytes=len(b"".join(LINES[-50:])))
    spool.put("A", b"begun\n")
    until(lambda: stats.counts["sinks.test.failures"] > 0)
    for line in LINES:
        spool.put("A", line)
    outlet.error = None
    spool.close()

    assert outlet.bytes == b"begun\n" + b"".join(LINES[-50:])
    assert stats.counts["sinks.test.dropped_rows"] == 150


def test_a_reader_that_stalls_holds_nobody_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "CLOSE_SECONDS", 0.05)
    stats, outlet = Stats(), Outlet()
    outlet.open.clear()
    spool = Spool(outlet, stats)
    spool.put("A", b"begun\n")
    until(lambda: spool.waiting_bytes == 0)
    for line in LINES:
        spool.put("A", line)
    spool.close()

    assert stats.counts == {"sinks.test.unwritten_rows": 1 + len(LINES)}
    outlet.open.set()


def test_what_is_left_at_the_end_is_counted() -> None:
    stats, outlet = Stats(), Outlet(error=full())
    spool = Spool(outlet, stats)
    for line in LINES:
        spool.put("A", line)
    spool.close()

    assert stats.counts["sinks.test.unwritten_rows"] == len(LINES)
    assert outlet.closed


def test_a_reader_that_went_away_is_not_waited_for() -> None:
    stats, outlet = Stats(), Outlet(error=BrokenPipeError())
    spool = Spool(outlet, stats)
    spool.put("A", b"1\n")
    until(lambda: spool.gone)
    spool.put("A", b"2\n")
    spool.close()

    assert stats.counts == {"sinks.test.dropped_rows": 2}
    assert spool.waiting_bytes == 0


def test_notes_are_taken_when_what_was_before_is_written_and_hold_nothing_up() -> None:
    outlet = Outlet(takes=3)
    outlet.open.clear()
    spool = Spool(outlet, Stats())
    spool.put("A", b"0\n")
    until(lambda: spool.waiting_bytes == 0)
    spool.note(b"0\n")
    spool.put("A", b"1\n")
    spool.note(b"1\n")
    spool.put("A", b"2\n")
    spool.put("B", b"3\n")
    spool.note(b"3\n")
    outlet.open.set()
    spool.close()

    assert outlet.got == [
        ("A", b"0\n"),
        ("A", b"1\n2"),
        ("A", b"\n"),
        ("notes", b"0\n1\n"),
        ("B", b"3\n"),
        ("notes", b"3\n"),
    ]


def test_notes_are_no_rows() -> None:
    stats, outlet = Stats(), Outlet(error=full())
    spool = Spool(outlet, stats, most_bytes=6)
    spool.put("A", b"begun\n")
    until(lambda: stats.counts["sinks.test.failures"] > 0)
    spool.note(b"1\n")
    spool.put("A", b"1\n")
    spool.note(b"1\n")
    spool.note(b"1\n")
    spool.put("A", b"2345\n")
    spool.close()

    assert stats.counts["sinks.test.dropped_rows"] == 1
    assert stats.counts["sinks.test.unwritten_rows"] == 2


@pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning")
def test_without_its_writer_nothing_goes_on_as_if_rows_were_written() -> None:
    class Broken(Outlet):
        def write(self, _table: str, _data: memoryview) -> int:
            raise KeyError

    spool = Spool(Broken(), Stats())
    spool.put("A", b"1\n")
    until(lambda: not spool._thread.is_alive())
    with pytest.raises(NetsigError, match="test: what writes the rows has died"):
        spool.put("A", b"2\n")
    spool.close()
