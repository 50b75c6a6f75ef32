from __future__ import annotations

import io
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import pytest

from sensor import pipeline
from sensor.config import Settings
from sensor.outputs import Output
from sensor.reading import deliver, read, status
from sensor.schema.defender import Defender
from sensor.types import Alert, Damage, Event, Stats
from tests.support.findings import alert, event

Found = Iterator[Event | Alert]
ROOT = Path(__file__).resolve().parents[2]
BROKEN_OFF = str(ROOT / "pcaps" / "broken-off.pcap")


@pytest.fixture
def finding(monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    """Let the pipeline find what a function of the stats gives."""

    def let(find: Callable[[Stats], Found]) -> None:
        def run(paths: Sequence[str], _: Settings, stats: Stats, **__: object) -> Found:
            stats.files.extend(paths)
            return find(stats)

        monkeypatch.setattr(pipeline, "run", run)

    return let


def two(_: Stats) -> Found:
    yield event()
    yield alert()


class Rows:
    def __init__(self) -> None:
        self.tables: list[str] = []
        self.closed = 0

    def write(self, table: str, row: dict[str, object]) -> None:
        assert row
        self.tables.append(table)

    def close(self) -> None:
        self.closed += 1


def damage(file: str, *, usable: bool) -> Damage:
    return Damage(file, 24, "record cut", usable)


@pytest.mark.parametrize(
    ("files", "damaged", "expected"),
    [
        (["a", "b"], [], 0),
        (["a", "b"], [damage("b", usable=True)], 1),
        (["a", "b"], [damage("b", usable=False)], 1),
        (["b"], [damage("b", usable=True)], 1),
        (["b"], [damage("b", usable=False)], 2),
        ([], [], 2),
    ],
)
def test_status_tells_how_reading_went(
    files: list[str], damaged: list[Damage], expected: int
) -> None:
    assert status(Stats(files=files, damaged=damaged)) == expected


def test_every_row_goes_to_every_sink() -> None:
    one, other = Rows(), Rows()

    deliver(two(Stats()), Defender(Settings()), [one, other])

    expected = ["DeviceNetworkEvents", "AlertInfo", "AlertEvidence", "AlertEvidence"]
    assert one.tables == other.tables == expected
    assert one.closed == other.closed == 1


def test_sinks_are_closed_when_finding_fails() -> None:
    rows = Rows()

    with pytest.raises(ZeroDivisionError):
        deliver((1 // 0 for _ in "x"), Defender(Settings()), [rows])  # type: ignore[misc]

    assert rows.closed == 1


def test_json_goes_to_standard_output_the_same_every_time(
    finding: Callable[..., None], capsys: pytest.CaptureFixture[str]
) -> None:
    finding(two)

    assert read(["a.pcap"], Settings(), Output(json=True)) == 0
    once = capsys.readouterr().out
    read(["a.pcap"], Settings(), Output(json=True))

    assert capsys.readouterr().out == once
    assert [json.loads(line)["category"] for line in once.splitlines()] == [
        "AdvancedHunting-DeviceNetworkEvents",
        "AdvancedHunting-AlertInfo",
        "AdvancedHunting-AlertEvidence",
        "AdvancedHunting-AlertEvidence",
    ]


def test_directory_holds_all_tables_and_nothing_is_printed(
    finding: Callable[..., None], capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    finding(two)

    assert read(["a.pcap"], Settings(), Output(directory=tmp_path)) == 0

    lines = {
        file.name: len(file.read_text().splitlines()) for file in tmp_path.iterdir()
    }
    lines.pop("stats.json")
    assert lines == {
        "DeviceNetworkEvents.jsonl": 1,
        "AlertInfo.jsonl": 1,
        "AlertEvidence.jsonl": 2,
    }
    assert capsys.readouterr() == ("", "")


def test_without_either_a_person_gets_a_summary(
    finding: Callable[..., None], capsys: pytest.CaptureFixture[str]
) -> None:
    finding(two)

    read(["a.pcap"], Settings(), Output())

    assert "Read 1 file" in capsys.readouterr().out


def test_damage_is_told_beside_the_rows(
    finding: Callable[..., None], capsys: pytest.CaptureFixture[str]
) -> None:
    def damaged(stats: Stats) -> Found:
        yield event()
        stats.damaged.append(Damage("a\x1b.pcap", 77, "record\ncut", usable=True))

    finding(damaged)

    assert read(["a\x1b.pcap"], Settings(), Output(json=True)) == 1
    assert capsys.readouterr().err == (
        "netsig: a\\u001b.pcap: offset 77: record\\u000acut\n"
    )


def test_an_interrupt_ends_reading_and_shows_what_there_is(
    finding: Callable[..., None], capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    def interrupted(_: Stats) -> Found:
        yield event()
        raise KeyboardInterrupt

    finding(interrupted)

    assert read(["a.pcap"], Settings(), Output()) == 130
    assert "1 pair of hosts negotiated" in capsys.readouterr().out
    assert read(["a.pcap"], Settings(), Output(directory=tmp_path)) == 130
    assert (tmp_path / "DeviceNetworkEvents.jsonl").read_text()
    assert (tmp_path / "stats.json").read_text()


def test_a_reader_that_goes_away_ends_it_quietly(
    finding: Callable[..., None], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    finding(lambda _: (event() for _ in range(1000)))
    out, gone = os.pipe()
    os.close(out)
    with os.fdopen(gone, "w") as stdout:
        monkeypatch.setattr(sys, "stdout", stdout)

        both = Output(json=True, directory=tmp_path)
        assert read(["a.pcap"], Settings(), both) == 141

    assert (tmp_path / "stats.json").read_text()


def test_follow_shows_rows_at_once(
    finding: Callable[..., None], monkeypatch: pytest.MonkeyPatch
) -> None:
    raw = io.BytesIO()
    monkeypatch.setattr(sys, "stdout", io.TextIOWrapper(raw))
    seen = []

    def find(_: Stats) -> Found:
        yield event()
        for _try in range(1000):
            if raw.getvalue():
                break
            time.sleep(0.005)
        seen.append(raw.getvalue().count(b"\n"))

    finding(find)
    read(["a.pcap"], Settings(), Output(json=True), follow=True)

    assert seen == [1]


def told(out: str) -> list[tuple[str, str]]:
    """What the lines in *out* say happened, and to which state it led."""
    rows = [json.loads(line)["properties"] for line in out.splitlines()]
    facts = [json.loads(row.get("AdditionalFields") or "{}") for row in rows]
    return [
        (row.get("ActionType", ""), fact.get("Netsig", {}).get("State", ""))
        for row, fact in zip(rows, facts, strict=True)
    ]


HELD = [("NtlmAuthenticationInspected", "incomplete")] * 3
"Told of BROKEN_OFF when no more packets can come, and not before."


@pytest.mark.parametrize(
    ("number", "status"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)]
)
def test_an_interrupt_while_waiting_tells_what_was_held_back(
    number: int,
    status: int,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert read([BROKEN_OFF], Settings(), Output(json=True)) == 0
    whole = capsys.readouterr().out
    assert told(whole)[-3:] == HELD

    monkeypatch.setattr(time, "sleep", lambda _: signal.raise_signal(number))
    assert read([BROKEN_OFF], Settings(), Output(json=True), follow=True) == status
    assert capsys.readouterr().out == whole


def test_an_interrupt_during_work_reads_no_further_and_tells_what_was_held_back(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    read([BROKEN_OFF], Settings(), Output(json=True))
    whole = capsys.readouterr().out
    writes = []

    class Stdout(io.StringIO):
        def write(self, text: str) -> int:
            writes.append(text)
            if len(writes) == 1:
                signal.raise_signal(signal.SIGINT)
            return super().write(text)

    stdout = Stdout()
    monkeypatch.setattr(sys, "stdout", stdout)
    later = tmp_path / "later.pcap"
    later.write_bytes(Path(BROKEN_OFF).read_bytes())
    both = [BROKEN_OFF, str(later)]
    assert read(both, Settings(), Output(json=True)) == 130
    assert stdout.getvalue() == whole


def test_a_second_interrupt_ends_writing_too(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    class Stdout(io.StringIO):
        def write(self, text: str) -> int:
            signal.raise_signal(signal.SIGINT)
            return super().write(text)

    stdout = Stdout()
    monkeypatch.setattr(sys, "stdout", stdout)
    both = Output(json=True, directory=tmp_path)
    assert read([BROKEN_OFF], Settings(), both) == 130
    assert stdout.getvalue().count("\n") == 1
    assert (tmp_path / "stats.json").read_text()


def test_whenever_ctrl_c_comes_all_that_was_read_is_told() -> None:
    """The process is interrupted after its first row: during work, or behind it."""
    command = [sys.executable, "-m", "sensor", "read", "--json", "--follow", BROKEN_OFF]
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, cwd=ROOT
    ) as process:
        assert process.stdout
        first = process.stdout.readline()
        process.send_signal(signal.SIGINT)
        rest = process.stdout.read()  # some of it may have come with the first line
        errors = process.communicate(timeout=60)[1]

    assert (process.returncode, errors) == (130, "")
    assert told(first + rest)[-3:] == HELD
