"""What duckdb-kql lacks to run the published queries as they are written.

Two functions and the escapes of string literals are added through hooks that
duckdb-kql 1.1.2 does not promise to keep (`SCALAR_FUNCTIONS`, `lower._string_value`),
so any other version is refused. Once it has them, this file goes away.
"""

from __future__ import annotations

import re
from typing import Final

import duckdb
import duckdb_kql
from duckdb_kql import lower
from duckdb_kql.translate.functions import SCALAR_FUNCTIONS, FunctionSpec

from sensor.errors import NetsigError

PINNED: Final = "1.1.2"

_ESCAPE: Final = re.compile(
    r"\\(?:x([0-9A-Fa-f]{0,2})|u([0-9A-Fa-f]{0,4})|([0-9]{1,3})|(.))", re.DOTALL
)
_CONTROLS: Final = {
    "a": "\a", "b": "\b", "f": "\f", "n": "\n", "r": "\r", "t": "\t", "v": "\v",
}  # fmt: skip

_OCTET: Final = r"(25[0-5]|2[0-4]\d|1\d\d|\d?\d)"
_IPV4: Final = rf"{_OCTET}(\.{_OCTET}){{3}}(/(3[0-2]|[12]?\d))?"
_PRIVATE: Final = r"^(10\.|172\.(1[6-9]|2\d|3[01])\.|192\.168\.)"

_MACROS: Final = (
    # null, not false, for what is no IPv4 address: `where not(null)` drops the row
    rf"""CREATE MACRO kql_ipv4_is_private(ip) AS CASE
        WHEN regexp_full_match(ip, '{_IPV4}')
        THEN regexp_matches(ip, '{_PRIVATE}') END""",
    "CREATE TABLE kql_geo (ip VARCHAR, info JSON)",
    """CREATE MACRO kql_geo_info_from_ip_address(address) AS
        (SELECT info FROM kql_geo WHERE ip = address)""",
)
_ADDED: Final = ("ipv4_is_private", "geo_info_from_ip_address")


def check_version(installed: str = duckdb_kql.__version__) -> None:
    """Raise NetsigError unless *installed* is the duckdb-kql these hooks fit."""
    if installed != PINNED:
        raise NetsigError(
            f"hunting needs duckdb-kql {PINNED}, found {installed}: "
            f"pip install duckdb-kql=={PINNED}"
        )


def connect() -> duckdb.DuckDBPyConnection:
    """Open an empty in-memory database on which `duckdb_kql.query` speaks Kusto.

    The table `kql_geo (ip, info)` is what `geo_info_from_ip_address` answers from;
    an address is there at most once.
    Raises NetsigError when the installed duckdb-kql is another version.
    """
    check_version()
    lower._string_value = string_value  # noqa: SLF001
    for name in _ADDED:
        template = f"kql_{name}(CAST({{0}} AS VARCHAR))"
        SCALAR_FUNCTIONS[name] = FunctionSpec(name, "udf", template, (1,))
    con = duckdb_kql.connect(config={"autoinstall_known_extensions": "false"})
    for macro in _MACROS:
        con.execute(macro)
    return con


def string_value(text: str) -> str:
    r"""Return the characters a KQL string literal stands for.

    As Kusto.Language's `KustoFacts.GetStringLiteralValue`: in `"..."` and `'...'`,
    `\x` takes two hex digits, `\u` four, a digit begins an octal code; in `@"..."`
    only the doubled quote is special.
    """
    body = text.removeprefix("@")
    quote = body[:1]
    if quote in "'\"" and len(body) >= 2 and body.endswith(quote):
        body = body[1:-1]
    if text.startswith("@"):
        return body.replace(quote * 2, quote)
    units = _ESCAPE.sub(_unescaped, body)
    # two \u escapes may be the halves of one character
    return units.encode("utf-16", "surrogatepass").decode("utf-16", "replace")


def _unescaped(match: re.Match[str]) -> str:
    hex2, hex4, octal, other = match.groups()
    if octal:
        return chr(_octal(octal) & 0xFFFF)
    if other:
        return _CONTROLS.get(other, other)
    return chr(int(hex2 or hex4 or "0", 16))


def _octal(digits: str) -> int:
    value = 0
    for digit in digits:
        value = value * 8 + int(digit)
    return value
