from __future__ import annotations

import pytest

from sensor.errors import NetsigError
from sensor.hunt.kusto import check_version, connect, string_value


@pytest.mark.parametrize(
    ("literal", "value"),
    [
        # values as Microsoft's KustoFacts.GetStringLiteralValue gives them, which
        # test_kusto_language.py asks again
        (r'"\x01\x00"', "\x01\0"),
        (r"'\u0001'", "\x01"),
        (r'@"\x01"', r"\x01"),
        (r'"\101\0"', "A\0"),
        (r'"\q\a\v"', "q\a\v"),
        (r'"\x1g"', "\x01g"),
        (r'"\x"', "\0"),
        ("@'a''b'", "a'b"),
        (r'"\"\\\'"', "\"\\'"),
        (r'"%01%00"', "%01%00"),
        (r'"\ud83d\ude00"', "\U0001f600"),
        ('""', ""),
    ],
)
def test_literals_stand_for_what_kusto_says(literal: str, value: str) -> None:
    assert string_value(literal) == value


@pytest.mark.parametrize(
    ("address", "private"),
    [
        # the examples of the function's documentation
        ("192.168.1.1/24", True),
        ("10.1.2.3/24", True),
        ("202.1.2.3", False),
        ("127.0.0.1", False),
        # the ends of the three ranges
        ("9.255.255.255", False),
        ("10.0.0.0", True),
        ("10.255.255.255", True),
        ("11.0.0.0", False),
        ("172.15.255.255", False),
        ("172.16.0.0", True),
        ("172.31.255.255", True),
        ("172.32.0.0", False),
        ("192.167.255.255", False),
        ("192.168.255.255", True),
        ("192.169.0.0", False),
        ("100.64.0.1", False),
        ("110.0.0.1", False),
        # what is no IPv4 address is neither
        ("", None),
        ("::1", None),
        ("::ffff:10.0.0.1", None),
        ("10.0.0", None),
        ("10.0.0.256", None),
        ("10.0.0.1/33", None),
        ("10.0.0.1\n", None),
        ("x10.0.0.1", None),
        (None, None),
    ],
)
def test_private_is_as_documented(address: str | None, private: bool | None) -> None:
    with connect() as con:
        row = con.execute("SELECT kql_ipv4_is_private(?)", [address]).fetchone()
    assert row == (private,)


def test_another_version_is_refused() -> None:
    with pytest.raises(NetsigError, match=r"needs duckdb-kql 1\.1\.2, found 1\.2\.0"):
        check_version("1.2.0")
