"""VLAN tags and 802.2 LLC/SNAP are stepped over, in any order they come."""

from __future__ import annotations

import struct
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sensor.columns.gather import word
from sensor.columns.peel import (
    AGGREGATE,
    ENCRYPTED,
    FRAGMENT,
    NOT_DATA,
    NOT_IP,
    SHORT,
    peel,
    reason_of,
    snap,
)
from sensor.limits import VLAN_TAGS
from tests.support.frames import ethernet, ipv4, tcp
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


@settings(max_examples=60, deadline=None)
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
        *((tpid, "vlan_tags") for tpid in TPIDS),
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
