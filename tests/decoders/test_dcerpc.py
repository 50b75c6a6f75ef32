from __future__ import annotations

import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st
from impacket.dcerpc.v5 import rpcrt

from decoders import dcerpc
from decoders.limits import PDUS
from tests.support import ntlm
from tests.support.smb import bind

BIND = bind(ntlm.NEGOTIATE)


def test_the_auth_value_is_where_the_lengths_put_it() -> None:
    ((start, length),) = dcerpc.token_spans(b"front" + BIND, 5)

    assert (b"front" + BIND)[start : start + length] == ntlm.NEGOTIATE
    assert dcerpc.carries_token(b"front" + BIND, 5)


def test_impacket_agrees() -> None:
    packet = rpcrt.MSRPCHeader(BIND)

    assert packet["auth_data"] == ntlm.NEGOTIATE
    assert packet["frag_len"] == len(BIND)


def test_big_endian_lengths() -> None:
    sizes = struct.pack(">HH", len(BIND), len(ntlm.NEGOTIATE))
    data = BIND[:4] + bytes(4) + sizes + BIND[12:]

    assert len(list(dcerpc.token_spans(data, 0))) == 1


@pytest.mark.parametrize(
    "data",
    [
        bind(b""),
        bind(ntlm.NEGOTIATE, kind=0),
        b"\x04" + BIND[1:],
        BIND[:1] + b"\x02" + BIND[2:],
        BIND[:8] + b"\x10\0" + BIND[10:],
        BIND[:-1],
        BIND[:15],
    ],
    ids=["no auth", "request", "v4", "v5.2", "short fragment", "cut", "cut header"],
)
def test_anything_else_has_none(data: bytes) -> None:
    assert list(dcerpc.token_spans(data, 0)) == []


def test_fragments_in_a_row_are_capped() -> None:
    assert len(list(dcerpc.token_spans(BIND * 3, 0))) == 3
    assert len(list(dcerpc.token_spans(BIND * 99, 0))) == PDUS


@given(st.binary(max_size=80), st.integers(0, 90))
def test_any_bytes_are_walked(data: bytes, at: int) -> None:
    for start, length in dcerpc.token_spans(data, at):
        assert start + length <= len(data)
