"""Each transport fills its own rows of the columns, and leaves the others alone."""

from __future__ import annotations

from dataclasses import fields
from typing import Any

import dpkt
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sensor.columns import tcp, udp
from sensor.columns.headers import Headers
from sensor.types import U8
from tests.support import frames

FILLERS = {"tcp": tcp.fill, "udp": udp.fill}
Row = tuple[int, ...]

UNTOUCHED = (1, 2, 3, 400, 5, 6, 7)
"What every row holds before: ports, size, promised, numbers, flags."


def blank(count: int) -> Headers:
    kinds = ("u2", "u2", "i8", "i8", "u4", "u4", "u1")
    columns: list[Any] = [
        np.full(count, value, kind)
        for value, kind in zip(UNTOUCHED, kinds, strict=True)
    ]
    return Headers(*columns)


def rows_of(headers: Headers) -> list[Row]:
    columns = (getattr(headers, field.name).tolist() for field in fields(headers))
    return list(zip(*columns, strict=True))


def laid(*parts: bytes) -> tuple[U8, list[int]]:
    """Lay *parts* behind one another, with something before each; say where."""
    starts = [3 + sum(len(part) + 3 for part in parts[:i]) for i in range(len(parts))]
    return np.frombuffer(b"".join(b"???" + part for part in parts), np.uint8), starts


def test_a_tcp_header_tells_its_size_numbers_and_flags() -> None:
    segment = frames.tcp(
        b"hello", numbers=(0xFFFFFFFE, 3), flags=0xC2, options=bytes(8)
    )
    data, starts = laid(segment)
    headers = blank(3)
    tcp.fill(headers, np.array([1]), data, np.array(starts))
    told = (1, 2, 28, 400, 0xFFFFFFFE, 3, 0xC2)
    assert rows_of(headers) == [UNTOUCHED, told, UNTOUCHED]


@pytest.mark.parametrize(
    ("length", "promised"), [(8, 11), (13, 16), (397, 400), (398, 400), (0, 400)]
)
def test_a_udp_header_tells_where_its_payload_ends(length: int, promised: int) -> None:
    """Within what the packet promised, which was 400."""
    data, starts = laid(frames.udp(b"hello", length=length))
    assert starts == [3]
    headers = blank(3)
    udp.fill(headers, np.array([1]), data, np.array(starts))
    told = (1, 2, 3, promised, 5, 6, 7)
    assert rows_of(headers) == [UNTOUCHED, told, UNTOUCHED]


@pytest.mark.parametrize("name", FILLERS)
def test_no_rows_change_nothing(name: str) -> None:
    headers = blank(2)
    none = np.empty(0, np.int64)
    FILLERS[name](headers, none, np.zeros(4, np.uint8), none)
    assert rows_of(headers) == [UNTOUCHED] * 2


@settings(max_examples=60)
@given(
    st.lists(
        st.tuples(
            st.booleans(),
            st.integers(0, 2**32 - 1),
            st.integers(0, 255),
            st.integers(0, 10),
        ),
        max_size=10,
    )
)
def test_mixed_rows_are_filled_as_dpkt_reads_them(
    drawn: list[tuple[bool, int, int, int]],
) -> None:
    parts = [
        frames.tcp(numbers=(number, 9), flags=flags, options=b"\x01" * 4 * words)
        if is_tcp
        else frames.udp(bytes(words))
        for is_tcp, number, flags, words in drawn
    ]
    data, starts = laid(*parts)
    at, is_tcp = np.array(starts, np.int64), np.array([one[0] for one in drawn], bool)
    headers = blank(len(drawn))
    tcp.fill(headers, np.flatnonzero(is_tcp), data, at[is_tcp])
    udp.fill(headers, np.flatnonzero(~is_tcp), data, at[~is_tcp])

    expected: list[Row] = []
    for part, begin, (wanted, *_) in zip(parts, starts, drawn, strict=True):
        if wanted:
            theirs = dpkt.tcp.TCP(part)
            numbers = (theirs.seq, theirs.ack, theirs.flags & 255)
            expected.append((1, 2, theirs.off * 4, 400, *numbers))
        else:
            end = min(begin + dpkt.udp.UDP(part).ulen, 400)
            expected.append((1, 2, 3, end, 5, 6, 7))
    assert rows_of(headers) == expected
