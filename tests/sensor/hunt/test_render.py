from __future__ import annotations

import csv
import io
import json
from datetime import datetime, timedelta

import pytest

from sensor.hunt import Result, render

HOSTILE = "\x1b[31m[bold]red[/]\r\nnext\u202eline\x7f\u2028"


def one(value: object) -> Result:
    return Result(("column",), ((value,),))


@pytest.mark.parametrize("fmt", ["table", "csv"])
def test_no_control_character_reaches_terminal_or_csv(fmt: str) -> None:
    text = render(one(HOSTILE), fmt)

    assert "[31m[bold]red[/]\\u000d\\u000anext\\u202eline\\u007f\\u2028" in text
    assert all(line.isprintable() for line in text.split("\n"))


def test_markup_stays_text() -> None:
    assert "[bold]red[/]" in render(one("[bold]red[/]"), "table")


def test_json_is_ascii_with_a_line_for_each_row() -> None:
    result = Result(("a", "b"), ((HOSTILE, 1), (None, [1, {"x": "é"}])))

    text = render(result, "json")

    assert text.isascii()
    assert text.count("\n") == 2
    assert [json.loads(line) for line in text.splitlines()] == [
        {"a": HOSTILE, "b": 1},
        {"a": None, "b": [1, {"x": "é"}]},
    ]


@pytest.mark.parametrize(
    ("value", "plain"),
    [
        (datetime(2024, 5, 1, 12), "2024-05-01T12:00:00Z"),
        (float("nan"), None),
        (True, True),
        (timedelta(days=1), "1 day, 0:00:00"),
    ],
)
def test_json_values_are_what_json_has(value: object, plain: object) -> None:
    assert json.loads(render(one(value), "json")) == {"column": plain}


@pytest.mark.parametrize(
    ("value", "cell"),
    [
        ("=1+1", "'=1+1"),
        ("+1", "'+1"),
        ("-1", "'-1"),
        ("@SUM(A1)", "'@SUM(A1)"),
        (" =1", "' =1"),
        ("\t=1", "\\u0009=1"),
        ("\uff1d1", "'\uff1d1"),
        ("a=1", "a=1"),
        (-5, "-5"),
        (-5.5, "-5.5"),
        (None, ""),
        (False, "false"),
        ('say "hi", all', 'say "hi", all'),
        ([445, 139], "[445, 139]"),
        ([-1], "[-1]"),
        (datetime(2024, 5, 1, 12), "2024-05-01T12:00:00Z"),
    ],
)
def test_csv_cells_are_numbers_or_harmless_text(value: object, cell: str) -> None:
    rows = list(csv.reader(io.StringIO(render(one(value), "csv"))))
    assert rows == [["column"], [cell]]


def test_csv_heads_are_as_harmless_as_cells() -> None:
    text = render(Result(("=cmd()", "b"), ()), "csv")
    assert text == "'=cmd(),b\n"


def test_a_table_shows_every_cell_whole_and_counts_rows() -> None:
    text = render(Result(("a", "b"), (("x" * 500, None), ("y", 3))), "table")
    assert "x" * 500 in text
    assert text.endswith("2 rows\n")
    assert render(Result(("a",), ()), "table") == "0 rows\n"


def test_a_table_folds_to_the_terminal() -> None:
    text = render(one("x" * 500), "table", 40)
    assert max(map(len, text.splitlines())) <= 40
    assert text.count("x") == 500
