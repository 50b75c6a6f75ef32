from __future__ import annotations

from pathlib import Path

import pytest

from sensor.doctor.checks import PROBLEM, Finding
from sensor.doctor.examine import examine, tell
from sensor.errors import NetsigError
from tests.support.feeds import PCAPS


def test_a_capture_that_is_in_order(capsys: pytest.CaptureFixture[str]) -> None:
    path = str(PCAPS / "leak-to-public.pcap")

    assert examine(path, 10) == 0
    told = capsys.readouterr().out
    assert told.startswith(f"{path}: 14 packets, 2,262 bytes, ")
    assert "In order: whole file, both directions, " in told
    assert "Problem" not in told


def test_a_capture_with_a_problem(capsys: pytest.CaptureFixture[str]) -> None:
    assert examine(str(PCAPS / "noise.pcap"), 10) == 1

    told = capsys.readouterr().out
    assert "\nProblem  No SMB or NTLM in view\n         None among" in told
    assert "\n         Fix: Mirror where clients meet" in told
    assert all(len(line) <= 88 for line in told.splitlines()[1:-1])


def test_a_file_that_is_no_capture(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "x.txt"
    path.write_text("hello")

    assert examine(str(path), 10) == 2
    assert "Damaged capture" in capsys.readouterr().out


def test_neither_a_capture_nor_an_interface() -> None:
    with pytest.raises(NetsigError, match="nowhere: neither a capture nor an"):
        examine("nowhere", 10)


def test_an_interface_is_looked_up(capsys: pytest.CaptureFixture[str]) -> None:
    assert examine("lo", 0.1) in (0, 1)
    assert "neither" not in capsys.readouterr().out


def test_what_came_from_the_wire_reaches_no_terminal(
    capsys: pytest.CaptureFixture[str],
) -> None:
    tell([Finding(PROBLEM, "a\x1b[2J", "b\x07 c", "d\u202e")])

    assert capsys.readouterr().out == (
        "\nProblem  a\\u001b[2J\n         b\\u0007 c\n         Fix: d\\u202e\n"
    )
