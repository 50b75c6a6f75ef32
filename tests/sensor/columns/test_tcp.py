"""TCP headers: options, and offsets that lie."""

from __future__ import annotations

import pytest

from tests.support.frames import ipv4, ipv6, tcp
from tests.support.segments import payload_of

BODY = b"payload!"


@pytest.mark.parametrize("words", range(11))
def test_options_are_no_payload(words: int) -> None:
    assert payload_of(ipv4(tcp(BODY, options=b"\x01" * 4 * words))) == (BODY, 0)
    assert payload_of(ipv6(tcp(BODY, options=b"\x01" * 4 * words))) == (BODY, 0)


def with_offset(words: int) -> bytes:
    segment = bytearray(tcp(BODY))
    segment[12] = words << 4
    return bytes(segment)


@pytest.mark.parametrize("words", [0, 4, 8, 15])
def test_an_offset_outside_the_packet_is_bad(words: int) -> None:
    assert payload_of(ipv4(with_offset(words))) == "bad_tcp"


def test_an_offset_to_the_packet_s_end_leaves_nothing() -> None:
    assert payload_of(ipv4(with_offset(7))) == (b"", 0)


@pytest.mark.parametrize("kept", [0, 1, 19])
def test_a_header_that_is_cut_is_short(kept: int) -> None:
    packet = ipv4(tcp(BODY))
    assert payload_of(packet[: 20 + kept], wire=len(packet)) == "short_tcp"


def test_options_that_are_cut_are_short() -> None:
    packet = ipv4(tcp(BODY, options=bytes(12)))
    assert payload_of(packet[:51], wire=len(packet)) == "short_tcp"
    assert payload_of(packet[:52], wire=len(packet)) == (b"", 8)


@pytest.mark.parametrize("size", [0, 19])
def test_a_packet_too_small_for_a_header_is_bad(size: int) -> None:
    assert payload_of(ipv4(tcp()[:size])) == "bad_tcp"
