"""What happens to a sensor that runs for months: the process is treated as fate would.

Every run is a process of its own that follows a capture; rows are compared with those
of one undisturbed pass.
"""

from __future__ import annotations

import json
import os
import resource
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parent.parent
CAPTURE = ROOT / "pcaps" / "leak-to-public.pcap"
EVENTS = "DeviceNetworkEvents.jsonl"
NEW_IDS = 1_000_000
MORE = (ROOT / "pcaps" / "anonymous.pcap").read_bytes()[24:]
"Records of another capture, to go on with."


def until(true: Callable[[], object], seconds: float = 60) -> None:
    for _ in range(int(seconds / 0.02)):
        if true():
            return
        time.sleep(0.02)
    raise AssertionError


@contextmanager
def following(
    capture: Path, out: Path, *options: str
) -> Iterator[subprocess.Popen[bytes]]:
    """Follow *capture*; whatever is still running at the end is killed."""
    command = [sys.executable, "-m", "sensor", "read", "-f", "--out", str(out)]
    with subprocess.Popen(
        [*command, *options, str(capture)],
        cwd=ROOT,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    ) as process:
        try:
            yield process
        finally:
            process.kill()


def end(process: subprocess.Popen[bytes]) -> None:
    """Ask *process* to end, and wait for that."""
    process.terminate()
    errors = process.communicate(timeout=60)[1]
    assert (process.returncode, errors) == (128 + signal.SIGTERM, b"")


def rows(file: Path) -> list[dict[str, Any]]:
    """Every line of *file*, which must all be whole."""
    text = file.read_text("ascii") if file.exists() else ""
    assert not text or text.endswith("\n")
    return [json.loads(line) for line in text.splitlines()]


def stats(out: Path) -> dict[str, int]:
    counts: dict[str, int] = json.loads((out / "stats.json").read_text())["counts"]
    return counts


def facts(row: dict[str, Any]) -> tuple[Any, ...]:
    """What *row* says that does not depend on its number or its capture's place."""
    told = json.loads(row["AdditionalFields"] or "{}").get("Netsig", {})
    told.pop("File", None)
    return row["Timestamp"], row["ActionType"], row["RemotePort"], json.dumps(told)


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> list[tuple[Any, ...]]:
    """What one pass over the capture says."""
    out = tmp_path_factory.mktemp("whole")
    command = [sys.executable, "-m", "sensor", "read", "--out", str(out), str(CAPTURE)]
    subprocess.run(command, check=True, cwd=ROOT)
    found = [facts(row) for row in rows(out / EVENTS)]
    assert len(found) > 10
    return found


def settled(out: Path, packets: int) -> bool:
    """Whether the state says that *packets* were handled."""
    try:
        state = json.loads((out / "state.json").read_text())
    except FileNotFoundError:
        return False
    return any(at["packets"] >= packets for at in state["captures"].values())


def test_killed_within_a_line_it_goes_on_with_whole_lines_and_new_ids(
    tmp_path: Path, whole: list[tuple[Any, ...]]
) -> None:
    out, packets = tmp_path / "out", _packets()
    with following(CAPTURE, out) as process:
        until(lambda: settled(out, packets))
        process.kill()
        process.wait()
    before = rows(out / EVENTS)
    with (out / EVENTS).open("ab") as file:
        file.write(b'{"Timestamp":"2026-03-02T1')  # as a kill amid a write leaves it

    later = tmp_path / "later.pcap"
    later.write_bytes(CAPTURE.read_bytes())
    with following(later, out) as process:
        until(lambda: len(rows_so_far(out)) >= 2 * len(before))
        end(process)

    after = rows(out / EVENTS)
    assert after[: len(before)] == before
    numbers = [row["ReportId"] for row in after]
    assert len(set(numbers)) == len(numbers)
    assert numbers[len(before)] == before[-1]["ReportId"] + NEW_IDS + 1
    assert [facts(row) for row in after[len(before) :]] == whole
    assert stats(out)["sinks.directory.torn_lines"] == 1


def rows_so_far(out: Path) -> list[bytes]:
    file = out / EVENTS
    return file.read_bytes().splitlines() if file.exists() else []


def _packets() -> int:
    import dpkt

    with CAPTURE.open("rb") as file:
        return len(list(dpkt.pcap.Reader(file)))


