from __future__ import annotations

import json

from hypothesis import given
from hypothesis import strategies as st

from sensor.sinks.text import json_line, printable

HOSTILE = "\x1b[2J\x9b\r\n\t\x00\x7f\u2028\u2029\u202e\u2066\ufeff\x85é"


@given(st.text())
def test_json_is_one_line_of_visible_ascii(hostile: str) -> None:
    line = json_line({"user": hostile})

    assert line.endswith("\n")
    assert line[:-1].isascii()
    assert line[:-1].isprintable()
    assert json.loads(line) == {"user": hostile}


def test_json_of_what_terminals_and_parsers_trip_over() -> None:
    assert json_line(HOSTILE) == (
        '"\\u001b[2J\\u009b\\r\\n\\t\\u0000\\u007f\\u2028\\u2029\\u202e\\u2066\\ufeff'
        '\\u0085\\u00e9"\n'
    )


def test_terminal_text_shows_letters_and_escapes_the_rest() -> None:
    assert printable(HOSTILE) == (
        "\\u001b[2J\\u009b\\u000d\\u000a\\u0009\\u0000\\u007f\\u2028\\u2029\\u202e…"
    )
    assert printable("Zoë\udc80", 99) == "Zoë\\udc80"


@given(st.text())
def test_terminal_text_is_short_and_visible(hostile: str) -> None:
    shown = printable(hostile, 20)

    assert len(shown) <= 20
    assert shown.isprintable()
