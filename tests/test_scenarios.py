"""What our own captures must give: as their scenarios say, and as Wireshark reads them.

The rows beside a capture come from the scenario that made it. They name the columns
that the scenario decides; a row of the sensor has more.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from scripts.pcap_scenarios.make import make_all
from scripts.pcap_scenarios.scenarios import SCENARIOS
from sensor.config import Settings
from sensor.pipeline import run
from sensor.schema.defender import Defender
from sensor.types import Stats
from tests.support import tshark

PCAPS = Path(__file__).resolve().parent.parent / "pcaps"
TEXT_OF_JSON = ("AdditionalFields", "AttackTechniques")
NAMELESS = ("raw-ntlmssp",)
"Wireshark does not know the protocol."
KNOWN_LATER = ("NtlmAuthenticationInspected", "ConnectionFailed")
"That nothing followed is known some time after the last packet."

Row = dict[str, Any]


def expected(name: str) -> list[tuple[str, Row]]:
    lines = (PCAPS / f"{name}.jsonl").read_text("utf-8").splitlines()
    return [(line["table"], line["row"]) for line in map(json.loads, lines)]


def given(name: str) -> list[tuple[str, Row]]:
    schema = Defender(Settings())
    items = run([str(PCAPS / f"{name}.pcap")], Settings(), Stats())
    return [(table, opened(row)) for item in items for table, row in schema.rows(item)]


def opened(row: Row) -> Row:
    """Return *row* with its JSON texts as what they say."""
    return {k: json.loads(v) if k in TEXT_OF_JSON and v else v for k, v in row.items()}


def holds(actual: Any, wanted: Any) -> bool:
    """Tell whether *actual* says all that is *wanted*."""
    if isinstance(wanted, dict):
        return isinstance(actual, dict) and all(
            key in actual and holds(actual[key], value) for key, value in wanted.items()
        )
    if isinstance(wanted, list):
        return len(actual) == len(wanted) and all(map(holds, actual, wanted))
    return bool(actual == wanted)


def as_told(fact: Row) -> tshark.Ntlm:
    """Return the message that *fact* tells, as Wireshark tells it."""
    kind = fact["MessageType"]
    if kind == 2:
        return tshark.Ntlm(2, challenge=fact["ServerChallenge"])
    if kind == 3:
        who = (fact.get(name, "") for name in ("User", "Domain", "Workstation"))
        return tshark.Ntlm(3, *who)
    return tshark.Ntlm(kind)


def test_a_row_that_says_something_else_is_noticed() -> None:
    row = {"a": {"b": [{"c": 1, "d": 2}]}, "e": 3}

    assert holds(row, {"a": {"b": [{"c": 1}]}})
    assert not holds(row, {"a": {"b": [{"c": 2}]}})
    assert not holds(row, {"a": {"b": []}})
    assert not holds(row, {"f": None})


@pytest.mark.parametrize("name", SCENARIOS)
def test_a_capture_gives_the_rows_of_its_scenario(name: str) -> None:
    rows = given(name)
    missing = []
    for table, wanted in expected(name):
        fits = [one for one in rows if one[0] == table and holds(one[1], wanted)]
        if fits:
            rows.remove(fits[0])
        else:
            missing.append((table, wanted))

    assert (missing, rows) == ([], [])


@pytest.mark.parametrize("name", SCENARIOS)
def test_what_is_seen_comes_in_the_order_of_time(name: str) -> None:
    rows = [row for _, row in given(name) if row.get("ActionType") not in KNOWN_LATER]
    times = [row["Timestamp"] for row in rows]

    assert times == sorted(times)


@pytest.mark.parametrize("name", [name for name in SCENARIOS if name not in NAMELESS])
def test_wireshark_reads_the_same_messages(name: str) -> None:
    path = PCAPS / f"{name}.pcap"
    said = [
        row["AdditionalFields"]
        for table, row in expected(name)
        if table == "DeviceNetworkEvents"
    ]
    facts = [f["Netsig"] for f in said if f.get("SignatureName", "").startswith("NTLM")]

    assert tshark.ntlm_messages(path) == [as_told(fact) for fact in facts]


@pytest.mark.parametrize("name", SCENARIOS)
def test_wireshark_finds_no_fault(name: str) -> None:
    faults = "_ws.malformed or _ws.expert.severity >= 8388608"  # errors

    assert tshark.fields(PCAPS / f"{name}.pcap", ("frame.number",), faults) == []


def test_the_captures_are_made_again_byte_for_byte(tmp_path: Path) -> None:
    make_all(tmp_path)

    assert {path.name: path.read_bytes() for path in tmp_path.iterdir()} == {
        path.name: path.read_bytes() for path in PCAPS.iterdir()
    }
