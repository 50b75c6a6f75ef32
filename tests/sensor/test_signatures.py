"""The sieve finds what `bytes.find` finds, and judges headers by the specs."""

from __future__ import annotations

import struct
from collections.abc import Iterator

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from decoders import NEEDLES
from sensor import signatures
from sensor.types import Segments
from tests.support.conversations import (
    ELSEWHERE,
    Conversation,
    Sent,
    segments_of,
    udp_frame,
)

SMB1, SMB2, ENCRYPTED, COMPRESSED, RDMA = (
    bytes([b]) + b"SMB" for b in b"\xff\xfe\xfd\xfc\xfb"
)
BASE64 = (b"TlRMTVNTUA", b"5UTE1TU1AA", b"OVExNU1NQA")


def smb1(command: int, reserved: bytes = b"\0\0") -> bytes:
    """MS-CIFS 2.2.3.1: magic, command, status, flags, flags2, ..., reserved at 22."""
    return SMB1 + bytes([command]) + b"\x11" * 17 + reserved + b"\x22" * 8


def smb2(command: int, size: int = 64) -> bytes:
    """MS-SMB2 2.2.1: magic, StructureSize, credit charge, status, command, ..."""
    return SMB2 + struct.pack("<HHIH", size, 1, 0, command) + b"\x33" * 50


def segments_with(*payloads: bytes) -> Segments:
    talk = Conversation(server=ELSEWHERE)
    for payload in payloads:
        talk.say(0, payload) if payload else talk.ack(0)
    return segments_of(talk.packets)


def found(*payloads: bytes) -> list[tuple[int, bool]]:
    return pairs(segments_with(*payloads))


def pairs(segments: Segments) -> list[tuple[int, bool]]:
    hits = signatures.find(segments)
    assert len(hits.row) == len(hits.wakes)
    return list(zip(hits.row.tolist(), hits.wakes.tolist(), strict=True))


def test_the_needles_are_the_magics_and_the_signature_bare_and_in_base64() -> None:
    magics = {SMB1, SMB2, ENCRYPTED, COMPRESSED, RDMA, b"NTLMSSP\0"}
    assert set(NEEDLES) == magics | set(BASE64)


@pytest.mark.parametrize("needle", NEEDLES)
@pytest.mark.parametrize("before", range(17))
def test_a_needle_is_found_at_any_alignment(needle: bytes, before: int) -> None:
    wakes = needle not in (ENCRYPTED, COMPRESSED, RDMA)

    assert found(b"." * before + needle) == [(0, wakes)]
    assert found(b"." * before + needle + b".") == [(0, wakes)]


@pytest.mark.parametrize("needle", NEEDLES)
def test_a_needle_that_ends_where_the_buffer_ends_is_found(needle: bytes) -> None:
    segments = segments_with(b"", b"..", needle)

    assert segments.payload[2] + len(needle) == len(segments.batch.data)
    assert [row for row, _ in pairs(segments)] == [2]


@pytest.mark.parametrize("needle", NEEDLES)
def test_all_but_a_needles_last_byte_is_no_needle(needle: bytes) -> None:
    assert found(needle[:-1]) == []
    assert found(needle[1:]) == []
    assert found(needle[:-1] + b"?") == []


@pytest.mark.parametrize("cut", range(1, 8))
def test_a_needle_cut_by_a_segment_end_is_left_to_the_cuts(cut: int) -> None:
    assert found(b"NTLMSSP\0"[:cut], b"NTLMSSP\0"[cut:]) == []


def test_several_in_a_payload_are_several_hits_in_order() -> None:
    payload = smb2(8) + smb2(0) + b"NTLMSSP\0" + ENCRYPTED

    assert found(b"", payload, payload) == [
        (1, False), (1, True), (1, True), (1, False),
        (2, False), (2, True), (2, True), (2, False),
    ]  # fmt: skip


