"""Headers of tunnels in UDP end where their standards say, or are none."""

from __future__ import annotations

import struct
from collections.abc import Callable
from functools import partial

import numpy as np
import pytest
from scapy.contrib.geneve import GENEVE, GeneveOptions
from scapy.contrib.gtp import GTP_U_Header, GTPPDUSessionContainer
from scapy.layers.l2tp import L2TP
from scapy.layers.vxlan import VXLAN

from sensor.columns.overlay import geneve, gtp_u, l2tp, l2tp_3, teredo, vxlan
from sensor.columns.peel import (
    ETHERNET,
    IPV4,
    IPV6,
    MPLS,
    NOT_IP,
    NSH,
    PPP,
    TOO_LONG,
    Found,
    bare,
)
from sensor.limits import EXTENSION_HEADERS
from sensor.types import I64, U8
from tests.support.frames import ethernet, ipv4, tcp

V4, V6 = b"\x45" + bytes(40), b"\x60" + bytes(40)


def read(
    find: Callable[[U8, I64, I64], Found],
    header: bytes,
    carried: bytes = V4,
    *,
    room: int = 0,
) -> tuple[int, int]:
    """Give the header's size and what it announces; *room* cuts what is captured."""
    lead = b"\xff\xff\xff"
    data = np.frombuffer(lead + header + carried, np.uint8)
    end = len(lead) + room if room else len(data)
    net, kind = find(data, np.array([len(lead)]), np.array([end]))
    assert kind.dtype == np.int32
    return int(net[0]) - len(lead), int(kind[0])


@pytest.mark.parametrize(
    ("header", "kind"),
    [
        (bytes(VXLAN(vni=0xABCDEF)), ETHERNET),
        (bytes(VXLAN(vni=7, flags=0x88, gpid=300, gpflags=0x48)), ETHERNET),
        (bytes(VXLAN(vni=7, flags=0x0C, NextProtocol=1)), IPV4),
        (bytes(VXLAN(vni=7, flags=0x0C, NextProtocol=2)), IPV6),
        (bytes(VXLAN(vni=7, flags=0x0C, NextProtocol=3)), ETHERNET),
        (bytes(VXLAN(vni=7, flags=0x0C, NextProtocol=5)), MPLS),
        (bytes(VXLAN(vni=7, flags=0x0C, NextProtocol=4)), NSH),
        (bytes(VXLAN(vni=7, flags=0x0C, NextProtocol=6)), NOT_IP),
        (bytes.fromhex("00000000 00000700"), NOT_IP),
        (bytes.fromhex("18000000 00000700"), NOT_IP),
        (bytes.fromhex("08010000 00000700"), NOT_IP),
        (bytes.fromhex("08000001 00000700"), NOT_IP),
        (bytes.fromhex("08000000 00000701"), NOT_IP),
        (bytes.fromhex("88010000 00000700"), NOT_IP),
        (bytes.fromhex("0c000101 00000700"), NOT_IP),
    ],
)
def test_vxlan(header: bytes, kind: int) -> None:
    assert read(vxlan, header) == (8, kind)


@pytest.mark.parametrize("words", [0, 1, 30])
@pytest.mark.parametrize("proto", [ETHERNET, IPV4, IPV6])
def test_geneve_options_are_passed(words: int, proto: int) -> None:
    options = [GeneveOptions(classid=1, type=1, data=bytes(4 * words))] * bool(words)
    header = bytes(GENEVE(proto=proto, vni=7, options=options))
    assert len(header) == 8 + (4 + 4 * words if words else 0)
    assert read(geneve, header) == (len(header), proto)


@pytest.mark.parametrize("header", ["4000655800000700", "0001655800000700"])
def test_geneve_of_another_version_or_with_reserved_bits_is_none(header: str) -> None:
    assert read(geneve, bytes.fromhex(header))[1] == NOT_IP


@pytest.mark.parametrize(("carried", "kind"), [(V4, IPV4), (V6, IPV6), (b"\0", NOT_IP)])
@pytest.mark.parametrize("number", [0, 1])
@pytest.mark.parametrize("pdu", [0, 1])
def test_gtp_u(carried: bytes, kind: int, number: int, pdu: int) -> None:
    header = bytes(GTP_U_Header(teid=7, gtp_type=255, S=number, PN=pdu))
    assert read(gtp_u, header, carried) == (12 if number or pdu else 8, kind)


