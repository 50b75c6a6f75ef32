from __future__ import annotations

import gzip
import io
import json
import os
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from sensor.config import Files
from sensor.sinks import tables
from sensor.sinks.closed import closed_files
from sensor.sinks.live import Lines, LiveDirectory, LiveLines
from sensor.sinks.state import Position, load
from sensor.sinks.tables import Tables
from sensor.types import Stats

ROW = {"Timestamp": "2026-03-02T10:00:00.0000000Z", "ReportId": 7}


def until(true: Callable[[], object]) -> None:
    for _ in range(1000):
        if true():
            return
        time.sleep(0.005)
    raise AssertionError


def directory(folder: Path) -> LiveDirectory:
    stats = Stats()
    return LiveDirectory(Tables(folder, ("A",), Files(), stats), stats)


def test_rows_are_on_disk_at_once(tmp_path: Path) -> None:
    sink = directory(tmp_path)
    sink.write("A", {"Title": "\u00e9"})

    until((tmp_path / "A.jsonl").read_bytes)
    assert (tmp_path / "A.jsonl").read_bytes() == b'{"Title":"\\u00e9"}\n'
    sink.close()


def test_what_the_next_run_must_know_is_kept(tmp_path: Path) -> None:
    sink = directory(tmp_path)
    sink.write("A", dict(ROW))
    sink.write("A", {"Title": "an alert has no number"})
    sink.note("a\n.pcap", Position(5, 9))
    sink.close()

    state = load(tmp_path / "state.json")
    assert state is not None
    assert (state.last_report, state.captures) == (7, {"a\n.pcap": Position(5, 9)})


def test_rotation_loses_nothing_and_doubles_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tables, "SYNC_SECONDS", 0.0)
    stats, files = Stats(), Files(rotate_mb=0.005)
    sink = LiveDirectory(Tables(tmp_path, ("A",), files, stats), stats)
    for number in range(20_000):
        sink.write("A", {"Number": number})
        if number % 500 == 0:
            time.sleep(0.002)
    sink.close()

    closed = closed_files(tmp_path)
    texts = [
        gzip.decompress(f.path.read_bytes()) if f.packed else f.path.read_bytes()
        for f in closed
    ]
    texts.append((tmp_path / "A.jsonl").read_bytes())
    numbers = [json.loads(line)["Number"] for line in b"".join(texts).splitlines()]
    assert len(closed) > 3
    assert numbers == list(range(20_000))
    assert stats.counts == {}


def test_a_moved_file_is_opened_anew(tmp_path: Path) -> None:
    sink = directory(tmp_path)
    (tmp_path / "A.jsonl").rename(tmp_path / "A.jsonl.1")
    sink.reopen()

    until((tmp_path / "A.jsonl").exists)
    sink.close()


def test_lines_have_the_envelope_and_are_shown_at_once() -> None:
    raw = io.BytesIO()
    sink = LiveLines(io.TextIOWrapper(raw), Stats(), alone=True)
    sink.write("A", dict(ROW))

    until(raw.getvalue)
    assert json.loads(raw.getvalue()) == {
        "time": ROW["Timestamp"],
        "operationName": "Publish",
        "category": "AdvancedHunting-A",
        "properties": ROW,
    }
    sink.close()


@pytest.fixture
def broken() -> Callable[[], io.TextIOWrapper]:
    def pipe() -> io.TextIOWrapper:
        out, gone = os.pipe()
        os.close(out)
        return open(gone, "w")  # noqa: PTH123

    return pipe


def test_a_reader_that_went_away_is_told_if_there_is_no_other(
    broken: Callable[[], io.TextIOWrapper],
) -> None:
    sink = LiveLines(broken(), Stats(), alone=True)
    sink.write("A", dict(ROW))
    until(lambda: sink.spool.gone)

    with pytest.raises(BrokenPipeError):
        sink.write("A", dict(ROW))
    with pytest.raises(BrokenPipeError):
        sink.close()


def test_a_reader_that_went_away_is_done_without_if_there_is_another_output(
    broken: Callable[[], io.TextIOWrapper],
) -> None:
    stats = Stats()
    sink = LiveLines(broken(), stats, alone=False)
    sink.write("A", dict(ROW))
    until(lambda: sink.spool.gone)
    sink.write("A", dict(ROW))
    sink.close()

    assert stats.counts == {"sinks.jsonl.dropped_rows": 2}


def test_a_full_disk_behind_standard_output_is_counted() -> None:
    stats = Stats()
    with open("/dev/full", "w") as full:  # noqa: PTH123
        sink = LiveLines(full, stats, alone=True)
        sink.write("A", dict(ROW))
        until(lambda: stats.counts["sinks.jsonl.failures"])
        sink.close()

    assert stats.counts["sinks.jsonl.unwritten_rows"] == 1


def test_a_pipe_that_does_not_block_and_is_full_is_a_failure_to_try_again() -> None:
    reader, writer = os.pipe()
    os.set_blocking(writer, False)
    with open(writer, "w") as stream:  # noqa: PTH123
        lines = Lines(stream)
        data = memoryview(b"x" * (1 << 20))
        assert 0 < lines.write("A", data) < len(data)
        with pytest.raises(BlockingIOError):
            lines.write("A", data)
    os.close(reader)