def test_what_stands_in_a_header_or_between_records_is_no_hit() -> None:
    inside = Conversation(server=ELSEWHERE, isn=(0xFE534D41, 0)).say(0, b"x")
    segments = segments_of(inside.packets * 2)
    data = segments.batch.data.copy()
    data[: len(SMB2)] = np.frombuffer(SMB2, np.uint8)

    assert segments.batch.data.tobytes().count(SMB2) == 2  # as sequence numbers
    assert pairs(segments) == []


def test_ethernet_padding_behind_the_payload_is_no_payload() -> None:
    (packet,) = Conversation(server=ELSEWHERE).say(0, b"x").packets
    padded = Sent(packet.ts_ns, packet.frame + b"NTLMSSP\0", packet.wire_len + 8)

    assert pairs(segments_of([padded, packet])) == []


def test_a_needle_over_payload_and_padding_is_no_hit() -> None:
    (packet,) = Conversation(server=ELSEWHERE).say(0, b"NTLM").packets
    padded = Sent(packet.ts_ns, packet.frame + b"SSP\0", packet.wire_len + 4)

    assert pairs(segments_of([padded, packet])) == []


def test_datagrams_are_searched_too() -> None:
    ends = (("192.0.2.1", 4000), ("192.0.2.2", 4001))
    frame = udp_frame(ends, b"..NTLMSSP\0..")

    assert pairs(segments_of([Sent(1, frame, len(frame))])) == [(0, True)]


def test_no_segments_no_hits() -> None:
    assert pairs(segments_of([Sent(1, b"\0" * 60, 60)])) == []


@pytest.mark.parametrize("command", range(256))
def test_smb1_wakes_with_the_four_commands_of_a_negotiation(command: int) -> None:
    assert found(smb1(command)) == [(0, 0x72 <= command <= 0x75)]


@pytest.mark.parametrize("reserved", [b"\x01\0", b"\0\x01"])
def test_a_chance_smb1_magic_is_dropped(reserved: bytes) -> None:
    assert found(smb1(0x72, reserved)) == []


@pytest.mark.parametrize("command", range(0x13))
def test_smb2_wakes_with_negotiate_setup_logoff_and_tree_connect(command: int) -> None:
    assert found(smb2(command)) == [(0, command in (0, 1, 2, 3))]


@pytest.mark.parametrize("command", [0x13, 0x100, 0x103, 0xFFFF])
def test_a_magic_with_an_unknown_smb2_command_is_dropped(command: int) -> None:
    assert found(smb2(command)) == []


@pytest.mark.parametrize("size", [0, 63, 65, 64 + 256])
def test_a_chance_smb2_magic_is_dropped(size: int) -> None:
    assert found(smb2(0, size)) == []


@pytest.mark.parametrize("length", range(4, 64))
def test_an_smb2_header_cut_by_the_segments_end_wakes(length: int) -> None:
    assert found(smb2(8, size=9)[:length], b"." * 99) == [(0, True)]


@pytest.mark.parametrize("length", range(4, 32))
def test_an_smb1_header_cut_by_the_segments_end_wakes(length: int) -> None:
    assert found(smb1(0x2E, b"??")[:length], b"." * 99) == [(0, True)]


NOISE = st.binary(max_size=6)
PIECE = st.sampled_from(
    [
        *NEEDLES,
        b"SMB",
        b"\xff",
        b"NTLM",
        b"T",
        b"N",
        *(smb1(c) for c in (0x72, 0x2E)),
        smb1(0x73, b"\1\0"),
        *(smb2(c) for c in (0, 3, 4, 8, 0x13)),
        smb2(1, 65),
    ]
)
PAYLOAD = st.lists(NOISE | PIECE, max_size=6).map(b"".join)


@settings(max_examples=200)
@given(st.lists(PAYLOAD, min_size=1, max_size=5))
def test_hits_are_those_of_a_plain_search(payloads: list[bytes]) -> None:
    expected = [
        (row, wakes)
        for row, payload in enumerate(payloads)
        for wakes in plain_search(payload)
    ]

    assert found(*payloads) == expected


