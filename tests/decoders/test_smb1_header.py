from __future__ import annotations

import struct

import pytest

from decoders import smb1_header
from decoders.limits import ANDX_DEPTH
from tests.support.smb import smb1

DIALECTS = b"\x02NT LM 0.12\0\x02SMB 2.???\0"
NEGOTIATE = smb1(0x72, b"", DIALECTS)


def andx(command: int, offset: int, rest: bytes = b"") -> bytes:
    return struct.pack("<BBH", command, 0, offset) + rest


def patched(at: int, raw: bytes) -> bytes:
    return NEGOTIATE[:at] + raw + NEGOTIATE[at + len(raw) :]


@pytest.mark.parametrize(
    ("data", "good"),
    [
        (NEGOTIATE, True),
        (NEGOTIATE[:32], False),
        (patched(0, b"\xfe"), False),
        (patched(4, b"\x15"), False),
        (patched(4, b"\xfe"), False),
        (patched(22, b"\1"), False),
        (patched(32, b"\1"), False),
        (smb1(0x72, bytes(34), b"", reply=True), True),
        (smb1(0x72, bytes(32), b"", reply=True), False),
        (smb1(0x73, bytes(24), b""), True),
        (smb1(0x73, bytes(8), b""), False),
        (smb1(0x73, bytes(8), b"", reply=True), True),
        (smb1(0x2B, bytes(2), b"x"), True),
    ],
)
def test_the_structural_checks(data: bytes, good: bool) -> None:
    assert smb1_header.is_header(data) is good


def test_counts_must_fit_the_frame() -> None:
    assert smb1_header.is_header(NEGOTIATE, len(NEGOTIATE))
    assert not smb1_header.is_header(NEGOTIATE, len(NEGOTIATE) - 1)
    assert not smb1_header.is_header(smb1(0x2B, b"", b""), 34)


def test_a_chain_is_walked() -> None:
    first = smb1(0x73, andx(0x75, 61, bytes(20)), b"")
    data = first + bytes([4]) + andx(0xFF, 0, bytes(4)) + struct.pack("<H", 3) + b"abc"
    assert len(first) == 59

    blocks = list(smb1_header.blocks(data[:59] + b"\0\0" + data[59:]))

    assert [block.command for block in blocks] == [0x73, 0x75]
    assert (blocks[1].words, blocks[1].words_end, blocks[1].data_end) == (62, 70, 75)
    assert smb1_header.extent(data[:59] + b"\0\0" + data[59:]) == 75


@pytest.mark.parametrize("offset", [0, 32, 33, 40])
def test_a_chain_that_does_not_advance_ends(offset: int) -> None:
    data = smb1(0x73, andx(0x73, offset, bytes(20)), b"")

    assert len(list(smb1_header.blocks(data))) == 1


def test_the_depth_of_a_chain_is_capped() -> None:
    data = smb1(0x75, andx(0x75, 39), b"")
    while len(data) < 1000:
        data += b"\x02" + andx(0x75, len(data) + 7) + b"\0\0"

    assert len(list(smb1_header.blocks(data))) == ANDX_DEPTH


def test_secrets_are_cut_off() -> None:
    password = b"\x07" * 48
    setup = smb1(0x73, andx(0xFF, 0, bytes(22)), password)
    tree = smb1(0x75, andx(0xFF, 0, bytes(4)), password)
    extended = smb1(0x73, andx(0xFF, 0, bytes(20)), password)
    reply = smb1(0x73, andx(0xFF, 0, bytes(2)), password, reply=True)

    assert smb1_header.safe_length(setup) == setup.index(password)
    assert smb1_header.safe_length(tree) == tree.index(password)
    assert smb1_header.safe_length(smb1(0x70, b"", password)) == 35
    assert smb1_header.safe_length(extended) == len(extended)
    assert smb1_header.safe_length(reply) == len(reply)


def test_pipe_payloads() -> None:
    write = smb1(0x2F, andx(0xFF, 0, bytes(18) + struct.pack("<H", 64) + bytes(4)), b"")

    assert smb1_header.pipe_payload(write) == 64
    assert smb1_header.pipe_payload(smb1(0x2F, bytes(8), b"")) is None
    assert smb1_header.pipe_payload(NEGOTIATE) is None
