from __future__ import annotations

import os
import signal
import socket
import threading
from pathlib import Path

import pytest

from sensor.doctor import examine as module
from sensor.doctor.checks import PROBLEM, Finding
from sensor.doctor.examine import examine, tell
from sensor.errors import NetsigError
from tests.support.captures import read
from tests.support.feeds import PCAPS
from tests.support.wire import WATCHED, cable, replay


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


@pytest.mark.parametrize("interrupted", [False, True])
def test_a_feed_on_which_nothing_comes_is_told_after_its_time(
    interrupted: bool, capsys: pytest.CaptureFixture[str]
) -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    if interrupted:
        signal.signal(signal.SIGINT, signal.default_int_handler)
        timer = threading.Timer(0.2, os.kill, (os.getpid(), signal.SIGINT))
        timer.start()

    assert examine(f"tzsp://:{port}", 60 if interrupted else 0.2) == 2
    assert "Problem  No packets\n" in capsys.readouterr().out


def test_a_pipe_is_looked_at_for_so_many_seconds_of_its_packets(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    data = (PCAPS / "port-scan.pcap").read_bytes()
    writer = threading.Thread(target=pipe.write_bytes, args=(data,), daemon=True)
    writer.start()

    assert examine(str(pipe), 10) == 0
    assert ": 10 packets, 563 bytes, 5.0 s," in capsys.readouterr().out
    writer.join(10)


def test_a_file_that_is_no_capture(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "x.txt"
    path.write_text("hello")

    assert examine(str(path), 10) == 2
    assert "Nothing can be read" in capsys.readouterr().out


def test_neither_a_capture_nor_an_interface() -> None:
    with pytest.raises(NetsigError, match="nowhere: neither a capture nor an"):
        examine("nowhere", 10)


def test_an_interface_is_looked_at_once_it_is_open(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """What the system says of interfaces is not of our namespace."""
    monkeypatch.setattr(module, "is_interface", lambda _: True)
    monkeypatch.setattr(module, "findings_of", lambda _: [])
    packets = read(PCAPS / "leak-to-public.pcap")[0]
    with cable():
        assert examine(WATCHED, 0.5, lambda: replay(packets)) == 0
        told = capsys.readouterr().out
        assert examine(WATCHED, 0.1) == 2

    assert told.startswith(f"{WATCHED}: 14 packets, 2,262 bytes, ")
    assert "Problem" not in told


def test_an_interface_with_a_problem_is_not_opened(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    down = Finding(PROBLEM, "The interface is down", "No.", "ip link set lo up")
    monkeypatch.setattr(module, "findings_of", lambda _: [down])

    assert examine("lo", 10, pytest.fail) == 1
    assert "The interface is down" in capsys.readouterr().out


def test_what_came_from_the_wire_reaches_no_terminal(
    capsys: pytest.CaptureFixture[str],
) -> None:
    tell([Finding(PROBLEM, "a\x1b[2J", "b\x07 c", "d\u202e")])

    assert capsys.readouterr().out == (
        "\nProblem  a\\u001b[2J\n         b\\u0007 c\n         Fix: d\\u202e\n"
    )
