"""What our own captures must give: as their scenarios say, and as Wireshark reads them.

The rows beside a capture come from the scenario that made it. They name the columns
that the scenario decides; a row of the sensor has more.
"""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from sensor.fixtures.make import Order, make, schemas_named
from sensor.fixtures.model import Recording
from sensor.fixtures.scenarios import SCENARIOS
from sensor.fixtures.variants import Variant
from tests.support import tshark
from tests.support.rows import difference, expected, given, holds, recording_of

PCAPS = Path(__file__).resolve().parent.parent / "pcaps"
GOLDEN = Order(schemas=schemas_named(["defender"]), with_labels=False)
NAMES = [scenario.NAME for scenario in SCENARIOS]
UNREAD_BY_WIRESHARK = {
    "raw-ntlmssp": "nobody knows the protocol",
    "imap-auth": "it does not look into IMAP's base64",
    "pop3-auth": "it does not look into POP3's base64",
    "nntp-auth": "it does not look into NNTP's base64",
    "xmpp-auth": "it does not look into XMPP's base64",
    "sip-register": "it does not look into SIP's gssapi-data",
    "telnet-logon": "it does not know NTLM in Telnet's authentication option",
    "adws": "it does not know .NET's negotiated streams",
    "tns-login": "it does not look into Oracle's services",
    "wrong-password": "it has all of these",
    "tds-login": "it takes the size of a type 2 twice, and runs out of bytes",
}
WITH_TDS = ("tds-login", "wrong-password")
"Where it calls a type 2 malformed, since it takes its size twice."
KNOWN_LATER = ("NtlmAuthenticationInspected", "ConnectionFailed")
"That nothing followed is known some time after the last packet."

Row = dict[str, Any]


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a directory with every scenario in its plain variant."""
    directory = tmp_path_factory.mktemp("made")
    list(make(SCENARIOS, GOLDEN, directory))
    return directory


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


@pytest.mark.parametrize("name", NAMES)
def test_a_capture_gives_the_rows_of_its_scenario(name: str, made: Path) -> None:
    rows = given(made / f"{name}.pcap")

    assert difference(rows, expected(name)) == ([], [])


@pytest.fixture(scope="module", params=["snaplen-96", "snaplen-128"])
def cut(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Path:
    """Return a directory with every scenario, and little of each of its frames."""
    directory = tmp_path_factory.mktemp(request.param)
    order = replace(GOLDEN, variant=Variant(container=request.param))
    list(make(SCENARIOS, order, directory))
    return directory


def test_of_frames_cut_short_is_told_what_is_left(cut: Path) -> None:
    missing, false = [], []
    for path in cut.glob("*.pcap"):
        lines = path.with_suffix(".jsonl").read_text("utf-8").splitlines()
        wanted = [json.loads(line) for line in lines]
        rows = given(path)
        for one in wanted:
            fits = [r for r in rows if r[0] == one["table"] and holds(r[1], one["row"])]
            rows.remove(fits[0]) if fits else missing.append((path.stem, one))
        said = {m.name for m in recording_of(path.stem.partition(".")[0]).messages}
        false += [row for _, row in rows if not is_of_a_message(row, said)]

    assert (missing, false) == ([], [])


def is_of_a_message(row: Row, names: set[str]) -> bool:
    """Tell whether *row* says that a message of these *names* was seen, or when."""
    fields = row.get("AdditionalFields") or {}
    is_signature = fields.get("SignatureName") in names
    return is_signature or str(row.get("ActionType")).startswith("Connection")


@pytest.mark.parametrize("name", NAMES)
def test_what_is_seen_comes_in_the_order_of_time(name: str, made: Path) -> None:
    rows = [
        row
        for _, row in given(made / f"{name}.pcap")
        if row.get("ActionType") not in KNOWN_LATER
    ]
    times = [row["Timestamp"] for row in rows]

    assert times == sorted(times)


@pytest.mark.parametrize(
    "name", [name for name in NAMES if name not in UNREAD_BY_WIRESHARK]
)
def test_wireshark_reads_the_same_messages(name: str, made: Path) -> None:
    recording = recording_of(name)
    messages = sorted(recording.messages, key=recording.packets_of)

    told = [as_told(one.facts) for one in messages if one.name.startswith("NTLM")]
    assert tshark.ntlm_messages(made / f"{name}.pcap") == told


@pytest.mark.parametrize("name", [name for name in NAMES if name not in WITH_TDS])
def test_wireshark_finds_no_fault(name: str, made: Path) -> None:
    faults = "_ws.malformed or _ws.expert.severity >= 8388608"  # errors

    assert tshark.fields(made / f"{name}.pcap", ("frame.number",), faults) == []


def test_the_bundled_captures_are_made_again_byte_for_byte(made: Path) -> None:
    kept = {path.name: path.read_bytes() for path in PCAPS.iterdir()}
    manifest = json.loads(kept.pop("manifest.json"))

    again = {name: (made / name).read_bytes() for name in kept}
    assert again == kept
    listed = {name for one in manifest["captures"] for name in one["files"]}
    assert listed == kept.keys() - {"DeviceLogonEvents.jsonl"}


def test_a_bundled_capture_shows_each_carrier_and_each_rule() -> None:
    manifest = json.loads((PCAPS / "manifest.json").read_text("utf-8"))
    bundled = [recording_of(one["scenario"]) for one in manifest["captures"]]
    every = [recording_of(name) for name in NAMES]

    assert carriers(bundled) == carriers(every)
    assert rules(bundled) == rules(every)


def carriers(recordings: list[Recording]) -> set[str]:
    return {one.carrier for recording in recordings for one in recording.messages}


def rules(recordings: list[Recording]) -> set[str]:
    return {one.rule for recording in recordings for one in recording.incidents}


def test_the_bundled_captures_are_small() -> None:
    assert sum(path.stat().st_size for path in PCAPS.iterdir()) < 450_000
