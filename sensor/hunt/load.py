"""Table files -> DuckDB tables, typed as declared and read as Kusto ingests them.

A file is `<Table>.jsonl` (bare rows, or lines of Defender's streaming envelope with the
row under `properties`) or `<Table>.csv` with a header. Strings are never null in Kusto:
what is missing is "". What does not fit its column's type is null.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import duckdb

from sensor.errors import NetsigError
from sensor.hunt.tables import SQL_TYPES, TABLES, quoted

_NAME: Final = re.compile(r"([A-Za-z_]\w*)(\.\d+\.\w+)?\.(jsonl|jsonl\.gz|csv)")
"The table, number and time of a file that was closed, and the format."


@dataclass(frozen=True, slots=True)
class TableFile:
    """One file with rows of *table*."""

    table: str
    path: Path


def find_files(dirs: Sequence[str]) -> list[TableFile]:
    """Return the table files in *dirs*, in the order of directories and names.

    Raises NetsigError for a directory that is missing or holds none.
    """
    return [file for name in dirs for file in _files_of(Path(name))]


def _files_of(path: Path) -> list[TableFile]:
    if not path.is_dir():
        raise NetsigError(f"{path}: not a directory with tables")
    files = sorted(file for file in path.iterdir() if file.is_file())
    packed = {file.with_suffix("") for file in files if file.suffix == ".gz"}
    matches = [(file, _NAME.fullmatch(file.name)) for file in files]
    found = [TableFile(m[1], file) for file, m in matches if m and file not in packed]
    if not found:
        raise NetsigError(
            f"{path}: holds no table; expected files such as DeviceNetworkEvents.jsonl"
        )
    return found


def load(
    con: duckdb.DuckDBPyConnection, files: Iterable[TableFile], query: str
) -> Iterator[str]:
    """Create every declared table, and others that *query* names, and fill them.

    Yields a note for each file in which something could not be read.
    Raises NetsigError when a file cannot be read at all.
    """
    for table, columns in TABLES.items():
        con.execute(_create(table, columns))
    for file in files:
        try:
            yield from _load_file(con, file, query)
        except duckdb.Error as error:
            reason = str(error).partition("\n")[0]
            raise NetsigError(f"{file.path}: cannot be read: {reason}") from error


def _create(table: str, columns: dict[str, str]) -> str:
    typed = (f'"{name}" {SQL_TYPES[kind]}' for name, kind in columns.items())
    return f"CREATE TABLE {table} ({', '.join(typed)})"


def _load_file(
    con: duckdb.DuckDBPyConnection, file: TableFile, query: str
) -> Iterator[str]:
    if file.table in TABLES:
        yield from _load_declared(con, file)
    elif re.search(rf"\b{file.table}\b", query):
        _load_undeclared(con, file)


def _load_declared(con: duckdb.DuckDBPyConnection, file: TableFile) -> Iterator[str]:
    columns = TABLES[file.table]
    con.execute(f"CREATE OR REPLACE TEMP TABLE raw AS {_rows_sql(con, file)}")
    chosen = ", ".join(_cell_sql(name, kind) for name, kind in columns.items())
    con.execute(
        f'INSERT INTO "{file.table}" SELECT {chosen} FROM raw WHERE r IS NOT NULL'
    )
    bad, undated = _faults(con)
    con.execute("DROP TABLE raw")
    if bad:
        yield f"{file.path}: lines left out because they are not JSON objects: {bad}"
    if undated:
        yield f"{file.path}: rows without a readable Timestamp: {undated}"


def _rows_sql(con: duckdb.DuckDBPyConnection, file: TableFile) -> str:
    """Return SQL for one column `r`: each row as a struct of text, null if damaged."""
    names = TABLES[file.table]
    if file.path.suffix == ".csv":
        present = con.sql(f"SELECT * FROM {_csv(file.path)}").columns
        picked = (f'"{n}" := {quoted(n) if n in present else "NULL"}' for n in names)
        return f"SELECT struct_pack({', '.join(picked)}) AS r FROM {_csv(file.path)}"
    shape = "{" + ",".join(f'"{name}":"VARCHAR"' for name in names) + "}"
    return (
        "SELECT CASE WHEN json_type(j) = 'OBJECT' THEN from_json("
        "CASE WHEN json_type(j, '$.properties') = 'OBJECT' THEN j->'properties' "
        f"ELSE j END, '{shape}') END AS r "
        f"FROM (SELECT json AS j FROM {_jsonl(file.path)})"
    )


def _cell_sql(name: str, kind: str) -> str:
    cell = f'r."{name}"'
    if kind == "string":
        return f"coalesce({cell}, '')"
    if kind == "datetime":
        # through TIMESTAMPTZ, so that an offset is honoured and not dropped
        return f"TRY_CAST({cell} AS TIMESTAMPTZ) AT TIME ZONE 'UTC'"
    return f"TRY_CAST({cell} AS {SQL_TYPES[kind]})"


def _faults(con: duckdb.DuckDBPyConnection) -> tuple[int, int]:
    """Count the lines of `raw` that are no rows, and the rows without a time."""
    row = con.execute(
        "SELECT count(*) FILTER (r IS NULL), count(*) FILTER (r IS NOT NULL AND "
        'TRY_CAST(r."Timestamp" AS TIMESTAMPTZ) IS NULL) FROM raw'
    ).fetchone()
    return (row[0], row[1]) if row else (0, 0)


def _load_undeclared(con: duckdb.DuckDBPyConnection, file: TableFile) -> None:
    """Load a table nobody declared, with the columns and types DuckDB infers."""
    source = (
        f"read_csv({_text(file.path)}, header=true)"
        if file.path.suffix == ".csv"
        else f"read_json({_text(file.path)}, format='newline_delimited')"
    )
    con.execute(
        f"CREATE TABLE IF NOT EXISTS {quoted(file.table)} "
        f"AS SELECT * FROM {source} LIMIT 0"
    )
    con.execute(f"INSERT INTO {quoted(file.table)} BY NAME SELECT * FROM {source}")


def _csv(path: Path) -> str:
    # one reader, because rows may hold line breaks; short rows are filled with null
    return (
        f"read_csv({_text(path)}, delim=',', quote='\"', escape='\"', header=true, "
        "all_varchar=true, null_padding=true, strict_mode=false, parallel=false)"
    )


def _jsonl(path: Path) -> str:
    return f"read_ndjson_objects({_text(path)}, ignore_errors=true)"


def _text(path: Path) -> str:
    """Return *path* as an SQL string, with what DuckDB takes for wildcards escaped."""
    escaped = re.sub(r"([*?\[])", r"[\1]", str(path))
    return "'" + escaped.replace("'", "''") + "'"
