from __future__ import annotations

from sensor.hunt.lexis import place, strings, words


def test_words_are_outside_strings_and_comments() -> None:
    query = "T // ago x\n| where a == \"ago \\\" b\" and c in ('ago', @'it''s') d"
    assert [word for word, _ in words(query)] == [
        *("T", "where", "a", "and", "c", "in", "d")
    ]


def test_strings_are_given_as_written_with_their_offset() -> None:
    query = "print \"a\\\"b\", @'c''d', @\"e\\\", ```f\n'g```"
    found = dict(strings(query))
    assert list(found) == ['"a\\"b"', "@'c''d'", '@"e\\"', "```f\n'g```"]
    assert all(query.startswith(text, offset) for text, offset in found.items())


def test_a_place_counts_from_one() -> None:
    assert place("ab\ncd", 0) == "line 1, column 1"
    assert place("ab\ncd", 2) == "line 1, column 3"
    assert place("ab\ncd", 3) == "line 2, column 1"
    assert place("ab\ncd", 5) == "line 2, column 3"
