"""Where the words and strings of a KQL text are; enough to point at one of them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

_TOKEN: Final = re.compile(
    r"""
      //[^\n]*
    | (?P<string> ```.*?``` | @"(?:[^"]|"")*" | @'(?:[^']|'')*'
                | "(?:\\.|[^"\\\n])*" | '(?:\\.|[^'\\\n])*' )
    | (?P<word> [A-Za-z_]\w* )
    """,
    re.VERBOSE | re.DOTALL,
)


def words(query: str) -> Iterator[tuple[str, int]]:
    """Yield each name and keyword of *query* with its offset."""
    return _tokens(query, "word")


def strings(query: str) -> Iterator[tuple[str, int]]:
    """Yield each string literal of *query*, as written, with its offset."""
    return _tokens(query, "string")


def place(query: str, offset: int) -> str:
    """Return `line 2, column 9` for *offset* in *query*, both counted from 1."""
    line = query.count("\n", 0, offset) + 1
    return f"line {line}, column {offset - query.rfind(chr(10), 0, offset)}"


def _tokens(query: str, kind: str) -> Iterator[tuple[str, int]]:
    for match in _TOKEN.finditer(query):
        if match[kind] is not None:
            yield match[kind], match.start()
