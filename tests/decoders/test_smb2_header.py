from __future__ import annotations

import struct

import pytest

from decoders import smb2_header
from decoders.limits import COMPOUND_DEPTH
from tests.support import ntlm, smb

ECHO = smb.smb2(13, struct.pack("<HH", 4, 0))


def patched(at: int, raw: bytes, data: bytes = ECHO) -> bytes:
    return data[:at] + raw + data[at + len(raw) :]


@pytest.mark.parametrize(
    ("data", "good"),
    [
        (ECHO, True),
        (patched(0, b"\xffSMB"), False),
        (patched(4, b"\x41\0"), False),
        (patched(12, b"\x13\0"), False),
        (patched(16, b"\x80\0\0\0"), False),
        (patched(16, b"\x70\0\0\x30"), True),
        (patched(20, b"\x3f\0\0\0"), False),
        (patched(20, b"\x44\0\0\0"), False),
        (patched(64, b"\x05\0"), False),
        (smb.smb2(0, b"\x24\0"), True),
        (smb.smb2(0, b"\x41\0"), False),
        (smb.smb2(0, b"\x41\0", reply=True), True),
        (smb.smb2(5, b"\x09\0", reply=True), True),
        (smb.smb2(5, b"\x09\0"), False),
        (smb.smb2(18, b"\x2c\0"), True),
        (ECHO[:65], False),
    ],
)
def test_the_structural_checks(data: bytes, good: bool) -> None:
    assert smb2_header.is_header(data) is good


def test_next_command_must_stay_inside_the_frame() -> None:
    data = smb.smb2(13, b"\x04\0", following=72)

    assert smb2_header.is_header(data, 136)
    assert not smb2_header.is_header(data, 135)


def test_the_name_that_is_opened() -> None:
    assert smb2_header.opened_name(smb.create("spoolss")) == "spoolss"
    assert smb2_header.opened_name(smb.create("")) == ""
    assert smb2_header.opened_name(smb.create("spoolss")[:-1]) is None
    assert smb2_header.opened_name(smb.smb2(5, b"\x59\0", reply=True)) is None
    assert smb2_header.opened_name(ECHO) is None


def transform(size: int, algorithm: int = 1, reserved: int = 0) -> bytes:
    header = b"\xfdSMB" + bytes(16) + b"\x11" * 11 + bytes(5)
    return header + struct.pack("<IHHQ", size, reserved, algorithm, 5)


def test_transform_headers() -> None:
    good = transform(100)

    assert smb2_header.is_header(good, 152)
    assert smb2_header.is_header(good)
    assert not smb2_header.is_header(good, 153)
    assert not smb2_header.is_header(transform(100, algorithm=3), 152)
    assert not smb2_header.is_header(transform(100, reserved=1), 152)
    assert not smb2_header.is_header(patched(35, b"\1", good))


def test_compressed_headers() -> None:
    def compressed(size: int, algorithm: int, flags: int) -> bytes:
        return b"\xfcSMB" + struct.pack("<IHHI", size, algorithm, flags, 0)

    assert smb2_header.is_header(compressed(4096, 3, 1), 500)
    assert smb2_header.is_header(compressed(0xFFFF_FFFF, 1, 0), 500)
    assert not smb2_header.is_header(compressed(0xFFFF_FFFF, 1, 0))
    assert not smb2_header.is_header(compressed(4096, 6, 0), 500)
    assert not smb2_header.is_header(compressed(4096, 1, 2), 500)


def test_rdma_headers() -> None:
    good = b"\xfbSMB" + struct.pack("<HH12x", 20, 1)

    assert smb2_header.is_header(good)
    assert not smb2_header.is_header(patched(6, b"\0\0", good))
    assert not smb2_header.is_header(patched(12, b"\1", good))


def test_compounds_are_walked_to_a_stated_depth() -> None:
    one = smb.smb2(13, b"\x04\0\0\0\0\0\0\0", following=72)

    assert smb2_header.compound(one + ECHO) == ((0, 72), (72, 140))
    assert len(smb2_header.compound(one * 1000)) == COMPOUND_DEPTH


def test_extents_come_from_the_message_itself() -> None:
    setup = smb.session_setup(ntlm.AUTHENTICATE_V2)
    reply = smb.session_setup_reply(ntlm.CHALLENGE_V2)

    assert smb2_header.extent(setup + b"more" * 50) == len(setup)
    assert smb2_header.extent(reply + b"more" * 50) == len(reply)
    assert smb2_header.blob_span(setup) == (88, len(ntlm.AUTHENTICATE_V2))
    assert smb2_header.blob_span(reply) == (72, len(ntlm.CHALLENGE_V2))
    assert smb2_header.blob_span(ECHO) is None


def test_pipe_payloads() -> None:
    assert smb2_header.pipe_payload(smb.write(b"x")) == 112
    assert smb2_header.pipe_payload(smb.read_reply(b"x")) == 80
    assert smb2_header.pipe_payload(ECHO) is None


@pytest.mark.parametrize(
    ("data", "length", "good"),
    [
        (ECHO[:32], 68, True),
        (ECHO[:65], 68, True),
        (ECHO[:31], 68, False),
        (ECHO[:66], 68, False),
        (ECHO[:40], 65, False),
        (patched(4, b"\x41\0")[:40], 68, False),
        (patched(12, b"\x13\0")[:40], 68, False),
        (patched(16, b"\x80\0\0\0")[:40], 68, False),
        (b"\xfdSMB" + ECHO[4:40], 68, False),
    ],
)
def test_a_header_cut_by_the_snaplen_must_fit_as_far_as_it_goes(
    data: bytes, length: int, good: bool
) -> None:
    assert smb2_header.is_cut(data, length) is good
