"""Names and numbers of tunnel headers, against what scapy was asked to write."""

from __future__ import annotations

import pytest
from scapy.contrib.erspan import ERSPAN_II, ERSPAN_III
from scapy.contrib.mpls import MPLS
from scapy.layers.l2 import GRE, GRE_PPTP, Dot1Q
from scapy.layers.l2tp import L2TP

from sensor.columns import tell

KEY = {"key_present": 1, "key": 0xCAFE0001}
SUM = {"chksum_present": 1}
SEQ = {"seqnum_present": 1}


def head(header: object) -> bytes:
    return bytes(header).ljust(tell.HEAD, b"\0")  # type: ignore[call-overload,no-any-return]


@pytest.mark.parametrize(
    ("fields", "number"),
    [
        ({}, None),
        (KEY, 0xCAFE0001),
        (KEY | SUM, 0xCAFE0001),
        (KEY | SUM | SEQ, 0xCAFE0001),
        (SUM | SEQ, None),
    ],
)
def test_a_gre_key_stands_behind_the_checksum(
    fields: dict[str, int], number: int | None
) -> None:
    assert tell.gre(head(GRE(proto=0x0800, **fields))) == ("GRE", number)


@pytest.mark.parametrize("fields", [SEQ, SEQ | KEY, SEQ | SUM, SEQ | KEY | SUM])
def test_an_erspan_session_stands_behind_all_of_gre(fields: dict[str, int]) -> None:
    two = GRE(proto=0x88BE, **fields) / ERSPAN_II(session_id=1023, vlan=4095)
    three = GRE(proto=0x22EB, **fields) / ERSPAN_III(session_id=513)

    assert tell.gre(head(two)) == ("ERSPAN II", 1023)
    assert tell.gre(head(three)) == ("ERSPAN III", 513)


def test_erspan_1_has_no_session() -> None:
    assert tell.gre(head(GRE(proto=0x88BE))) == ("ERSPAN I", None)


def test_pptp_tells_its_call_not_its_length() -> None:
    header = GRE_PPTP(call_id=445, payload_len=77, seqnum_present=1)

    assert tell.gre(head(header)) == ("PPTP", 445)


@pytest.mark.parametrize("layout", ["", "length", "sequence", "length+sequence"])
def test_l2tp_tells_its_session(layout: str) -> None:
    header = L2TP(hdr=layout, tunnel_id=7, session_id=445, len=20)

    assert tell.l2tp(head(header)) == ("L2TP", 445)


def test_l2tp_of_version_3_has_sessions_of_32_bits() -> None:
    assert tell.l2tp(head(bytes.fromhex("0003 0000 cafe0001"))) == ("L2TP", 0xCAFE0001)


def test_tags_and_labels_leave_priorities_out() -> None:
    assert tell.vlan(head(Dot1Q(vlan=445, prio=7, dei=1))) == ("VLAN", 445)
    assert tell.mpls(head(MPLS(label=0xFFFFE, s=1, cos=7))) == ("MPLS", 0xFFFFE)
    assert tell.vn_tag(head(b"\xc1\xbd\x80\x07")) == ("VN-Tag", 445)
    assert tell.numbered("NSH", 4, 7)(head(bytes(4) + b"\0\1\xbd\xff")) == ("NSH", 445)
    assert tell.named("Teredo")(head(b"")) == ("Teredo", None)
