from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sensor.schema.times import filetime, ticks, timestamp


@pytest.mark.parametrize(
    ("ts_ns", "text"),
    [
        (0, "1970-01-01T00:00:00.0000000Z"),
        (1_668_015_808_188_350_000, "2022-11-09T17:43:28.1883500Z"),
        (1_668_015_808_188_350_199, "2022-11-09T17:43:28.1883501Z"),
        (-1, "1969-12-31T23:59:59.9999999Z"),
        (-(2**63), "1677-09-21T00:12:43.1452241Z"),
        (2**63 - 1, "2262-04-11T23:47:16.8547758Z"),
    ],
)
def test_timestamp(ts_ns: int, text: str) -> None:
    assert timestamp(ts_ns) == text


def test_filetime_of_a_published_record() -> None:
    # ts 133370931234950000, which FILETIME's definition makes 2023-08-21 12:05:23.495
    moment = datetime(2023, 8, 21, 12, 5, 23, 495_000, tzinfo=UTC)
    since = moment - datetime(1970, 1, 1, tzinfo=UTC)
    ns = since // timedelta(microseconds=1) * 1000

    assert filetime(ns) == 133_370_931_234_950_000
    assert filetime(0) == 116_444_736_000_000_000  # [MS-DTYP] 2.3.3


def test_ticks_of_1970() -> None:
    assert ticks(0) == 621_355_968_000_000_000  # .NET DateTime.UnixEpoch.Ticks


@given(st.integers(-(2**63), 2**63 - 1))
def test_timestamps_sort_as_time_does(ts_ns: int) -> None:
    assert timestamp(ts_ns) <= timestamp(min(ts_ns + 100, 2**63 - 1))
    assert len(timestamp(ts_ns)) == 28
