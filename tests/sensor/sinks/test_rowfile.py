from __future__ import annotations

import os
import shutil
from pathlib import Path

import pytest

from sensor.sinks.rowfile import BLOCK_BYTES, RowFile, cut_torn_line


def add(file: RowFile, data: bytes) -> None:
    assert file.write(memoryview(data)) == len(data)


def test_what_was_there_is_added_to_and_belongs_to_its_owner(tmp_path: Path) -> None:
    path = tmp_path / "new" / "A.jsonl"
    for line in (b"1\n", b"2\n"):
        file = RowFile(path)
        add(file, line)
        file.close()

    assert path.read_bytes() == b"1\n2\n"
    assert path.stat().st_mode & 0o777 == 0o600
    assert path.parent.stat().st_mode & 0o777 == 0o700


def test_a_file_open_to_others_is_closed_to_them(tmp_path: Path) -> None:
    path = tmp_path / "A.jsonl"
    path.touch(0o644)
    path.chmod(0o644)
    RowFile(path).close()

    assert path.stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize(
    ("left", "kept"),
    [
        (b"", b""),
        (b"1\n", b"1\n"),
        (b'1\n{"a":', b"1\n"),
        (b'{"a":1}', b""),
        (b"1\n\0\0\0", b"1\n"),
        (b"1\n" + b"x" * (BLOCK_BYTES - 1), b"1\n"),
        (b"1\n" + b"x" * BLOCK_BYTES, b"1\n"),
        (b"1\n" + b"x" * (3 * BLOCK_BYTES + 5), b"1\n"),
        (b"x" * 2 * BLOCK_BYTES, b""),
    ],
)
def test_half_a_line_that_was_left_is_cut_off(
    tmp_path: Path, left: bytes, kept: bytes
) -> None:
    path = tmp_path / "A.jsonl"
    path.write_bytes(left)

    file = RowFile(path)
    assert file.torn == (left != kept)
    add(file, b"next\n")
    file.close()

    assert path.read_bytes() == kept + b"next\n"


def test_what_is_cut_is_told_in_bytes(tmp_path: Path) -> None:
    path = tmp_path / "A.jsonl"
    path.write_bytes(b"1\n234")
    handle = os.open(path, os.O_RDWR)

    assert cut_torn_line(handle) == 3
    assert cut_torn_line(handle) == 0
    os.close(handle)


def test_a_file_moved_away_is_made_anew(tmp_path: Path) -> None:
    path = tmp_path / "A.jsonl"
    file = RowFile(path)
    add(file, b"1\n")
    path.rename(tmp_path / "A.jsonl.1")
    add(file, b"2\n")
    path.unlink()
    add(file, b"3\n")
    shutil.rmtree(tmp_path)
    add(file, b"4\n")
    file.close()

    assert [p.name for p in tmp_path.iterdir()] == ["A.jsonl"]
    assert path.read_bytes() == b"4\n"


def test_a_line_is_ended_in_the_file_it_was_begun_in(tmp_path: Path) -> None:
    path, moved = tmp_path / "A.jsonl", tmp_path / "A.jsonl.1"
    file = RowFile(path)
    add(file, b"hal")
    path.rename(moved)
    assert not file.move(tmp_path / "B")
    add(file, b"f\n")
    add(file, b"next\n")
    file.close()

    assert moved.read_bytes() == b"half\n"
    assert path.read_bytes() == b"next\n"


def test_a_file_cut_to_nothing_by_copytruncate_goes_on_at_its_start(
    tmp_path: Path,
) -> None:
    path = tmp_path / "A.jsonl"
    file = RowFile(path)
    add(file, b"1\n")
    os.truncate(path, 0)
    add(file, b"2\n")
    file.close()

    assert path.read_bytes() == b"2\n"


def test_moving_begins_a_new_file(tmp_path: Path) -> None:
    path = tmp_path / "A.jsonl"
    file = RowFile(path)
    add(file, b"1\n")
    assert file.size == 2
    assert file.move(tmp_path / "closed")
    assert file.size == 0
    add(file, b"2\n")
    file.sync()
    file.close()

    assert (tmp_path / "closed").read_bytes() == b"1\n"
    assert path.read_bytes() == b"2\n"


def test_a_line_that_could_not_be_ended_is_taken_back_at_the_end(
    tmp_path: Path,
) -> None:
    path = tmp_path / "A.jsonl"
    file = RowFile(path)
    add(file, b"1\nhal")
    file.close()

    assert path.read_bytes() == b"1\n"
