from __future__ import annotations

import json
from pathlib import Path

import pytest

from sensor.limits import KNOWN_CAPTURES
from sensor.sinks.state import (
    RESERVED_REPORTS,
    Captures,
    Position,
    State,
    load,
    remember,
    save,
)

STATE = State(52, {"a\n.pcap": Position(1_772_492_400_001_000_000, 57)}, {"A": 1.5})


def test_a_first_run_knows_nothing(tmp_path: Path) -> None:
    assert load(tmp_path / "state.json") == State(0, {}, {})


def test_what_was_saved_at_the_end_is_loaded(tmp_path: Path) -> None:
    path = tmp_path / "state.json"
    save(path, STATE, ended=True)

    assert load(path) == STATE
    assert json.loads(path.read_text())["last_report"] == 52


def test_a_run_that_did_not_end_well_leaves_no_id_to_be_given_twice(
    tmp_path: Path,
) -> None:
    path = tmp_path / "state.json"
    save(path, STATE)
    known = load(path)

    assert known is not None
    assert known.last_report == 52 + RESERVED_REPORTS
    assert STATE.last_report == 52


@pytest.mark.parametrize(
    "text",
    [
        "",
        "{",
        "[]",
        "null",
        "{}",
        '{"last_report": "x", "captures": {}, "opened": {}}',
        '{"last_report": 1, "captures": [], "opened": {}}',
        '{"last_report": 1, "captures": {"a": {}}, "opened": {}}',
        '{"last_report": 1, "captures": {"a": 1}, "opened": {}}',
        '{"last_report": 1, "captures": {}, "opened": {"A": null}}',
        "\u00e9",
    ],
)
def test_a_damaged_state_is_none(tmp_path: Path, text: str) -> None:
    (tmp_path / "state.json").write_text(text, "utf-8")

    assert load(tmp_path / "state.json") is None


def test_the_captures_met_last_are_remembered() -> None:
    captures: Captures = {}
    for number in range(KNOWN_CAPTURES):
        remember(captures, f"{number}.pcap", Position(number, 1))
    remember(captures, "0.pcap", Position(0, 2))
    remember(captures, "new.pcap", Position(9, 1))

    assert len(captures) == KNOWN_CAPTURES
    assert "1.pcap" not in captures
    assert captures["0.pcap"] == Position(0, 2)
