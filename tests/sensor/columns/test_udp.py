"""UDP headers: the length field may lie, the IP packet's length rules."""

from __future__ import annotations

import pytest

from tests.support.frames import UDP, ipv4, ipv6, udp
from tests.support.segments import payload_of

BODY = b"payload!"


@pytest.mark.parametrize(
    ("length", "expected"),
    [
        (16, (BODY, 0)),
        (0, (BODY, 0)),
        (17, (BODY, 0)),
        (65535, (BODY, 0)),
        (12, (BODY[:4], 0)),
        (8, (b"", 0)),
        (7, "bad_udp"),
        (1, "bad_udp"),
    ],
)
def test_the_length_is_cut_to_the_packet(length: int, expected: object) -> None:
    assert payload_of(ipv4(udp(BODY, length=length), UDP)) == expected
    assert payload_of(ipv6(udp(BODY, length=length), UDP)) == expected


def test_what_snaplen_cut_is_missing() -> None:
    packet = ipv4(udp(BODY, length=14), UDP)
    assert payload_of(packet[:31], wire=36) == (BODY[:3], 3)
    assert payload_of(packet[:28], wire=36) == (b"", 6)
    assert payload_of(packet[:27], wire=36) == "short_udp"


def test_a_packet_too_small_for_a_header_is_bad() -> None:
    assert payload_of(ipv4(udp()[:7], UDP)) == "bad_udp"
