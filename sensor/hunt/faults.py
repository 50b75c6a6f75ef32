"""What is wrong with a query, in words, at its line and column.

duckdb-kql gives places for syntax only. A column or table that does not exist is first
noticed by DuckDB, which knows no KQL: there the name is taken from the message and
looked up in the text.
"""

from __future__ import annotations

import re
from typing import Final

import duckdb
from duckdb_kql.errors import (
    KqlError,
    KqlSchemaError,
    KqlSyntaxError,
    KqlUnsupportedError,
    SourceSpan,
)

from sensor.errors import QueryError
from sensor.hunt.kusto import string_value
from sensor.hunt.lexis import place, strings, words
from sensor.hunt.tables import TABLES

_NEAR: Final = 40
"Characters of the query shown from where it cannot be read."

_UNKNOWN_NAME: Final = re.compile(
    r'(?:Referenced (?:column|table) "|Alias with name "|Column "|Table with name )'
    r'([^"\s]+)'
)
_VALUE: Final = re.compile(r"Could not convert string '([^']*)'")
_COLUMNS: Final = {column for columns in TABLES.values() for column in columns}


def query_error(error: KqlError | duckdb.Error, query: str) -> QueryError:
    """Return *error*, met while running *query*, as one a person can act on."""
    if isinstance(error, KqlSyntaxError) and error.diagnostics:
        return _syntax(error.diagnostics[0].span, query)
    if isinstance(error, KqlUnsupportedError):
        return _unsupported(error, query)
    if isinstance(error, KqlSchemaError):
        return _at_name(error.name, _unknown(error.name), query)
    text = str(error).partition("\n")[0]
    name = _UNKNOWN_NAME.search(text)
    if name:
        return _at_name(name[1], _unknown(name[1]), query)
    return _at_value(text, query)


def _unknown(name: str) -> str:
    return f"no column or table is named {name}"


def _syntax(span: SourceSpan, query: str) -> QueryError:
    offset = _offset(span, query)
    near = query[offset:].partition("\n")[0][:_NEAR].strip()
    what = f"cannot be read from here on: {near}" if near else "more is expected here"
    return QueryError(f"{place(query, offset)}: {what}")


def _unsupported(error: KqlUnsupportedError, query: str) -> QueryError:
    kind, _, name = error.construct.rpartition(":")
    # that hint speaks of duckdb-kql's own files
    hint = "" if "translate/functions.py" in (error.hint or "") else error.hint
    what = f"{kind} {name} is unknown or cannot be run".strip()
    if hint:
        what = f"{what}: {hint}"
    if error.span:
        return QueryError(f"{place(query, _offset(error.span, query))}: {what}")
    named = any(word == name for word, _ in words(query))
    return _at_name(name if named else kind, what, query)


def _at_name(name: str, what: str, query: str) -> QueryError:
    """Point at *name*: where it first stands or, for a name that exists, last.

    A real column that is not found was taken away by an operator in between.
    """
    offsets = [offset for word, offset in words(query) if word == name]
    if not offsets:
        return QueryError(what)
    offset = offsets[-1] if name in _COLUMNS else offsets[0]
    return QueryError(f"{place(query, offset)}: {what}")


def _at_value(text: str, query: str) -> QueryError:
    """Point at the string that DuckDB's message *text* quotes, if it stands there."""
    what = f"cannot be run: {text}"
    value = _VALUE.search(text)
    for literal, offset in strings(query):
        if value and string_value(literal) == value[1]:
            return QueryError(f"{place(query, offset)}: {what}")
    return QueryError(f"the query {what}")


def _offset(span: SourceSpan, query: str) -> int:
    """Return the offset of *span*, whose lines count from 1 and columns from 0."""
    lines = query.split("\n")
    return sum(len(line) + 1 for line in lines[: span.line - 1]) + span.column
