"""Lengths that lie, headers that are cut, and offload's missing lengths."""

from __future__ import annotations

import pytest

from tests.support.frames import UDP, ethernet, ipv4, ipv6, tcp, udp
from tests.support.segments import payload_of

BODY = b"payload!"
SEGMENT = tcp(BODY)


def test_padding_is_no_payload() -> None:
    assert payload_of(ethernet(ipv4(tcp()), pad=bytes(6)), 1) == (b"", 0)
    assert payload_of(ethernet(ipv6(tcp(b"x")), pad=b"trailer"), 1) == (b"x", 0)


@pytest.mark.parametrize("packet", [ipv4(SEGMENT), ipv6(SEGMENT)])
@pytest.mark.parametrize("cut", [1, 5, 8])
def test_what_snaplen_cut_is_missing(packet: bytes, cut: int) -> None:
    expected = (BODY[: len(BODY) - cut], cut)
    assert payload_of(packet[:-cut], wire=len(packet)) == expected


def test_no_length_means_to_the_end_of_the_frame() -> None:
    assert payload_of(ipv4(SEGMENT, total=0)) == (BODY, 0)
    assert payload_of(ipv6(SEGMENT, length=0)) == (BODY, 0)
    assert payload_of(ipv4(SEGMENT, total=0)[:-3], wire=48) == (BODY[:5], 3)
    assert payload_of(ipv4(udp(BODY), UDP, total=0), wire=1) == (BODY, 0)


def test_options_are_stepped_over() -> None:
    assert payload_of(ipv4(SEGMENT, options=b"\x01" * 40)) == (BODY, 0)


@pytest.mark.parametrize(
    ("packet", "reason"),
    [
        (b"\x44" + ipv4(SEGMENT)[1:], "bad_ip"),  # header of 16 bytes
        (ipv4(SEGMENT, total=19), "bad_ip"),
        (ipv4(SEGMENT, options=bytes(8), total=24), "bad_ip"),
        (ipv4(SEGMENT)[:19], "short_ip"),
        (ipv4(SEGMENT, options=bytes(8))[:24], "short_ip"),
        (ipv6(SEGMENT)[:39], "short_ip"),
        (b"\x75" + ipv4(SEGMENT)[1:], "not_ip"),
        (ipv4(b"x" * 30, proto=4), "other_protocol"),
        (ipv6(b"x" * 30, proto=58), "other_protocol"),
        (ipv6(b"", proto=59), "other_protocol"),
    ],
)
def test_packets_that_cannot_be_read_say_why(packet: bytes, reason: str) -> None:
    assert payload_of(packet) == reason


def test_the_version_must_be_what_the_ethertype_says() -> None:
    head = bytes(12)
    assert payload_of(head + b"\x08\0" + ipv6(SEGMENT), 1) == "bad_ip"
    assert payload_of(head + b"\x86\xdd" + ipv4(SEGMENT), 1) == "bad_ip"
