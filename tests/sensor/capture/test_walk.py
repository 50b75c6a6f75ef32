"""Records of a buffer are put together in its order, headers read as struct does."""

from __future__ import annotations

import struct

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sensor.capture.walk import NO_RECORDS, Records, gather, join


def records(*starts: int) -> Records:
    """Records whose every column tells where they start."""
    at = np.array(starts, np.int64)
    return Records(at, at + 5, at + 6, at * 1000, at.astype(np.int32) % 300)


def told(found: Records) -> list[tuple[int, ...]]:
    columns = (found.start, found.end, found.wire_len, found.ts_ns, found.linktype)
    return list(zip(*(column.tolist() for column in columns), strict=True))


@settings(max_examples=60)
@given(st.lists(st.integers(0, 10**6), unique=True, max_size=20), st.data())
def test_records_are_joined_in_the_order_in_which_they_lie(
    starts: list[int], data: st.DataObject
) -> None:
    owner = [data.draw(st.integers(0, 2)) for _ in starts]
    parts = [
        records(*sorted(at for at, of in zip(starts, owner, strict=True) if of == part))
        for part in range(3)
    ]
    expected = [(at, at + 5, at + 6, at * 1000, at % 300) for at in sorted(starts)]
    found = join(parts)
    assert told(found) == expected
    assert found.linktype.dtype == np.int32
    assert {c.dtype.name for c in (found.start, found.end, found.ts_ns)} == {"int64"}


def test_nothing_joined_is_nothing() -> None:
    assert told(join([])) == told(join([NO_RECORDS, NO_RECORDS])) == []
    assert join([]).linktype.dtype == np.int32


def test_records_that_come_alone_are_not_copied() -> None:
    some = records(4, 9)
    assert join([NO_RECORDS, some]) is some


@pytest.mark.parametrize("order", ["<", ">"])
def test_headers_are_read_wherever_they_lie(order: str) -> None:
    raw = bytes(range(3, 103))
    at = [0, 1, 2, 50, len(raw) - 7]
    header = np.dtype([("kind", "u1"), ("half", order + "u2"), ("word", order + "u4")])
    found = gather(np.frombuffer(raw, np.uint8), np.array(at, np.int64), header)
    assert found.tolist() == [struct.unpack_from(order + "BHI", raw, x) for x in at]
    assert found["word"].tolist() == [
        struct.unpack_from(order + "I", raw, x + 3)[0] for x in at
    ]


def test_what_is_read_stays_when_the_buffer_is_filled_anew() -> None:
    data = np.arange(20, dtype=np.uint8)
    found = gather(data, np.array([0, 4]), np.dtype("<u2"))
    data[:] = 0
    assert found.tolist() == [0x0100, 0x0504]


def test_no_header_needs_no_data_and_one_beyond_it_is_an_error() -> None:
    word = np.dtype("<u4")
    nowhere = np.empty(0, np.int64)
    assert gather(np.empty(0, np.uint8), nowhere, word).shape == (0,)
    assert gather(np.zeros(4, np.uint8), np.array([0]), word).tolist() == [0]
    for size in (0, 3, 7):
        with pytest.raises(IndexError):
            gather(np.zeros(size, np.uint8), np.array([4]), word)
