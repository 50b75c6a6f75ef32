from __future__ import annotations

import os
from pathlib import Path

import pytest

from sensor.sinks.whole import replace


def test_what_was_there_is_replaced_and_belongs_to_its_owner(tmp_path: Path) -> None:
    path = tmp_path / "stats.json"
    path.write_text("old")
    path.chmod(0o644)
    replace(path, "new\n")

    assert path.read_bytes() == b"new\n"
    assert path.stat().st_mode & 0o777 == 0o600
    assert [p.name for p in tmp_path.iterdir()] == ["stats.json"]


def test_whoever_has_the_old_one_open_keeps_it_whole(tmp_path: Path) -> None:
    path = tmp_path / "stats.json"
    replace(path, "old\n")
    with path.open() as reader:
        replace(path, "new\n")
        assert reader.read() == "old\n"


def test_without_room_the_old_one_stays(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "stats.json"
    replace(path, "old\n")

    def full(_: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OSError, match="No space left"):
        replace(path, "new\n")

    assert path.read_text() == "old\n"
    assert [p.name for p in tmp_path.iterdir()] == ["stats.json"]
