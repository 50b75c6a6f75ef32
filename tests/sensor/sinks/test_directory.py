from __future__ import annotations

import json
from pathlib import Path

import pytest

from sensor.errors import NetsigError
from sensor.sinks.directory import Directory
from sensor.types import Damage, Stats

TABLES = ("DeviceNetworkEvents", "AlertInfo")


def test_a_file_a_table_with_bare_rows(tmp_path: Path) -> None:
    sink = Directory(tmp_path / "new" / "out", TABLES, Stats())
    sink.write("AlertInfo", {"Title": "é\u2028", "Severity": None})
    sink.write("AlertInfo", {"Title": "two"})
    sink.close()

    out = tmp_path / "new" / "out"
    assert (out / "AlertInfo.jsonl").read_bytes() == (
        b'{"Title":"\\u00e9\\u2028","Severity":null}\n{"Title":"two"}\n'
    )
    assert (out / "DeviceNetworkEvents.jsonl").read_bytes() == b""
    assert sorted(file.name for file in out.iterdir()) == [
        "AlertInfo.jsonl",
        "DeviceNetworkEvents.jsonl",
        "stats.json",
    ]


def test_only_the_owner_may_read(tmp_path: Path) -> None:
    (tmp_path / "AlertInfo.jsonl").touch(mode=0o644)

    Directory(tmp_path, TABLES, Stats()).close()

    modes = {file.name: file.stat().st_mode & 0o777 for file in tmp_path.iterdir()}
    assert set(modes.values()) == {0o600}


def test_an_earlier_run_is_replaced(tmp_path: Path) -> None:
    (tmp_path / "AlertInfo.jsonl").write_text("old\n")

    Directory(tmp_path, TABLES, Stats()).close()

    assert (tmp_path / "AlertInfo.jsonl").read_text() == ""


def test_stats(tmp_path: Path) -> None:
    stats = Stats(files=["b.pcap", "a.pcap"])
    stats.damaged.append(Damage("a.pcap", 24, "record cut", usable=True))
    sink = Directory(tmp_path, TABLES, stats)
    stats.add("streams.gaps", 2)
    stats.add("capture.packets", 3)
    sink.close()

    told = json.loads((tmp_path / "stats.json").read_text())
    assert told == {
        "files": ["b.pcap", "a.pcap"],
        "damaged": [
            {"file": "a.pcap", "offset": 24, "reason": "record cut", "usable": True}
        ],
        "counts": {"capture.packets": 3, "streams.gaps": 2},
    }
    assert list(told["counts"]) == ["capture.packets", "streams.gaps"]


def test_months_of_rows_are_not_replaced(tmp_path: Path) -> None:
    (tmp_path / "AlertInfo.jsonl").write_text("row\n")
    (tmp_path / "state.json").write_text("{}")

    with pytest.raises(NetsigError, match="choose another directory, or add to them"):
        Directory(tmp_path, TABLES, Stats())
    assert (tmp_path / "AlertInfo.jsonl").read_text() == "row\n"


def test_one_pass_does_not_write_where_another_does(tmp_path: Path) -> None:
    first = Directory(tmp_path, TABLES, Stats())
    with pytest.raises(NetsigError, match="another netsig is writing there"):
        Directory(tmp_path, TABLES, Stats())
    first.close()
    Directory(tmp_path, TABLES, Stats()).close()
