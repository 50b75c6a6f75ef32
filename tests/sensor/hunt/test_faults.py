from __future__ import annotations

from pathlib import Path

import pytest

from sensor.errors import QueryError
from sensor.hunt import hunt
from tests.support.hunting import write


@pytest.mark.parametrize(
    ("query", "message"),
    [
        (
            "DeviceNetworkEvents\n| whre x == 1",
            "line 2, column 1: cannot be read from here on: | whre x == 1",
        ),
        ("DeviceNetworkEvents | where", "line 1, column 21: cannot be read"),
        ("DeviceNetworkEvents | where A > ", "line 1, column 33: more is expected"),
        ('DeviceNetworkEvents | where A == "b', "line 1, column 34: cannot be read"),
        ("", "line 1, column 1: more is expected here"),
        (
            "DeviceNetworkEvents // Foo\n| where Foo == 1",
            "line 2, column 9: no column or table is named Foo",
        ),
        ("Nope | take 1", "line 1, column 1: no column or table is named Nope"),
        (
            "DeviceNetworkEvents\n| join kind=inner (\n  Nope) on DeviceName",
            "line 3, column 3: no column or table is named Nope",
        ),
        (
            "DeviceNetworkEvents | summarize count() by Foo",
            "line 1, column 44: no column or table is named Foo",
        ),
        (
            "DeviceNetworkEvents | where RemotePort == 1\n| project DeviceName\n"
            "| where RemotePort == 445",
            "line 3, column 9: no column or table is named RemotePort",
        ),
        (
            "DeviceNetworkEvents\n| extend a = 'foo', b = foo(DeviceName)",
            "line 2, column 25: function foo is unknown",
        ),
        (
            "print ipv4_is_private('10.0.0.1', 2)",
            "line 1, column 7: function ipv4_is_private",
        ),
        (
            "DeviceNetworkEvents | where RemotePort == 'x'",
            "line 1, column 43: cannot be run",
        ),
        (".create database X", "writes are disabled"),
        ("externaldata(a:string)[@'/etc/hostname']", "line 1, column 1: "),
    ],
)
def test_a_bad_query_is_told_with_its_place(
    tmp_path: Path, query: str, message: str
) -> None:
    folder = write(tmp_path, "DeviceNetworkEvents", [{"RemotePort": 1}])
    with pytest.raises(QueryError) as caught:
        hunt(query, [folder])
    assert message in str(caught.value)
    assert len(str(caught.value)) < 250
