"""Countries for `geo_info_from_ip_address`: one look-up for each address there is.

Addresses are those in columns named `...IP` and in the query's own strings; an address
that a query makes up while it runs has no place.
"""

from __future__ import annotations

import dataclasses
import ipaddress
import json
from collections.abc import Iterable, Iterator
from typing import Final

import duckdb

from sensor.enrich.geo import Geo, GeoInfo
from sensor.hunt.kusto import string_value
from sensor.hunt.lexis import strings
from sensor.hunt.tables import DEVICE_NETWORK_EVENTS, quoted

FUNCTION: Final = "geo_info_from_ip_address"

_KEYS: Final = ("country", "state", "city", "latitude", "longitude")
"What Kusto's function answers with."

_SHOWN: Final = 3
"Addresses named in a note."


def fill(con: duckdb.DuckDBPyConnection, geo: Geo, query: str) -> None:
    """Fill the table `kql_geo` with what *geo* knows of all addresses in sight."""
    addresses = {string_value(text) for text, _ in strings(query)} | _addresses(con)
    known = {ip: info for ip in sorted(addresses) if (info := geo.lookup(ip))}
    con.execute(
        "INSERT INTO kql_geo SELECT unnest($ips::VARCHAR[]), unnest($infos::JSON[])",
        {"ips": list(known), "infos": [_json(info) for info in known.values()]},
    )


def note(con: duckdb.DuckDBPyConnection) -> Iterator[str]:
    """Say how many rows with a public RemoteIP have no country, if any."""
    unknown = dict(_unknown(con))
    if not unknown:
        return
    shown = ", ".join(list(unknown)[:_SHOWN])
    more = ", ..." if len(unknown) > _SHOWN else ""
    yield (
        f"{counted(sum(unknown.values()), 'row')} fell for lack of a country wherever "
        f"the query asks for one: {counted(len(unknown), 'public address', 'es')} "
        f"without ({shown}{more})"
    )


def counted(number: int, noun: str, plural: str = "s") -> str:
    """Return *number* with *noun*, in the plural unless it is one."""
    return f"{number} {noun}" if number == 1 else f"{number} {noun}{plural}"


def _addresses(con: duckdb.DuckDBPyConnection) -> set[str]:
    columns = con.execute(
        "SELECT table_name, column_name FROM information_schema.columns "
        "WHERE column_name LIKE '%IP' AND data_type = 'VARCHAR'"
    ).fetchall()
    return set(_values(con, columns))


def _values(
    con: duckdb.DuckDBPyConnection, columns: Iterable[tuple[str, str]]
) -> Iterator[str]:
    for table, column in columns:
        sql = f"SELECT DISTINCT {quoted(column)} FROM {quoted(table)}"
        yield from (value for (value,) in con.execute(sql).fetchall() if value)


def _json(info: GeoInfo) -> str:
    fields = dataclasses.asdict(info)
    return json.dumps({key: fields[key] for key in _KEYS if fields[key] is not None})


def _unknown(con: duckdb.DuckDBPyConnection) -> Iterator[tuple[str, int]]:
    """Yield public addresses without a country and their rows, the frequent first."""
    found = con.execute(
        f"SELECT RemoteIP, count(*) FROM {DEVICE_NETWORK_EVENTS} "
        "LEFT JOIN kql_geo ON ip = RemoteIP "
        "WHERE info ->> 'country' IS NULL AND RemoteIP <> '' "
        "AND kql_ipv4_is_private(RemoteIP) IS NOT TRUE "
        "GROUP BY RemoteIP ORDER BY count(*) DESC, RemoteIP"
    )
    yield from ((ip, rows) for ip, rows in found.fetchall() if _is_public(ip))


def _is_public(ip: str) -> bool:
    """Tell public from other addresses, but for IPv4's private ones, already apart."""
    try:
        address = ipaddress.ip_address(ip)
    except ValueError:
        return False
    return address.version == 4 or address.is_global
