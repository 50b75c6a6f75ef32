from __future__ import annotations

import gzip
import json
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from sensor.config import Files
from sensor.errors import NetsigError
from sensor.sinks import tables as module
from sensor.sinks.state import RESERVED_REPORTS, Position, State, load
from sensor.sinks.tables import Tables
from sensor.types import Stats

NAMES = ("A", "B")


@pytest.fixture(autouse=True)
def _at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("SYNC_SECONDS", "STATS_SECONDS"):
        monkeypatch.setattr(module, name, 0.0)


def opened(
    folder: Path, files: Files | None = None, stats: Stats | None = None
) -> Tables:
    return Tables(folder, NAMES, files or Files(), stats or Stats())


def write(tables: Tables, table: str, data: bytes) -> None:
    assert tables.write(table, memoryview(data)) == len(data)


def until(true: Callable[[], object]) -> None:
    for _ in range(1000):
        if true():
            return
        time.sleep(0.005)
    raise AssertionError


def closed(folder: Path, pattern: str = "*.*.*.jsonl*") -> list[Path]:
    return sorted(folder.glob(pattern))


def test_a_directory_of_files_for_the_owner_alone(tmp_path: Path) -> None:
    folder = tmp_path / "new" / "rows"
    tables = opened(folder)
    write(tables, "A", b"1\n")
    tables.close()

    modes = {path.name: path.stat().st_mode & 0o777 for path in folder.iterdir()}
    assert modes == dict.fromkeys(
        ("A.jsonl", "B.jsonl", "stats.json", "state.json"), 0o600
    )
    assert folder.stat().st_mode & 0o777 == 0o700
    assert (folder / "A.jsonl").read_bytes() == b"1\n"


def test_another_run_adds_to_what_is_there(tmp_path: Path) -> None:
    for line in (b"1\n", b"2\n"):
        tables = opened(tmp_path)
        write(tables, "A", line)
        tables.close()

    assert (tmp_path / "A.jsonl").read_bytes() == b"1\n2\n"


def test_only_one_may_write_to_a_directory(tmp_path: Path) -> None:
    first = opened(tmp_path)
    code = (
        "import pathlib, sys; from sensor.sinks.lock import lock;"
        "lock(pathlib.Path(sys.argv[1]))"
    )
    other = subprocess.run(
        [sys.executable, "-c", code, str(tmp_path)],
        capture_output=True,
        text=True,
        cwd=Path(__file__).resolve().parents[3],
    )
    assert f"NetsigError: {tmp_path}: another netsig is writing there" in other.stderr
    with pytest.raises(NetsigError, match="another netsig"):
        opened(tmp_path)
    first.close()
    opened(tmp_path).close()


def test_a_torn_line_is_cut_off_and_counted(tmp_path: Path) -> None:
    (tmp_path / "A.jsonl").write_bytes(b'1\n{"a"')
    stats = Stats()
    opened(tmp_path, stats=stats).close()

    assert (tmp_path / "A.jsonl").read_bytes() == b"1\n"
    assert stats.counts == {"sinks.directory.torn_lines": 1}
    assert json.loads((tmp_path / "stats.json").read_text())["counts"] == stats.counts


def test_a_full_file_is_closed_and_packed(tmp_path: Path) -> None:
    tables = opened(tmp_path, Files(rotate_mb=0.00001))
    write(tables, "A", b"12345678\n")
    tables.tick()
    assert closed(tmp_path) == []
    write(tables, "A", b"9\n")
    tables.tick()
    write(tables, "A", b"new\n")
    until(lambda: closed(tmp_path, "A.*.gz"))
    tables.close()

    [packed] = closed(tmp_path, "A.00000001.*.jsonl.gz")
    assert gzip.decompress(packed.read_bytes()) == b"12345678\n9\n"
    assert (tmp_path / "A.jsonl").read_bytes() == b"new\n"
    assert closed(tmp_path, "B.*.*.jsonl*") == []


@pytest.mark.parametrize("clock", [3601.0, -3601.0])
def test_an_old_file_is_closed_whichever_way_the_clock_went(
    tmp_path: Path, clock: float, monkeypatch: pytest.MonkeyPatch
) -> None:
    tables = opened(tmp_path, Files(rotate_hours=1))
    write(tables, "A", b"1\n")
    tables.tick()
    assert closed(tmp_path) == []
    real = time.time
    monkeypatch.setattr(module.time, "time", lambda: real() + clock)
    tables.tick()
    tables.tick()

    until(lambda: closed(tmp_path, "*.gz"))
    tables.close()
    assert len(closed(tmp_path)) == 1  # B is empty, and A was closed once


def test_a_file_ages_over_restarts(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    tables = opened(tmp_path)
    write(tables, "A", b"1\n")
    tables.close()
    real = time.time
    monkeypatch.setattr(module.time, "time", lambda: real() + 25 * 3600)
    tables = opened(tmp_path)
    tables.tick()
    until(lambda: closed(tmp_path, "*.gz"))
    tables.close()


def test_moved_files_are_opened_anew_when_told(tmp_path: Path) -> None:
    tables = opened(tmp_path)
    write(tables, "A", b"1\n")
    (tmp_path / "A.jsonl").rename(tmp_path / "A.jsonl.1")
    tables.reopening = True
    tables.tick()

    assert (tmp_path / "A.jsonl").read_bytes() == b""
    tables.close()


def test_stats_are_kept_up_to_date(tmp_path: Path) -> None:
    stats = Stats()
    tables = opened(tmp_path, stats=stats)
    for count in (1, 2):
        stats.add("capture.packets")
        tables.tick()
        told = json.loads((tmp_path / "stats.json").read_text())
        assert told["counts"] == {"capture.packets": count}
    tables.close()


def test_notes_say_how_far_captures_were_read(tmp_path: Path) -> None:
    tables = opened(tmp_path)
    tables.note(b'["a.pcap",5,10]\n["b.pcap",6,1]\n["a.pcap",5,11]\n')
    tables.state.last_report = 7
    tables.tick()
    running = load(tmp_path / "state.json")
    tables.close()
    ended = load(tmp_path / "state.json")

    assert running is not None
    assert ended is not None
    assert running.last_report == 7 + RESERVED_REPORTS
    assert ended.last_report == 7
    captures = {"b.pcap": Position(6, 1), "a.pcap": Position(5, 11)}
    assert running.captures == ended.captures == captures


def test_a_damaged_state_is_done_without_and_counted(tmp_path: Path) -> None:
    (tmp_path / "state.json").write_text('{"last_rep')
    stats = Stats()
    tables = opened(tmp_path, stats=stats)

    assert (tables.state.last_report, tables.state.captures) == (
        State().last_report,
        State().captures,
    )
    assert stats.counts == {"sinks.directory.state_lost": 1}
    tables.close()