def test_gtp_u_of_a_5g_core_has_an_extension_header() -> None:
    container = GTPPDUSessionContainer(type=1, QFI=1)
    header = bytes(GTP_U_Header(teid=7, gtp_type=255, E=1) / container)
    assert header[11] == 0x85
    assert read(gtp_u, header) == (len(header), IPV4)


def gtp_chain(count: int, units: int = 1) -> bytes:
    """Build a G-PDU's header with *count* extension headers."""
    kinds = [0xC0] * count + [0]
    chain = b"".join(
        bytes([units]) + bytes(max(4 * units - 2, 0)) + bytes([kind])
        for kind in kinds[1:]
    )
    return struct.pack(">BBHIHBB", 0x34, 255, 0, 7, 0, 0, kinds[0]) + chain


@pytest.mark.parametrize("count", [0, 1, 2, EXTENSION_HEADERS])
@pytest.mark.parametrize("units", [1, 3])
def test_gtp_u_extension_headers_are_passed(count: int, units: int) -> None:
    header = gtp_chain(count, units)
    assert read(gtp_u, header) == (len(header), IPV4)


def test_more_gtp_u_extension_headers_than_are_followed_are_told() -> None:
    assert read(gtp_u, gtp_chain(EXTENSION_HEADERS + 1))[1] == TOO_LONG


def test_a_gtp_u_extension_header_of_no_length_ends_it() -> None:
    assert read(gtp_u, gtp_chain(2, 0))[1] == NOT_IP


def test_a_cut_gtp_u_chain_stops_at_the_end() -> None:
    net, _ = read(gtp_u, gtp_chain(9), room=20)
    assert net == 20


@pytest.mark.parametrize("lead", ["30fe", "10ff", "20ff", "50ff"])
def test_other_gtp_messages_and_versions_are_none(lead: str) -> None:
    assert read(gtp_u, bytes.fromhex(lead) + bytes(6))[1] == NOT_IP


ORIGIN = b"\0\0" + bytes(range(6))
PROOF = b"\0\1\2\3" + bytes(2 + 3) + bytes(8) + b"\0"


@pytest.mark.parametrize("header", [b"", ORIGIN, PROOF, PROOF + ORIGIN])
def test_teredo_carries_ipv6_only(header: bytes) -> None:
    assert read(teredo, header, V6) == (len(header), IPV6)
    assert read(teredo, header, V4)[1] == NOT_IP


@pytest.mark.parametrize("length", [0, 1])
@pytest.mark.parametrize("sequence", [0, 1])
@pytest.mark.parametrize("padding", [None, 0, 5])
def test_l2tp_data_carry_ppp(length: int, sequence: int, padding: int | None) -> None:
    flags = 2 | length << 14 | sequence << 11 | (padding is not None) << 9
    fields = b"\0\x50" * length + b"\0\7\0\1" + b"\0\1\0\2" * sequence
    if padding is not None:
        fields += struct.pack(">H", padding) + bytes(padding)
    header = flags.to_bytes(2, "big") + fields
    assert read(l2tp, header) == (len(header), PPP)


def test_scapys_l2tp() -> None:
    header = bytes(L2TP(hdr="length+sequence", tunnel_id=1, session_id=2, len=9))
    assert read(l2tp, header) == (len(header), PPP)


@pytest.mark.parametrize("agreed", [0, 4, 8, 12])
def test_l2tp_of_version_3_is_passed_whatever_was_agreed_on(agreed: int) -> None:
    frame = ethernet(ipv4(tcp(b"\xfeSMB")))
    header = b"\0\0\1\xbd" + bytes(range(7, 7 + agreed))

    assert read(l2tp_3, header, frame) == (len(header), ETHERNET)
    assert read(l2tp_3, bytes(4) + header[4:], frame)[1] == NOT_IP
    assert read(l2tp, b"\0\3\0\0" + header, frame) == (4 + len(header), ETHERNET)


@pytest.mark.parametrize("flags", [0x8002, 0xC802, 0x0003, 0x0001, 0x1002, 0x0012])
def test_l2tp_control_and_other_versions_are_none(flags: int) -> None:
    assert read(l2tp, flags.to_bytes(2, "big") + bytes(20))[1] == NOT_IP


def test_mpls_in_udp_has_no_header() -> None:
    assert read(partial(bare, MPLS), b"") == (0, MPLS)