def _newest() -> Decimal:
    """When the last packet was captured, in microseconds as the capture has it."""
    import dpkt

    with CAPTURE.open("rb") as file:
        return max(round(Decimal(ts), 6) for ts, _ in dpkt.pcap.Reader(file))


def test_a_capture_that_was_followed_is_taken_up_where_it_was_left(
    tmp_path: Path, whole: list[tuple[Any, ...]]
) -> None:
    """The capture grows while nobody looks; no row comes twice, none is left out."""
    growing, out = tmp_path / "growing.pcap", tmp_path / "out"
    growing.write_bytes(CAPTURE.read_bytes())
    with following(growing, out) as process:
        until(lambda: settled(out, _packets()))
        end(process)
    assert [facts(row) for row in rows(out / EVENTS)] == whole
    with growing.open("ab") as file:
        file.write(MORE)
    with following(growing, out) as process:
        until(lambda: settled(out, _packets() + 1))
        end(process)

    again = tmp_path / "again"
    command = [sys.executable, "-m", "sensor", "read", "--out", again, growing]
    subprocess.run(command, check=True, cwd=ROOT)
    expected = rows(again / EVENTS)
    assert len(expected) > len(whole)
    assert rows(out / EVENTS) == expected
    assert stats(out)["capture.resumed_packets"] == _packets()


def test_a_full_disk_is_survived_and_made_up_for(
    tmp_path: Path, whole: list[tuple[Any, ...]]
) -> None:
    """A limit on the size of files stands for the disk; then there is room again."""
    out = tmp_path / "out"
    empty = tmp_path / "growing.pcap"
    data = CAPTURE.read_bytes()
    empty.write_bytes(data[:24])
    with following(empty, out) as process:
        until((out / "state.json").exists)
        unlimited = resource.RLIM_INFINITY
        limit = resource.prlimit(process.pid, resource.RLIMIT_FSIZE, (3000, unlimited))
        with empty.open("ab") as file:
            file.write(data[24:])
        until(lambda: (out / EVENTS).stat().st_size == 3000)
        time.sleep(1.5)  # it tries, and fails
        assert process.poll() is None
        assert not settled(out, 1)
        resource.prlimit(process.pid, resource.RLIMIT_FSIZE, limit)
        until(lambda: len(rows_so_far(out)) == len(whole))
        end(process)

    assert [facts(row) for row in rows(out / EVENTS)] == whole
    assert stats(out)["sinks.directory.failures"] >= 1
    assert "sinks.directory.dropped_rows" not in stats(out)


def test_ended_on_a_full_disk_no_half_line_is_left(tmp_path: Path) -> None:
    out = tmp_path / "out"
    empty = tmp_path / "growing.pcap"
    empty.write_bytes(CAPTURE.read_bytes()[:24])
    with following(empty, out) as process:
        until((out / "state.json").exists)
        limits = (3000, resource.RLIM_INFINITY)
        resource.prlimit(process.pid, resource.RLIMIT_FSIZE, limits)
        with empty.open("ab") as file:
            file.write(CAPTURE.read_bytes()[24:])
        until(lambda: (out / EVENTS).stat().st_size == 3000)
        end(process)  # it does not wait for room

    kept = len(rows(out / EVENTS))
    assert kept > 0
    assert stats(out)["sinks.directory.unwritten_rows"] > 0


def test_a_moved_file_and_a_hangup_as_logrotate_has_it(tmp_path: Path) -> None:
    growing, out = tmp_path / "growing.pcap", tmp_path / "out"
    growing.write_bytes(CAPTURE.read_bytes())
    with following(growing, out) as process:
        until(lambda: settled(out, 1))
        (out / EVENTS).rename(out / f"{EVENTS}.1")
        process.send_signal(signal.SIGHUP)
        until((out / EVENTS).exists)
        with growing.open("ab") as file:
            file.write(MORE)
        until(lambda: rows_so_far(out))
        end(process)

    assert rows(out / f"{EVENTS}.1")
    assert rows(out / EVENTS)


