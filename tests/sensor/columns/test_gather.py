"""Gathering reads what struct reads; dropping and joining keep rows whole."""

from __future__ import annotations

import struct
from dataclasses import dataclass

import numpy as np
import pytest

from sensor.columns.gather import gather, join, octet, pick, reject, select, word
from sensor.types import I64, Stats


@dataclass(frozen=True, slots=True)
class Pair:
    row: I64
    value: I64


def pair(*rows: int) -> Pair:
    return Pair(np.array(rows, np.int64), np.array(rows, np.int64) * 10)


def test_headers_are_read_wherever_they_lie() -> None:
    raw = bytes(range(7, 250))
    data = np.frombuffer(raw, np.uint8)
    at = np.array([0, 1, 3, 100, len(raw) - 7], np.int64)
    header = np.dtype([("a", "u1"), ("b", ">u2"), ("c", ">u4")])
    found = gather(data, at, header)
    expected = [struct.unpack_from(">BHI", raw, place) for place in at.tolist()]
    assert found.tolist() == expected
    assert octet(data, at).tolist() == [raw[place] for place in at.tolist()]
    words = [struct.unpack_from(">H", raw, place)[0] for place in at.tolist()]
    assert word(data, at).tolist() == words


def test_a_header_beyond_the_data_is_an_error_and_none_needs_no_data() -> None:
    header = np.dtype([("a", ">u4")])
    data = np.zeros(10, np.uint8)
    with pytest.raises(IndexError):
        gather(data, np.array([7]), header)
    nowhere = np.zeros(0, np.int64)
    assert len(gather(data[:0], nowhere, header)) == 0


def test_rows_stay_whole() -> None:
    stats = Stats()
    left = reject(stats, "odd", np.array([True, False, True]), pair(1, 2, 3))
    assert (left.row.tolist(), left.value.tolist()) == ([2], [20])
    assert stats.counts == {"columns.rejected.odd": 2}
    assert pick(pair(4, 5, 6), np.array([2, 0])).value.tolist() == [60, 40]
    joined = join([pair(1, 5, 9), pair(), pair(2, 6), pair(0)])
    assert joined.row.tolist() == [0, 1, 2, 5, 6, 9]
    assert joined.value.tolist() == [0, 10, 20, 50, 60, 90]
    assert join([pair(), pair()]).row.tolist() == []


def test_nothing_is_copied_when_all_is_kept() -> None:
    stats, all_ = Stats(), pair(1, 2)
    assert select(all_, np.array([True, True])) is all_
    assert reject(stats, "odd", np.array([False, False]), all_) is all_
    assert join([pair(), all_]) is all_
    assert not stats.counts
