from __future__ import annotations

import struct

from hypothesis import given
from hypothesis import strategies as st

from decoders import smb2_contexts
from decoders.smb2_contexts import Contexts


def context(kind: int, body: bytes) -> bytes:
    padded = body + bytes(-len(body) % 8)
    return struct.pack("<HHI", kind, len(body), 0) + padded


ALL = (
    context(1, struct.pack("<HHH", 1, 4, 1) + b"salt")
    + context(2, struct.pack("<HHH", 2, 2, 1))
    + context(3, struct.pack("<HHIHH", 2, 0, 1, 1, 3))
    + context(5, "srv.corp".encode("utf-16-le"))
    + context(6, bytes(4))
    + context(7, struct.pack("<HHIH", 1, 0, 0, 2))
    + context(8, struct.pack("<HH", 1, 2))
    + context(0x100, b"posix")
)


def test_every_context() -> None:
    assert smb2_contexts.decode(b"in front" + ALL, 8, 8) == Contexts(
        netname="srv.corp",
        ciphers=(2, 1),
        compression=(1, 3),
        signing=(2,),
        hashes=(1,),
        rdma_transforms=(2,),
        others=(6, 0x100),
    )


def test_what_is_cut_is_left_out() -> None:
    cut = smb2_contexts.decode(ALL[:-1], 0, 8)

    assert cut.others == (6, 0x100)
    assert smb2_contexts.decode(ALL[:-4], 0, 8).others == (6,)
    assert smb2_contexts.decode(ALL, 1 << 30, 8) == Contexts()


def test_a_count_that_lies_gives_what_is_there() -> None:
    assert smb2_contexts.decode(
        context(2, struct.pack("<HH", 99, 2)), 0, 1
    ).ciphers == (2,)


@given(st.binary(max_size=100), st.integers(0, 200), st.integers(0, 0xFFFF))
def test_any_bytes_are_read(data: bytes, offset: int, count: int) -> None:
    assert isinstance(smb2_contexts.decode(data, offset, count), Contexts)
