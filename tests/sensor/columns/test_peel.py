"""Tags, labels, PPP and 802.2 LLC/SNAP are stepped over, in any order they come."""

from __future__ import annotations

import struct
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scapy.contrib.mpls import MPLS

from sensor.columns.gather import word
from sensor.columns.peel import (
    AGGREGATE,
    ENCRYPTED,
    FRAGMENT,
    NOT_DATA,
    NOT_IP,
    PPP,
    SHORT,
    by_version,
    is_wrap,
    peel,
    reason_of,
    snap,
)
from sensor.limits import VLAN_TAGS
from tests.support.frames import ethernet, ipv4, ipv6, tcp
from tests.support.segments import payload_of

V4, V6, ARP = 0x0800, 0x86DD, 0x0806
TPIDS = (0x8100, 0x88A8, 0x9100, 0x9200, 0x9300)
SNAP = b"\xaa\xaa\x03\x00\x00\x00"
PACKET = b"\x45packet"

MACS = bytes(12)
P4 = ipv4(tcp(b"\xffSMB"))
FOUND = (b"\xffSMB", 0)


def tag(tpid: int, kind: int, ident: int = 7) -> bytes:
    """Lay out the type field of a tag, the tag, and the type field behind it."""
    return struct.pack(">HHH", tpid, ident, kind)


def behind(*fields: bytes) -> list[tuple[int, int]]:
    """Peel what stands behind each type field; give the bytes peeled and ethertype.

    The fields lie behind one another, so that a read past one's end shows.
    """
    data = np.frombuffer(b"".join(fields), np.uint8)
    end = np.cumsum([len(one) for one in fields], dtype=np.int64)
    start = end - np.array([len(one) for one in fields], np.int64)
    net, kind = peel(data, start + 2, word(data, start), end)
    assert kind.dtype == np.int32
    return list(zip((net - start - 2).tolist(), kind.tolist(), strict=True))


@pytest.mark.parametrize("kind", [V4, V6, ARP, 0x0600, 0xFFFF, 0x88CC])
def test_an_ethertype_alone_is_left_as_it_is(kind: int) -> None:
    assert behind(struct.pack(">H", kind) + PACKET) == [(0, kind)]


LENGTH = 50
"Stands for SNAP: a length is its type field. No SNAP is right inside another."
WRAPS = st.lists(
    st.sampled_from([*((tpid,) for tpid in TPIDS), *((LENGTH, t) for t in TPIDS)]),
    max_size=(VLAN_TAGS - 1) // 2,
).map(lambda steps: [wrap for step in steps for wrap in step])


@settings(max_examples=60)
@given(st.lists(st.tuples(WRAPS, st.booleans(), st.sampled_from([V4, V6, ARP]))))
def test_any_stack_leads_to_what_it_carries(
    stacks: list[tuple[list[int], bool, int]],
) -> None:
    fields, expected = [], []
    for wraps, ends_in_snap, kind in stacks:
        types = [*wraps, LENGTH, kind] if ends_in_snap else [*wraps, kind]
        data = struct.pack(">H", types[0])
        for wrap, after in pairwise(types):
            data += SNAP if wrap == LENGTH else b"\x0f\xff"
            data += struct.pack(">H", after)
        fields.append(data + PACKET)
        expected.append((len(data) - 2, kind))
    assert behind(*fields) == expected


def test_a_tag_more_than_the_limit_is_left_and_named() -> None:
    head = struct.pack(">H", 0x8100)
    one = struct.pack(">HH", 7, 0x8100)
    assert behind(head + one * VLAN_TAGS + PACKET) == [(4 * VLAN_TAGS, 0x8100)]
    frame = ethernet(P4, (0x8100,) * VLAN_TAGS)
    assert payload_of(frame, 1) == FOUND
    assert payload_of(ethernet(P4, (0x8100,) * (VLAN_TAGS + 1)), 1) == "vlan_tags"


# --- LLC and SNAP (IEEE 802.2, RFC 1042) ---


@pytest.mark.parametrize(
    ("llc", "peeled", "kind"),
    [
        (b"\xaa\xaa\x03\x00\x00\x00\x08\x00", 8, V4),
        (b"\xaa\xaa\x03\x00\x00\xf8\x86\xdd", 8, V6),  # 802.1H bridge tunnel
        (b"\xaa\xaa\x03\x00\x00\x00\x81\x00\x00\x07\x08\x00", 12, V4),
        (b"\xaa\xaa\x03\x00\x00\x0c\x20\x00", 3, NOT_IP),  # Cisco's own
        (b"\xaa\xaa\x03\x00\x00\x00\x05\xff", 3, NOT_IP),  # a length is no type
        (b"\xaa\xaa\x13\x00\x00\x00\x08\x00", 3, NOT_IP),  # not unnumbered information
        (b"\x06\x06\x03", 3, V4),
        (b"\x42\x42\x03\x00\x00\x00", 3, NOT_IP),  # spanning tree
        (b"\xff\xff\x00\x00\x00\x00", 3, NOT_IP),  # IPX without LLC
    ],
)
def test_llc_says_what_follows_it(llc: bytes, peeled: int, kind: int) -> None:
    assert behind(b"\x00\x50" + llc + PACKET) == [(peeled, kind)]


