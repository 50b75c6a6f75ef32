"""GRE headers end where RFC 2784 and 2890 say, and ERSPAN's where its draft says."""

from __future__ import annotations

import struct
from itertools import product

import numpy as np
import pytest
from scapy.contrib.erspan import ERSPAN_II, ERSPAN_III
from scapy.layers.l2 import GRE, GRE_PPTP

from sensor.columns.gre import gre
from sensor.columns.peel import ETHERNET, IPV4, IPV6, NOT_IP, PPP

CARRIED = b"\x45" + bytes(30)


def read(header: bytes, carried: bytes = CARRIED) -> tuple[int, int]:
    """Give the header's size and what it announces."""
    lead = b"\xff\xff\xff"
    data = np.frombuffer(lead + header + carried, np.uint8)
    at = np.array([len(lead)], np.int64)
    net, kind = gre(data, at, np.array([len(data)], np.int64))
    assert kind.dtype == np.int32
    return int(net[0]) - len(lead), int(kind[0])


@pytest.mark.parametrize("flags", list(product((0, 1), repeat=3)))
@pytest.mark.parametrize("proto", [IPV4, IPV6, ETHERNET, 0x8847])
def test_optional_fields_are_passed(flags: tuple[int, int, int], proto: int) -> None:
    checksum, key, number = flags
    header = bytes(
        GRE(
            chksum_present=checksum,
            key_present=key,
            seqnum_present=number,
            proto=proto,
        )
    )
    assert len(header) == 4 + 4 * sum(flags)
    assert read(header) == (len(header), proto)


@pytest.mark.parametrize("flags", list(product((0, 1), repeat=2)))
def test_pptp_carries_ppp(flags: tuple[int, int]) -> None:
    number, ack = flags
    header = bytes(
        GRE_PPTP(seqnum_present=number, acknum_present=ack, payload_len=9, call_id=7)
    )
    assert read(header) == (8 + 4 * sum(flags), PPP)


@pytest.mark.parametrize(
    "header",
    [b"\x40\0\x08\0" + bytes(8), b"\0\x02\x08\0", b"\0\x07\x08\0", b"\x20\x01\x08\0"],
    ids=["source routing", "version 2", "version 7", "version 1 without PPP"],
)
def test_other_versions_and_source_routing_are_not_read(header: bytes) -> None:
    assert read(header)[1] == NOT_IP


@pytest.mark.parametrize(("lead", "kind"), [(b"\x45", IPV4), (b"\x60", IPV6)])
def test_wccp_redirects_with_a_header_of_its_own_or_without(
    lead: bytes, kind: int
) -> None:
    carried = lead + bytes(40)
    assert read(b"\0\0\x88\x3e\0\1\2\3", carried) == (8, kind)
    assert read(b"\0\0\x88\x3e", carried) == (4, kind)
    assert read(b"\0\0\x88\x3e", bytes(40))[1] == NOT_IP


def test_erspan_1_has_no_header() -> None:
    assert read(b"\0\0\x88\xbe") == (4, ETHERNET)


def test_erspan_2_has_eight_octets() -> None:
    outer = bytes(GRE(proto=0x88BE, seqnum_present=1))
    assert read(outer + bytes(ERSPAN_II(session_id=7))) == (16, ETHERNET)


@pytest.mark.parametrize("more", [0, 1])
def test_erspan_3_may_have_a_subheader(more: int) -> None:
    outer = bytes(GRE(proto=0x22EB, seqnum_present=1))
    header = bytearray(bytes(ERSPAN_III(session_id=7)))[:12]
    header[11] = header[11] & 0xFE | more
    size = 8 + 12 + 8 * more
    assert read(outer + bytes(header) + bytes(8 * more)) == (size, ETHERNET)


@pytest.mark.parametrize(("lead", "kind"), [(0x45, IPV4), (0x60, IPV6), (0, NOT_IP)])
def test_erspan_3_may_mirror_bare_ip(lead: int, kind: int) -> None:
    outer = bytes(GRE(proto=0x22EB, seqnum_present=1))
    header = struct.pack(">HHIHH", 0x2000, 7, 1, 0, 2 << 10)
    assert read(outer + header, bytes([lead]) + bytes(30)) == (20, kind)


@pytest.mark.parametrize(("proto", "version"), [(0x88BE, 2), (0x22EB, 1), (0x22EB, 0)])
def test_erspan_of_another_version_is_not_taken_for_a_frame(
    proto: int, version: int
) -> None:
    outer = bytes(GRE(proto=proto, seqnum_present=1))
    assert read(outer + bytes([version << 4]) + bytes(11)) == (8, proto)
