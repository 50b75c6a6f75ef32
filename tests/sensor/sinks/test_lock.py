from __future__ import annotations

import os
from pathlib import Path

import pytest

from sensor.errors import NetsigError
from sensor.sinks.lock import lock


def test_a_directory_is_kept_until_it_is_let_go(tmp_path: Path) -> None:
    held = lock(tmp_path)
    with pytest.raises(NetsigError, match=f"{tmp_path}: another netsig is writing"):
        lock(tmp_path)
    os.close(held)
    os.close(lock(tmp_path))


def test_it_leaves_no_file(tmp_path: Path) -> None:
    os.close(lock(tmp_path))

    assert list(tmp_path.iterdir()) == []