def test_a_length_is_below_0x0600() -> None:
    for length in (0, 1, 1500, 0x05FF):
        assert behind(struct.pack(">H", length) + SNAP + b"\x08\0E") == [(8, V4)]


def test_snap_may_be_read_without_a_length_before_it() -> None:
    data = np.frombuffer(b"??" + SNAP + b"\x86\xdd" + PACKET, np.uint8)
    net, kind = snap(data, np.array([2]), np.array([len(data)]))
    assert (net.tolist(), kind.tolist()) == ([10], [V6])


# --- MPLS (RFC 3032, RFC 4385) ---


P6 = ipv6(tcp(b"\xffSMB"))


def labels(*packet: bytes, count: int = 2, kind: int = 0x8847) -> bytes:
    """Put *packet* under labels, the last of which ends the stack."""
    stack = [MPLS(label=16 + i, s=i == count - 1) for i in range(count)]
    return kind.to_bytes(2, "big") + b"".join(map(bytes, stack)) + b"".join(packet)


@pytest.mark.parametrize("kind", [0x8847, 0x8848])
@pytest.mark.parametrize("count", [1, 2, 9, VLAN_TAGS])
@pytest.mark.parametrize(("packet", "found"), [(P4, V4), (P6, V6)])
def test_labels_end_at_a_packet(
    kind: int, count: int, packet: bytes, found: int
) -> None:
    assert behind(labels(packet, count=count, kind=kind)) == [(4 * count, found)]


CONTROL_WORD = bytes((0, 0, 0, 7))


@pytest.mark.parametrize("control", [b"", CONTROL_WORD])
@pytest.mark.parametrize("first", [0x02, 0x00, 0x45, 0x60])
@pytest.mark.parametrize(("packet", "found"), [(P4, V4), (P6, V6)])
def test_a_pseudowire_is_known_whatever_its_hardware_address(
    control: bytes, first: int, packet: bytes, found: int
) -> None:
    frame = bytes((first,)) + ethernet(packet)[1:]
    size = 8 + len(control) + 14
    assert behind(labels(control, frame)) == [(size, found)]


def test_a_packet_from_8_0_is_no_frame() -> None:
    packet = ipv4(tcp(b"\xffSMB"), ends=("8.0.69.0", "10.0.0.1"))
    assert behind(labels(packet)) == [(8, V4)]


def test_a_label_more_than_the_limit_is_left() -> None:
    assert behind(labels(P4, count=VLAN_TAGS + 1)) == [(4 * VLAN_TAGS, 0x8847)]
    assert payload_of(MACS + labels(P4, count=VLAN_TAGS + 1), 1) == "vlan_tags"


@pytest.mark.parametrize("kept", range(2, 6))
def test_a_cut_label_is_short(kept: int) -> None:
    assert behind(labels(P4, count=1)[:kept], P4)[0][1] == SHORT


# --- PPP and PPPoE (RFC 1661, 1662, 2516) ---


def session(inside: bytes, lead: bytes = b"\x11\0") -> bytes:
    """Put *inside* in a PPPoE session."""
    return b"\x88\x64" + lead + struct.pack(">HH", 7, len(inside)) + inside


@pytest.mark.parametrize(
    ("inside", "peeled", "kind"),
    [
        (b"\0\x21" + P4, 8, V4),
        (b"\0\x57" + P6, 8, V6),
        (b"\x21" + P4, 7, V4),  # protocol compressed (RFC 1661 6.5)
        (b"\xff\x03\0\x21" + P4, 10, V4),
        (b"\x02\x81" + labels(P4)[2:], 16, V4),  # MPLS (RFC 3032 4.3)
        (b"\xc0\x21" + P4, 8, NOT_IP),  # LCP
    ],
)
def test_a_pppoe_session_carries_ppp(inside: bytes, peeled: int, kind: int) -> None:
    assert behind(session(inside)) == [(peeled, kind)]


@pytest.mark.parametrize("lead", [b"\x11\x09", b"\x12\0", b"\x21\0"])
def test_another_code_or_version_is_no_session(lead: bytes) -> None:
    assert behind(session(b"\0\x21" + P4, lead)) == [(6, NOT_IP)]


