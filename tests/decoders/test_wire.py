from __future__ import annotations

import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

from decoders.wire import DecodeError, Reader, TruncatedError


@given(st.binary(min_size=22, max_size=22))
def test_integers_equal_struct(data: bytes) -> None:
    r = Reader(data, "x")
    read = (r.u8(), r.u16(), r.u32(), r.u64(), r.u16be(), r.u32be())

    assert read[:4] == struct.unpack("<BHIQ", data[:15])
    assert read[4:] == struct.unpack(">HI", data[15:21])
    assert (r.pos, r.left) == (21, 1)


def test_no_read_goes_past_the_end() -> None:
    r = Reader(b"abc", "layer", 1)

    with pytest.raises(TruncatedError) as caught:
        r.u32()
    assert str(caught.value) == "layer+0x1: need 4 bytes, have 2"
    assert r.pos == 1


@given(st.integers(-5, 9), st.integers(-5, 9))
def test_fields_are_inside_or_refused(offset: int, length: int) -> None:
    r = Reader(b"abcdef", "x")
    if offset < 0 or length < 0 or offset + length > 6:
        with pytest.raises(DecodeError):
            r.at(offset, length)
    else:
        assert r.at(offset, length) == b"abcdef"[offset : offset + length]


def test_an_error_says_what_and_where() -> None:
    error = Reader(b"", "ntlmssp", 8).error("message type 9 is not 1, 2 or 3")

    assert str(error) == "ntlmssp+0x8: message type 9 is not 1, 2 or 3"
    assert (error.layer, error.offset) == ("ntlmssp", 8)
