"""Long headers and frames as RFC 9000 draws them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from decoders.quic import Initial, crypto_frames, initials
from tests.support import quic

HANDSHAKE = b"\xe1" + quic.initial(b"")[1:5] + b"\x01d\x01s\x05hands"
ZERO_RTT = b"\xd1" + HANDSHAKE[1:]
RETRY = b"\xf0" + quic.initial(b"")[1:5] + b"\x01d\x01stoken and tag"


def where(datagram: bytes) -> list[tuple[int, int]]:
    return [(one.start, len(one.data)) for one in initials(datagram)]


@pytest.mark.parametrize("version", [quic.V1, quic.V2])
@pytest.mark.parametrize("token", [b"", b"token", bytes(300)])
def test_an_initial_is_read_to_its_packet_number(version: int, token: bytes) -> None:
    data = quic.initial(b"\x01", version=version, token=token, source=b"")
    tail = 2 + 1162 + 16  # packet number, payload, tag
    packet = Initial(version, b"destinat", b"", data, len(data) - tail, start=0)
    assert list(initials(data)) == [packet]


def test_initials_are_found_among_coalesced_packets() -> None:
    one = quic.initial(b"\x01", fill=20)
    datagram = one + HANDSHAKE + one + b"\x41 short header" + one
    second = len(one) + len(HANDSHAKE)
    assert where(datagram) == [(0, len(one)), (second, len(one))]
    assert where(ZERO_RTT + one) == [(len(ZERO_RTT), len(one))]


@pytest.mark.parametrize(
    "other",
    [
        b"",
        RETRY + quic.initial(b""),
        b"\x81" + quic.initial(b"")[1:],
        b"\xc1\0\0\0\0" + quic.initial(b"")[5:],
        b"\xc1\xff\0\0\x1d" + quic.initial(b"")[5:],
        b"\xc1\0\0\0\x01\x15" + bytes(1200),
    ],
    ids=["nothing", "retry", "fixed bit", "negotiation", "draft", "id of 21 bytes"],
)
def test_other_packets_hold_no_initial(other: bytes) -> None:
    assert where(other) == []


def test_a_cut_packet_is_none() -> None:
    data = quic.initial(b"\x01")
    assert [where(data[:size]) for size in range(len(data))] == [[]] * len(data)


def test_crypto_frames_are_found_among_the_others() -> None:
    ack = b"\x02\x40\x51\0\x01\0\x02\x03"  # two ranges
    with_counts = b"\x03\x05\0\0\0\x01\x02\x03"
    one, other = quic.crypto(0, b"abc"), quic.crypto(70000, b"d" * 100)
    payload = bytes(9) + ack + one + b"\x01" + with_counts + other + bytes(500)
    assert list(crypto_frames(payload)) == [(0, b"abc"), (70000, b"d" * 100)]


@pytest.mark.parametrize("frame", [b"\x1c\x41\x78\0\0", b"\x08\0hello", b"\xff"])
def test_frames_end_at_one_that_tells_nothing(frame: bytes) -> None:
    payload = quic.crypto(0, b"abc") + frame + quic.crypto(3, b"def")
    assert list(crypto_frames(payload)) == [(0, b"abc")]


@given(st.binary(max_size=2000))
def test_any_bytes_are_read_without_an_error(data: bytes) -> None:
    assert all(packet.data in data for packet in initials(data))
    assert all(piece in data for _, piece in crypto_frames(data))


def test_hostile_lengths_take_no_time() -> None:
    many = b"\xff" * 8
    assert list(crypto_frames(b"\x02\0\0" + many + bytes(1 << 16))) == []
    assert list(crypto_frames(b"\0\x01" * (1 << 15))) == []
