"""What a hunt did not see, and why, in sentences."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

import duckdb

from sensor.hunt import places
from sensor.hunt.tables import DEVICE_LOGON_EVENTS, DEVICE_NETWORK_EVENTS, TABLES


def unseen(con: duckdb.DuckDBPyConnection, used: set[str]) -> Iterator[str]:
    """Yield what the tables and functions among the words *used* keep out of sight."""
    yield from _empty(con, used)
    if places.FUNCTION in used:
        yield from places.note(con)
    if "ipv4_is_private" in used:
        yield from _ipv6(con)


def newest(con: duckdb.DuckDBPyConnection, used: set[str]) -> datetime | None:
    """Return the newest time in the tables *used*, if the query asks for the time."""
    if not {"ago", "now"} & used:
        return None
    tables = sorted(TABLES.keys() & used)
    times = (_scalar(con, f"SELECT max(Timestamp) FROM {table}") for table in tables)
    return max((time for time in times if isinstance(time, datetime)), default=None)


def too_old(rows: int, then: datetime) -> Iterator[str]:
    """Say that *rows* more rows would have been found *then*, if any."""
    if rows > 0:
        yield (
            f"{places.counted(rows, 'row')} fell for their age alone; to hunt as if it "
            f"were then: --now {then.isoformat()}Z"
        )


def _empty(con: duckdb.DuckDBPyConnection, used: set[str]) -> Iterator[str]:
    for table in TABLES:
        if table in used and not _scalar(con, f"SELECT count(*) FROM {table}"):
            yield f"{table} has no rows{_why(table)}"


def _why(table: str) -> str:
    if table != DEVICE_LOGON_EVENTS:
        return ""
    return (
        ": a packet sensor cannot see interactive logons; add DeviceLogonEvents.jsonl "
        "or .csv from Defender or another source to the directory"
    )


def _ipv6(con: duckdb.DuckDBPyConnection) -> Iterator[str]:
    where = "contains(RemoteIP, ':')"
    count = _scalar(con, f"SELECT count(*) FROM {DEVICE_NETWORK_EVENTS} WHERE {where}")
    if isinstance(count, int) and count:
        yield (
            f"{places.counted(count, 'row')} with an IPv6 RemoteIP: ipv4_is_private "
            "answers null there, and where a query tests that, null drops the row"
        )


def _scalar(con: duckdb.DuckDBPyConnection, sql: str) -> object:
    row = con.execute(sql).fetchone()
    return row[0] if row else None
