from __future__ import annotations

import json
import platform
import re
import threading
import time
from pathlib import Path

import pytest

from sensor.hunt import hunt
from sensor.hunt.tables import TABLES
from sensor.schema.columns import COLUMNS as DEFENDER
from sensor.sinks import heartbeat as module
from sensor.sinks.heartbeat import TABLE, Heart, beating
from sensor.types import Stats

LIVE = (Path(__file__).resolve().parents[3] / "docs" / "live.md").read_text("utf-8")
NEWEST = 1_668_015_808_188_350_000


def test_a_beat_tells_what_was_counted_since_the_last_one(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    steady = 50.0
    monkeypatch.setattr(time, "monotonic", lambda: steady)
    monkeypatch.setattr(time, "time_ns", lambda: NEWEST + 1_000_000_000)
    monkeypatch.setattr(module, "version", lambda: "1.2.3")
    stats = Stats()
    stats.add("capture.packets", 1000)
    heart = Heart(stats)
    stats.add("capture.packets", 7)
    stats.add("capture.bytes", 900)
    stats.add("streams.gaps", 2)
    stats.newest_ns = NEWEST
    steady = 110.25

    assert heart.beat() == {
        "Timestamp": "2022-11-09T17:43:29.1883500Z",
        "SensorName": platform.node(),
        "Version": "1.2.3",
        "UptimeSeconds": 60,
        "Seconds": 60.25,
        "Packets": 7,
        "Bytes": 900,
        "NewestPacket": "2022-11-09T17:43:28.1883500Z",
        "Counted": '{"streams.gaps":2}',
        "Total": '{"capture.bytes":900,"capture.packets":1007,"streams.gaps":2}',
    }
    steady = 170.25
    dry = heart.beat()
    assert (dry["Packets"], dry["Counted"], dry["Seconds"]) == (0, "{}", 60.0)


def test_before_any_packet_there_is_no_newest() -> None:
    assert Heart(Stats()).beat()["NewestPacket"] is None


def test_it_is_none_of_the_tables_of_defender_and_hunts_know_it() -> None:
    assert TABLE not in DEFENDER
    assert list(Heart(Stats()).beat()) == list(TABLES[TABLE])


def test_a_feed_that_ran_dry_is_found(tmp_path: Path) -> None:
    """By the query that the documentation gives."""
    [query] = re.findall("```kql\n(.*?)```", LIVE, re.DOTALL)
    (tmp_path / f"{TABLE}.jsonl").touch()
    assert hunt(query, [str(tmp_path)]).rows == ()

    stats = Stats()
    heart = Heart(stats)
    rows = [heart.beat()]
    stats.add("capture.packets")
    stats.newest_ns = NEWEST
    rows += [heart.beat(), heart.beat()]
    lines = "".join(json.dumps(row) + "\n" for row in rows)
    (tmp_path / f"{TABLE}.jsonl").write_text(lines)
    assert hunt(query, [str(tmp_path)]).rows == ((platform.node(), 2),)
    newest = f"{TABLE} | where isnotnull(NewestPacket) | count"
    assert hunt(newest, [str(tmp_path)]).rows == ((2,),)


class Rows:
    name = "rows"

    def __init__(self) -> None:
        self.got: list[tuple[str, dict[str, object]]] = []
        self.enough = threading.Event()

    def write(self, table: str, row: dict[str, object]) -> None:
        self.got.append((table, row))
        if len(self.got) > 2:
            self.enough.set()

    def close(self) -> None:
        raise AssertionError


class Gone(Rows):
    def write(self, _table: str, _row: dict[str, object]) -> None:
        raise BrokenPipeError


def test_it_beats_for_as_long_as_it_is_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "BEAT_SECONDS", 0.01)
    rows = Rows()
    with beating(Stats(), [Gone(), rows]):
        assert rows.enough.wait(10)
    count = len(rows.got)
    time.sleep(0.05)

    assert len(rows.got) == count
    assert {table for table, _ in rows.got} == {TABLE}
    assert json.loads(json.dumps(rows.got[0][1])) == rows.got[0][1]


def test_a_short_run_does_not_beat() -> None:
    rows = Rows()
    with beating(Stats(), [rows]):
        time.sleep(0.01)

    assert rows.got == []