@pytest.mark.parametrize("kept", range(2, 8))
def test_a_cut_session_is_short(kept: int) -> None:
    assert behind(session(b"\0\x21" + P4)[:kept], P4)[0][1] in (SHORT, NOT_IP)


def test_wraps_and_versions() -> None:
    kinds = np.array([0, 0x05FF, *TPIDS, 0x8847, 0x8864, PPP, 0x6558], np.int32)
    assert is_wrap(kinds).all()
    assert not is_wrap(np.array([V4, V6, ARP, *range(-7, 0)], np.int32)).any()
    data = np.array([0x45, 0x6F, 0x05], np.uint8)
    assert by_version(data, np.arange(3)).tolist() == [V4, V6, NOT_IP]


# --- cut ---


def test_a_tag_that_is_cut_is_short_whatever_comes_behind_the_record() -> None:
    whole = tag(0x8100, V4) + PACKET
    for cut in range(2, 6):
        assert behind(whole[:cut], whole) == [(4, SHORT), (4, V4)]
    assert behind(whole[:6], whole) == [(4, V4), (4, V4)]


def test_llc_that_is_cut_is_short_whatever_comes_behind_the_record() -> None:
    """Cut before its third octet, nobody can say what it would have been."""
    whole = b"\x00\x50" + SNAP + b"\x08\x00" + PACKET
    for cut in range(2, 10):
        ((_, first), second) = behind(whole[:cut], whole)
        assert first in (SHORT, NOT_IP)
        assert second == (8, V4)
    assert behind(whole[:10], whole)[0] == (8, V4)
    assert behind(b"\x00\x50\x06\x06", b"\x03" + PACKET * 2)[0] == (3, SHORT)


@pytest.mark.parametrize("kept", [14, 15, 16, 17])
def test_a_cut_tag_of_a_frame_is_counted(kept: int) -> None:
    assert payload_of(ethernet(P4, (0x8100,))[:kept], 1) == "short_link"


@pytest.mark.parametrize(
    ("frame", "outcome"),
    [
        (MACS + b"\x81\0\0\1\0\x50" + SNAP + b"\x08\0" + P4, FOUND),
        (MACS + b"\0\x50" + SNAP + b"\x81\0\0\1\x08\0" + P4, FOUND),
        (MACS + b"\0\x50\6\6\3" + P4, FOUND),
        (MACS + b"\0\x26\x42\x42\x03" + bytes(35), "not_ip"),
        (MACS + b"\0\x50\xaa\xaa", "short_link"),
    ],
)
def test_frames_are_peeled_on_their_way(frame: bytes, outcome: object) -> None:
    assert payload_of(frame, 1) == outcome


@pytest.mark.parametrize(
    ("head", "outcome"),
    [
        ("8926 c0010007 0800", FOUND),  # VN-Tag
        ("8926 c001", "short_link"),
        ("894f 0fc60101 000007ff" + "00" * 16, FOUND),  # NSH, MD type 1
        ("894f 0fc20201 000007ff", FOUND),  # MD type 2, no context
        ("894f 4fc20201 000007ff", "not_ip"),  # version 1
        ("894f 0fc10201 000007ff", "not_ip"),  # shorter than it can be
        ("894f 0fc20209 000007ff", "not_ip"),
    ],
)
def test_tags_of_switches_and_service_headers(head: str, outcome: object) -> None:
    frame = MACS + bytes.fromhex(head) + P4
    assert payload_of(frame if outcome != "short_link" else frame[:18], 1) == outcome


def test_the_customers_frame_stands_behind_an_i_tag() -> None:
    frame = MACS + b"\x88\xe7\0\0\1\xbd" + MACS + b"\x81\0\0\7\x08\0" + P4
    assert payload_of(frame, 1) == FOUND


@pytest.mark.parametrize(
    ("kind", "reason"),
    [
        (ARP, "arp"),
        (NOT_IP, "not_ip"),
        (0x88CC, "not_ip"),
        (SHORT, "short_link"),
        (ENCRYPTED, "encrypted_wifi"),
        (NOT_DATA, "wifi_not_data"),
        (AGGREGATE, "wifi_aggregate"),
        (FRAGMENT, "wifi_fragment"),
        *((kind, "vlan_tags") for kind in (*TPIDS, 0x8847, 0x8848, PPP, 0x8864)),
        *((kind, "vlan_tags") for kind in (0x88E7, 0x8926, 0x894F)),
    ],
)
def test_what_is_not_decoded_has_a_reason(kind: int, reason: str) -> None:
    assert reason_of(kind) == reason
    # A code is no ethertype: it ends the peeling.
    if kind < 0:
        net, kinds = peel(
            np.zeros(8, np.uint8),
            np.array([2]),
            np.array([kind], np.int32),
            np.array([8]),
        )
        assert (net.tolist(), kinds.tolist()) == ([2], [kind])
