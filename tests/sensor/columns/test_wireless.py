"""CAPWAP (RFC 5415) and TZSP headers end where they say, or are none."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from scapy.contrib.tzsp import TZSP, TZSPTagEnd, TZSPTagPadding, TZSPTagRawRSSIByte

from sensor.columns.peel import (
    ETHERNET,
    FRAGMENT,
    IPV4,
    NOT_DATA,
    NOT_IP,
    TOO_LONG,
    Found,
)
from sensor.columns.wireless import capwap, tzsp
from sensor.limits import EXTENSION_HEADERS
from sensor.types import I64, U8
from tests.support import wraps
from tests.support.frames import ipv4, tcp

PACKET = ipv4(tcp(b"\xfeSMB"))
FRAME = wraps.ether(PACKET)
WIFI = wraps.wifi(PACKET)
AT_IP = len(WIFI) - len(PACKET)


def read(find: Callable[[U8, I64, I64], Found], header: bytes) -> tuple[int, int]:
    """Give where what the header carries begins, and what it is."""
    lead = b"\xff\xff\xff"
    data = np.frombuffer(lead + header, np.uint8)
    net, kind = find(data, np.array([len(lead)]), np.array([len(data)]))
    assert kind.dtype == np.int32
    return int(net[0]) - len(lead), int(kind[0])


def test_capwap_carries_frames_of_both_kinds() -> None:
    assert read(capwap, wraps.capwap(0, FRAME)) == (8, ETHERNET)
    assert read(capwap, wraps.capwap(0x100, WIFI)) == (8 + AT_IP, IPV4)
    assert read(capwap, wraps.capwap(0x100, wraps.swapped(WIFI))) == (8 + AT_IP, IPV4)


def test_a_longer_capwap_header_is_passed() -> None:
    radio = bytes.fromhex("0020 4210 0000 0000 06 020000000001 00")  # HLEN 4, M

    assert read(capwap, radio + FRAME) == (16, ETHERNET)


@pytest.mark.parametrize(
    ("header", "kind"),
    [
        ("01000000", NOT_IP),  # DTLS
        ("10104200 00000000", NOT_IP),  # version 1
        ("00104208 00000000", NOT_IP),  # keep-alive
        ("00104280 00010000", FRAGMENT),
        ("00104380 00010000", FRAGMENT),
    ],
)
def test_what_capwap_hides_or_cuts_is_told(header: str, kind: int) -> None:
    assert read(capwap, bytes.fromhex(header) + FRAME)[1] == kind


def test_management_frames_are_no_data() -> None:
    assert read(capwap, wraps.capwap(0x100, b"\x80" + WIFI[1:]))[1] == NOT_DATA


@pytest.mark.parametrize("tags", [0, 1, 5])
def test_tzsp_tags_are_passed(tags: int) -> None:
    head = TZSP()
    for _ in range(tags):
        head = head / TZSPTagPadding() / TZSPTagRawRSSIByte()
    header = bytes(head / TZSPTagEnd())

    assert read(tzsp, header + FRAME) == (len(header), ETHERNET)


def test_tzsp_carries_wifi_and_radio_headers() -> None:
    head = bytes(TZSP(encapsulated_protocol=18) / TZSPTagEnd())
    prism = bytes(TZSP(encapsulated_protocol=119) / TZSPTagEnd())
    radio = b"\x44\0\0\0\x90\0\0\0" + bytes(136)

    assert read(tzsp, head + WIFI) == (len(head) + AT_IP, IPV4)
    assert read(tzsp, prism + radio + WIFI) == (len(prism) + 144 + AT_IP, IPV4)


@pytest.mark.parametrize("header", ["02000001 01", "01020001 01", "01000005 01"])
def test_other_versions_types_and_contents_are_none(header: str) -> None:
    assert read(tzsp, bytes.fromhex(header) + FRAME)[1] == NOT_IP


def test_more_tzsp_tags_than_are_followed_are_told() -> None:
    header = bytes(TZSP()) + bytes(EXTENSION_HEADERS + 1) + b"\1"

    assert read(tzsp, header + FRAME)[1] == TOO_LONG
    assert read(tzsp, bytes(TZSP()) + bytes(EXTENSION_HEADERS))[1] != TOO_LONG