def test_a_hangup_has_settings_read_again(tmp_path: Path) -> None:
    growing, out = tmp_path / "growing.pcap", tmp_path / "out"
    growing.write_bytes(CAPTURE.read_bytes())
    config = tmp_path / "netsig.toml"
    config.write_text('[devices]\n"10.20.0.15" = "before"\n')
    with following(growing, out, "--config", str(config)) as process:
        until(lambda: settled(out, 1))
        config.write_text('[devices]\n"10.20.0.15" = "after"\n"10.20.0.16" = "x"\n')
        process.send_signal(signal.SIGHUP)
        time.sleep(0.1)
        count = len(rows_so_far(out))
        with growing.open("ab") as file:
            file.write(MORE)
        until(lambda: len(rows_so_far(out)) > count)
        end(process)

    names = [row["DeviceName"] for row in rows(out / EVENTS)]
    assert set(names[:count]) == {"before"}
    assert "before" not in names[count:]


def test_prometheus_is_served_while_it_runs(tmp_path: Path) -> None:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    with following(CAPTURE, tmp_path / "out", "--metrics", str(port)) as process:
        until(lambda: settled(tmp_path / "out", 1))
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/metrics") as answer:
            lines = answer.read().decode().splitlines()
        end(process)

    assert f"netsig_capture_packets_total {_packets()}" in lines
    assert f"netsig_newest_packet_time_seconds {_newest():.9f}" in lines


def test_a_reader_that_stalls_does_not_stop_the_directory(
    tmp_path: Path, whole: list[tuple[Any, ...]]
) -> None:
    """Nobody reads standard output, whose pipe is made as small as it may be."""
    import fcntl

    out = tmp_path / "out"
    with following(CAPTURE, out, "--json") as process:
        assert process.stdout
        fcntl.fcntl(process.stdout, fcntl.F_SETPIPE_SZ, 4096)
        until(lambda: len(rows_so_far(out)) >= len(whole))
        process.terminate()
        assert process.wait(60) == 128 + signal.SIGTERM  # it does not wait for anybody
        assert stats(out)["sinks.jsonl.unwritten_rows"] > 0

    assert [facts(row) for row in rows(out / EVENTS)] == whole


def test_a_reader_that_is_killed_does_not_stop_the_directory(tmp_path: Path) -> None:
    growing, out = tmp_path / "growing.pcap", tmp_path / "out"
    growing.write_bytes(CAPTURE.read_bytes())
    with following(growing, out, "--json") as process:
        assert process.stdout
        process.stdout.close()
        until(lambda: settled(out, 1))
        before = len(rows_so_far(out))
        with growing.open("ab") as file:
            file.write(MORE)
        until(lambda: len(rows_so_far(out)) > before)
        process.terminate()
        assert process.wait(60) == 128 + signal.SIGTERM

    assert stats(out)["sinks.jsonl.dropped_rows"] > 0


def test_two_do_not_write_to_one_directory(tmp_path: Path) -> None:
    out = tmp_path / "out"
    with following(CAPTURE, out) as process:
        until((out / "state.json").exists)
        with following(CAPTURE, out) as second:
            errors = second.communicate(timeout=60)[1].decode()
            assert second.returncode == 2
            assert errors == f"netsig: {out}: another netsig is writing there\n"
        end(process)


def test_a_directory_that_cannot_be_written_to_is_told(tmp_path: Path) -> None:
    place = tmp_path / "file"
    place.touch()
    for follow in ([], ["-f"]):
        command = [sys.executable, "-m", "sensor", "read", *follow, "--out", place]
        done = subprocess.run(
            [*command, str(CAPTURE)], capture_output=True, text=True, cwd=ROOT
        )
        assert done.returncode == 2
        assert done.stderr == f"netsig: {place}: File exists\n"


def test_a_full_disk_ends_a_single_pass_with_its_name(tmp_path: Path) -> None:
    def limit() -> None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (3000, 3000))

    environment = {**os.environ, "PYTHONDONTWRITEBYTECODE": "1"}
    command = [sys.executable, "-m", "sensor", "read", "--out", str(tmp_path)]
    done = subprocess.run(
        [*command, str(CAPTURE)],
        capture_output=True,
        text=True,
        cwd=ROOT,
        preexec_fn=limit,
        env=environment,
    )
    assert done.returncode == 2
    assert done.stderr.startswith("netsig: ")
    assert done.stderr.endswith(": File too large\n")
    assert done.stderr.count("\n") == 1
