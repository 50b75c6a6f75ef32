"""`netsig watch` as it is run: rows while it goes on, all of them when it ends."""

from __future__ import annotations

import json
import pwd
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from sensor.live.watching import accounts
from sensor.types import Stats
from tests.support.captures import read
from tests.support.wire import WATCHED, cable, replay, send

ROOT = Path(__file__).resolve().parents[3]
CAPABILITIES = ("Inh", "Prm", "Eff", "Bnd", "Amb")
LEAK = ROOT / "pcaps" / "leak-to-public.pcap"


@contextmanager
def netsig(*arguments: str) -> Iterator[subprocess.Popen[str]]:
    """Run `netsig watch`, once it watches; it is killed should it not end."""
    command = [sys.executable, "-m", "sensor", "watch", *arguments]
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
    with subprocess.Popen(command, text=True, cwd=ROOT, **pipes) as process:  # type: ignore[call-overload]
        late = threading.Timer(20, process.kill)
        late.start()
        try:
            assert process.stderr
            assert process.stderr.readline().startswith("netsig: watching ")
            yield process
        finally:
            process.kill()
            late.cancel()


def rest_of(process: subprocess.Popen[str]) -> tuple[str, str]:
    """Return what is still to come on both pipes; unlike communicate, all of it."""
    assert process.stdout
    assert process.stderr
    rest = process.stdout.read(), process.stderr.read()
    process.wait()
    return rest


@pytest.fixture
def place() -> Iterator[Path]:
    """Have a directory that others than us may reach; pytest's own are private."""
    with tempfile.TemporaryDirectory(prefix="netsig-test-") as name:
        Path(name).chmod(0o755)
        yield Path(name)


def told(out: str) -> list[str]:
    return [json.loads(line)["category"].partition("-")[2] for line in out.splitlines()]


def expected() -> list[str]:
    lines = LEAK.with_suffix(".jsonl").read_text("utf-8").splitlines()
    return [json.loads(line)["table"] for line in lines]


@pytest.mark.parametrize("workers", ["1", "2"])
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_rows_come_at_once_and_asked_to_end_it_ends_well(
    number: int, workers: str
) -> None:
    packets, _ = read(LEAK)
    with cable(), netsig(WATCHED, "--workers", workers) as process:
        replay(packets)
        assert process.stdout
        rows = "".join(process.stdout.readline() for _ in expected())
        process.send_signal(number)
        rest, errors = rest_of(process)

    assert sorted(told(rows)) == sorted(expected())
    assert (rest, process.returncode) == ("", 0)
    assert errors == (
        f"netsig: {len(packets)} packets passed: {len(packets)} read, "
        "0 dropped by the kernel, 0 left in the ring\n"
    )


def test_what_was_held_back_is_told_within_two_seconds_of_sigterm() -> None:
    packets, _ = read(LEAK.with_name("smb2-logon.pcap"))
    with cable(), netsig(WATCHED) as process:
        replay(packets[:7])
        assert process.stdout
        process.stdout.readline()
        process.send_signal(signal.SIGTERM)
        asked = time.monotonic()
        out, _ = rest_of(process)
        took = time.monotonic() - asked

    states = [json.loads(line)["properties"]["AdditionalFields"] for line in
              out.splitlines()]  # fmt: skip
    assert '"State":"incomplete"' in states[-1]
    assert took < 2


def test_tables_are_written_into_a_directory(place: Path) -> None:
    out = place / "rows"
    with cable(), netsig(WATCHED, "--out", str(out)) as process:
        replay(read(LEAK)[0])
        process.send_signal(signal.SIGTERM)
        rows, _ = rest_of(process)

    assert rows == ""
    written = {file.stem: len(file.read_text().splitlines())
               for file in out.glob("*.jsonl")}  # fmt: skip
    assert written.pop("NetsigHeartbeat") == 0
    assert written == {table: expected().count(table) for table in set(expected())}
    counts = json.loads((out / "stats.json").read_text())["counts"]
    assert counts["capture.packets"] == len(read(LEAK)[0])
    assert {oct(file.stat().st_mode & 0o777) for file in out.iterdir()} == {"0o600"}


def test_nothing_of_root_is_left_once_it_watches() -> None:
    with cable(), netsig(WATCHED) as process:
        tasks = list(Path(f"/proc/{process.pid}/task").iterdir())
        said = [task.joinpath("status").read_text().splitlines() for task in tasks]

    for lines in said:
        status = dict(line.partition(":\t")[::2] for line in lines)
        nobody = pwd.getpwnam("nobody")
        assert status["Uid"].split() == [str(nobody.pw_uid)] * 4
        assert status["Gid"].split() == [str(nobody.pw_gid)] * 4
        assert status["Groups"].split() == []
        assert [int(status[f"Cap{kind}"], 16) for kind in CAPABILITIES] == [0] * 5
        assert status["NoNewPrivs"] == "1"


def test_a_directory_of_another_is_not_written_to(place: Path) -> None:
    (place / "rows").mkdir(mode=0o755)
    command = [sys.executable, "-m", "sensor", "watch", WATCHED, "--out"]
    with cable():
        done = subprocess.run(
            [*command, str(place / "rows")], capture_output=True, text=True, cwd=ROOT
        )

    assert done.returncode == 2
    assert "Permission denied to nobody: give it to them" in done.stderr


def test_sent_is_what_was_read_and_what_was_lost() -> None:
    """The reader is stopped for a while: it cannot keep up."""
    frame = read(LEAK)[0][0].data.ljust(9000, b"\0")
    with cable(), netsig(WATCHED, "--ring", "24") as process:
        process.send_signal(signal.SIGSTOP)
        sent = send(frame for _ in range(6000))
        process.send_signal(signal.SIGCONT)
        sent += send(frame for _ in range(3000))
        process.send_signal(signal.SIGTERM)
        _, errors = rest_of(process)

    words = errors.replace(",", "").split()
    assert int(words[1]) == sent
    read_, dropped, left = (int(words[n]) for n in (4, 6, 11))
    assert read_ + dropped + left == sent
    assert dropped > 1000


def test_a_reader_that_goes_away_ends_it_quietly() -> None:
    with cable(), netsig(WATCHED) as process:
        assert process.stdout
        assert process.stderr
        process.stdout.close()
        for name in ("leak-to-public", "smb2-logon", "guest", "anonymous", "http-ntlm"):
            replay(read(LEAK.with_name(f"{name}.pcap"))[0])
            time.sleep(0.3)  # it notices when it writes, and tells when it writes again
        errors = process.stderr.read()
        assert process.wait() == 141

    assert errors.count("\n") == 1
    assert "packets passed" in errors


def test_accounts_name_every_packet() -> None:
    stats = Stats()
    stats.add("capture.packets", 1000)
    stats.add("capture.kernel_drops", 200)
    stats.add("capture.unread_packets", 34)

    assert accounts(stats) == (
        "1,234 packets passed: 1,000 read, 200 dropped by the kernel, "
        "34 left in the ring"
    )
