"""Run a KQL query on tables in directories."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

import duckdb
import duckdb_kql
from duckdb_kql.errors import KqlError

from sensor.enrich.geo import open_geo
from sensor.hunt import kusto, places
from sensor.hunt.faults import query_error
from sensor.hunt.lexis import words
from sensor.hunt.load import find_files, load
from sensor.hunt.notes import newest, too_old, unseen


@dataclass(frozen=True, slots=True)
class Result:
    """What a query returned, and what the reader should know about it."""

    columns: tuple[str, ...]
    rows: tuple[tuple[object, ...], ...]
    "Values as Python's own; dynamic ones as lists and dicts, datetimes UTC, no zone."
    notes: tuple[str, ...] = ()
    "Sentences: what fell out of sight, and why."


def hunt(
    query: str,
    dirs: Sequence[str],
    *,
    geo: str | None = None,
    now: datetime | None = None,
) -> Result:
    """Run the KQL *query* on the tables in *dirs*, as if it were *now*.

    *geo* is a MaxMind DB file that outranks the table of countries at hand. *now*
    without a zone is UTC; None is the present.
    Raises QueryError for a query that cannot be run, NetsigError for a directory or
    file that cannot be read.
    """
    files = find_files(dirs)
    with kusto.connect() as con:
        notes = [*load(con, files, query)]
        used = {word for word, _ in words(query)}
        if geo is not None or places.FUNCTION in used:
            places.fill(con, open_geo(geo), query)
        # from here on only the query speaks, and it may be a stranger's
        con.execute("SET enable_external_access = false")
        columns, rows = _run(con, query, _utc(now))
        notes += unseen(con, used)
        then = newest(con, used)
        if then:
            older = len(_run(con, query, then)[1]) - len(rows)
            notes += too_old(older, then)
    return Result(columns, rows, tuple(notes))


def _utc(now: datetime | None) -> datetime:
    """Return *now* in UTC without a zone, as DuckDB's TIMESTAMP has it."""
    moment = now or datetime.now(UTC)
    return moment.astimezone(UTC).replace(tzinfo=None) if moment.tzinfo else moment


def _run(
    con: duckdb.DuckDBPyConnection, query: str, now: datetime
) -> tuple[tuple[str, ...], tuple[tuple[object, ...], ...]]:
    try:
        found = duckdb_kql.query(con, query, allow_write=False, query_now=now)
        dynamic = [str(kind) == "JSON" for kind in found.types]
        rows = found.fetchall()
    except (KqlError, duckdb.Error) as error:
        raise query_error(error, query) from error
    return tuple(found.columns), tuple(
        tuple(_value(*cell) for cell in zip(row, dynamic, strict=True)) for row in rows
    )


def _value(value: object, dynamic: bool) -> object:
    return json.loads(value) if dynamic and isinstance(value, str) else value
