from __future__ import annotations

import json
from pathlib import Path

import pytest

from sensor.hunt import list_queries, main_hunt
from tests.support.hunting import countries, event, logon, write

LEAK = "ntlmv2-hash-leak"


@pytest.fixture
def folder(tmp_path: Path) -> str:
    row = event(ActionType="ConnectionSuccess", RemoteIPType="Public")
    write(tmp_path, "DeviceNetworkEvents", [row])
    return write(tmp_path, "DeviceLogonEvents", [logon()])


def test_rows_go_out_and_notes_aside(
    folder: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main_hunt(LEAK, [folder], False, "json", None) == 0
    out, err = capsys.readouterr()
    assert out == ""
    assert err.startswith("netsig: 1 row fell for their age alone")

    now = "2024-05-02T00:00:00Z"
    assert main_hunt(LEAK, [folder], False, "json", None, now) == 0
    out, err = capsys.readouterr()
    assert json.loads(out)["RemoteIP"] == "203.0.113.1"
    assert err == ""


def test_a_table_of_countries_can_be_given(
    folder: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    geo = countries(tmp_path / "geo.mmdb", Atlantis="203.0.113.0/24")
    assert main_hunt("smb-ntlm-public", [folder], False, "csv", geo) == 0
    assert ",Atlantis,203.0.113.1," in capsys.readouterr().out


def test_the_list_is_printed(capsys: pytest.CaptureFixture[str]) -> None:
    assert main_hunt(None, [], True, "table", None) == 0
    assert capsys.readouterr().out == list_queries()


@pytest.mark.parametrize(
    ("query", "dirs", "geo", "now", "message"),
    [
        (None, ["."], None, None, "needs a query"),
        (LEAK, [], None, None, "at least one directory"),
        (LEAK, ["/nonexistent"], None, None, "/nonexistent: not a directory"),
        ("nope", ["."], None, None, "nope: neither a file"),
        (LEAK, ["@"], None, "noon", "--now noon: not a time"),
        (LEAK, ["@"], "/nonexistent.mmdb", None, "/nonexistent.mmdb: not a MaxMind DB"),
    ],
)
def test_what_cannot_be_done_is_said_and_is_2(
    folder: str,
    capsys: pytest.CaptureFixture[str],
    query: str | None,
    dirs: list[str],
    geo: str | None,
    now: str | None,
    message: str,
) -> None:
    places = [folder if name == "@" else name for name in dirs]
    assert main_hunt(query, places, False, "table", geo, now) == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert message in err


def test_a_bad_query_is_2_with_its_place(
    folder: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "bad.kql"
    path.write_text("DeviceNetworkEvents\n| where Foo == 1")
    assert main_hunt(str(path), [folder], False, "table", None) == 2
    err = capsys.readouterr().err
    assert err == "netsig: line 2, column 9: no column or table is named Foo\n"
