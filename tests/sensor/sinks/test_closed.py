from __future__ import annotations

import gzip
import os
import threading
from pathlib import Path

import pytest

from sensor.sinks import closed as module
from sensor.sinks.closed import (
    Clock,
    Closed,
    closed_files,
    expired,
    next_name,
    pack,
    tidy,
)
from sensor.types import Stats

DAY = 86_400.0
FIRST = "A.00000001.20260302T100000Z.jsonl"
AT = 1_772_445_600.0
"2026-03-02T10:00:00Z."


def put(folder: Path, name: str, size: int = 1, written: float = AT) -> Path:
    path = folder / name
    path.write_bytes(b"x" * size)
    os.utime(path, (written, written))
    return path


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def test_names_count_on_whatever_the_clock_says(tmp_path: Path) -> None:
    assert next_name(tmp_path, "A", AT).name == FIRST
    put(tmp_path, FIRST)
    put(tmp_path, "B.00000009.20260302T100000Z.jsonl.gz")
    later = next_name(tmp_path, "A", AT - 3600)

    assert later.name == "A.00000010.20260302T090000Z.jsonl"


def test_only_files_of_ours_are_closed_files(tmp_path: Path) -> None:
    for name in ("A.jsonl", "A.jsonl.1", "A.1.gz", "stats.json", f".{FIRST}.new", "x"):
        put(tmp_path, name)
    put(tmp_path, FIRST)

    assert [file.path.name for file in closed_files(tmp_path)] == [FIRST]


def test_a_packed_file_holds_the_same_rows_for_its_owner_alone(tmp_path: Path) -> None:
    path = tmp_path / FIRST
    path.write_bytes(b'{"a":1}\n' * 5000)
    path.chmod(0o600)
    os.utime(path, (AT, AT))
    pack(path)

    packed = tmp_path / f"{FIRST}.gz"
    assert names(tmp_path) == [packed.name]
    assert gzip.decompress(packed.read_bytes()) == b'{"a":1}\n' * 5000
    assert packed.stat().st_mode & 0o777 == 0o600
    assert packed.stat().st_mtime == AT


def test_without_room_to_pack_the_rows_stay(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(_: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    path = put(tmp_path, FIRST)
    with pytest.raises(OSError, match="No space"):
        pack(path)

    assert names(tmp_path) == [FIRST]


def test_what_a_kill_left_half_packed_is_removed(tmp_path: Path) -> None:
    put(tmp_path, FIRST)
    put(tmp_path, f".{FIRST}.new")
    second = FIRST.replace("1", "2", 1)
    put(tmp_path, second)
    put(tmp_path, f"{second}.gz")
    tidy(tmp_path)

    assert names(tmp_path) == [FIRST, f"{second}.gz"]


@pytest.mark.parametrize(
    ("most_bytes", "oldest", "gone"),
    [
        (60, 0.0, []),
        (59, 0.0, [1]),
        (30, 0.0, [1, 2, 3]),
        (0, 0.0, [1, 2, 3, 4]),
        (60, AT + 2, [1]),
        (60, AT + 9, [1, 2, 3, 4]),
    ],
)
def test_the_oldest_goes_by_size_and_by_age(
    tmp_path: Path, most_bytes: int, oldest: float, gone: list[int]
) -> None:
    for number, size in ((1, 10), (2, 10), (3, 20), (4, 20)):
        name = f"A.{number:08d}.20260302T100000Z.jsonl"
        put(tmp_path, name, size, AT + number)

    out = expired(tmp_path, most_bytes, oldest)
    assert sorted(int(path.name.split(".")[1]) for path in out) == gone


class Hands:
    """The hands of two clocks."""

    def __init__(self) -> None:
        self.wall, self.steady = AT, 50.0

    def clock(self) -> Clock:
        return Clock(lambda: self.wall, lambda: self.steady)

    def wait(self, seconds: float) -> None:
        self.wall += seconds
        self.steady += seconds


def test_a_clock_that_goes_on_is_trusted() -> None:
    hands = Hands()
    clock = hands.clock()
    hands.wait(30 * DAY)
    hands.wall += 50  # trimmed by less than a minute, over a month

    assert clock.oldest(DAY) == AT + 29 * DAY + 50
    assert clock.steps == 0


@pytest.mark.parametrize("step", [3600.0, -3600.0, 365 * DAY])
def test_for_a_day_after_the_clock_is_stepped_nothing_is_too_old(step: float) -> None:
    hands = Hands()
    clock = hands.clock()
    hands.wall += step

    assert clock.oldest(DAY) == 0
    hands.wait(DAY - 1)
    assert clock.oldest(DAY) == 0
    hands.wait(1)
    assert clock.oldest(DAY) == AT + step
    assert clock.steps == 1


def test_a_turn_deletes_packs_and_counts(tmp_path: Path) -> None:
    stats = Stats()
    for name in (FIRST, FIRST.replace("1", "2", 1)):
        (tmp_path / name).write_bytes(os.urandom(100))  # packed, it stays as large
    Closed(tmp_path, 250, 1e12, stats).turn()

    assert names(tmp_path) == [FIRST.replace("1", "2", 1) + ".gz"]
    assert stats.counts == {"sinks.closed.deleted_files": 1}


def test_a_turn_that_fails_is_counted_and_another_one_can_do(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(_: int) -> None:
        raise OSError(28, "No space left on device")

    stats = Stats()
    put(tmp_path, FIRST)
    closed = Closed(tmp_path, 1 << 30, 1e12, stats)
    with monkeypatch.context() as patch:
        patch.setattr(os, "fsync", full)
        closed.turn()
    assert names(tmp_path) == [FIRST]
    closed.turn()

    assert names(tmp_path) == [f"{FIRST}.gz"]
    assert stats.counts == {"sinks.closed.failures": 1}


def test_without_room_to_pack_what_is_old_is_deleted_all_the_same(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(_: int) -> None:
        raise OSError(28, "No space left on device")

    put(tmp_path, FIRST, 100)
    put(tmp_path, FIRST.replace("1", "2", 1), 100)
    monkeypatch.setattr(os, "fsync", full)
    Closed(tmp_path, 150, 1e12, Stats()).turn()

    assert names(tmp_path) == [FIRST.replace("1", "2", 1)]


def test_a_clock_that_was_stepped_deletes_nothing_and_is_counted(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    hands, stats = Hands(), Stats()
    monkeypatch.setattr(module, "Clock", hands.clock)
    put(tmp_path, f"{FIRST}.gz")
    closed = Closed(tmp_path, 1 << 30, DAY, stats)
    hands.wall += 365 * DAY
    closed.turn()
    closed.turn()

    assert names(tmp_path) == [f"{FIRST}.gz"]
    assert stats.counts == {"sinks.closed.clock_steps": 1}
    hands.wait(DAY)
    closed.turn()
    assert names(tmp_path) == []


def test_the_thread_works_when_it_is_woken_and_ends_when_told(tmp_path: Path) -> None:
    turned = threading.Event()
    closed = Closed(tmp_path, 1 << 30, DAY, Stats())
    closed.turn = turned.set  # type: ignore[method-assign]
    closed.start()
    closed.wake()
    assert turned.wait(10)
    closed.stop()

    [thread] = [t for t in threading.enumerate() if t.name == "netsig-closed"] or [None]
    if thread:
        thread.join(10)
        assert not thread.is_alive()