def plain_search(payload: bytes) -> Iterator[bool]:
    """Whether each hit in *payload* wakes, in order of place."""
    for at in range(len(payload)):
        for needle in NEEDLES:
            if payload.startswith(needle, at):
                possible, wakes = judge(needle, payload[at:])
                if possible:
                    yield wakes


def judge(needle: bytes, header: bytes) -> tuple[bool, bool]:
    if needle in (ENCRYPTED, COMPRESSED, RDMA):
        return True, False
    if needle == SMB1 and len(header) >= 32:
        return header[22:24] == b"\0\0", header[4] in (0x72, 0x73, 0x74, 0x75)
    if needle == SMB2 and len(header) >= 64:
        size, command = struct.unpack_from("<4xH6xH", header)
        return size == 64 and command <= 0x12, command <= 3
    return True, True


@pytest.mark.parametrize("size", [*range(24), 255, 256, 257])
def test_looking_through_eight_at_a_time_misses_no_place(size: int) -> None:
    area = (np.arange(size) % 3).astype(np.uint8)

    assert signatures._places(area, 1).tolist() == list(range(1, size, 3))


def test_pivots_cover_all_needles_and_have_bytes_on_either_side() -> None:
    placed = [one for pivot in signatures.PIVOTS for one in pivot.needles]

    assert sorted(needle for needle, _ in placed) == sorted(NEEDLES)
    for pivot in signatures.PIVOTS:
        for needle, at in pivot.needles:
            assert needle[at] == pivot.byte
            assert 0 < at < len(needle) - 1
            assert pivot.before[needle[at - 1]]
            assert pivot.after[needle[at + 1]]


# --- QUIC ---

LONG_V1 = bytes.fromhex("c300000001")
LONG_V2 = bytes.fromhex("d06b3343cf")


def in_datagrams(*payloads: bytes, missing: int = 0) -> list[int]:
    ends = (("192.0.2.1", 50000), ("192.0.2.2", 8443))
    frames = [udp_frame(ends, payload) for payload in payloads]
    sent = [
        Sent(n, frame[: len(frame) - missing], len(frame))
        for n, frame in enumerate(frames)
    ]
    return [row for row, wakes in pairs(segments_of(sent)) if wakes]


def test_filled_datagrams_with_a_long_header_are_found_on_any_port() -> None:
    begin = [b"", LONG_V1, LONG_V2, b"\xff" + LONG_V1[1:]]
    assert in_datagrams(*[one.ljust(1200, b"x") for one in begin]) == [1, 2, 3]


@pytest.mark.parametrize(
    "begin",
    [b"\x43\0\0\0\x01", b"\x83\0\0\0\x01", b"\xc3\0\0\0\0", b"\xc3\xff\0\0\x1d"],
    ids=["short header", "fixed bit", "version negotiation", "a draft"],
)
def test_other_headers_are_not(begin: bytes) -> None:
    assert in_datagrams(begin.ljust(1200, b"x")) == []


def test_a_datagram_nobody_would_read_is_not() -> None:
    assert in_datagrams(LONG_V1.ljust(1199, b"x")) == []


def test_what_counts_is_the_length_on_the_wire() -> None:
    assert in_datagrams(LONG_V1.ljust(1200, b"x"), missing=1000) == [0]
    assert in_datagrams(LONG_V1.ljust(1200, b"x"), missing=1196) == []


def test_quic_is_looked_for_in_udp_alone() -> None:
    assert found(LONG_V1.ljust(1300, b"x")) == []


def test_hits_stay_in_order_among_needles() -> None:
    needle = b"NTLMSSP\0".ljust(1200, b"x")
    both = LONG_V1 + needle
    assert in_datagrams(needle, both, needle) == [0, 1, 1, 2]
