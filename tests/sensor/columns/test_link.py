"""Every link layer gives the same segment for the same packet."""

from __future__ import annotations

import re
import struct
import warnings
from pathlib import Path

import pytest

from sensor.capture.walk import UNNAMED
from sensor.columns import Columns, endpoints
from sensor.columns.link import LINKTYPES, name_of
from sensor.types import Stats
from tests.support.batches import batch_of
from tests.support.frames import CLIENT4, CLIENT6, ethernet, ipv4, ipv6, tcp

P4, P6 = ipv4(tcp(b"\xffSMB")), ipv6(tcp(b"\xffSMB"))
MACS = bytes(12)
SNAP = b"\xaa\xaa\x03\x00\x00\x00"


def outcome(linktype: int, *frames: bytes) -> tuple[list[tuple[str, bytes]], Stats]:
    """Decode *frames*; give source address and payload of each, and the counters."""
    stats, rows = Stats(), []
    for segments in Columns(stats).decode(batch_of(frames, linktype)):
        for i in range(len(segments.row)):
            at = int(segments.payload[i])
            payload = segments.batch.data[at : at + int(segments.length[i])]
            rows.append((endpoints(segments, i)[0].ip, payload.tobytes()))
    return rows, stats


FOUR = (CLIENT4, b"\xffSMB")
SIX = (CLIENT6, b"\xffSMB")


@pytest.mark.parametrize(
    ("linktype", "head4", "head6"),
    [
        (0, b"\2\0\0\0", b"\x18\0\0\0"),
        (0, b"\0\0\0\2", b"\0\0\0\x1e"),
        (108, b"\0\0\0\2", b"\0\0\0\x1c"),
        (0, b"\2\0\0\0", b"\x0a\0\0\0"),
        (1, MACS + b"\x08\0", MACS + b"\x86\xdd"),
        (1, MACS + b"\0\x50" + SNAP + b"\x08\0", MACS + b"\0\x50" + SNAP + b"\x86\xdd"),
        (9, b"\xff\x03\0\x21", b"\xff\x03\0\x57"),
        (9, b"\0\x21", b"\x57"),
        (50, b"\xff\x03\x21", b"\x0f\0\x86\xdd"),
        (104, b"\x0f\0\x08\0", b"\x8f\0\x86\xdd"),
        (12, b"", b""),
        (14, b"", b""),
        (101, b"", b""),
        (113, bytes(14) + b"\x08\0", bytes(14) + b"\x86\xdd"),
        (276, b"\x08\0" + bytes(18), b"\x86\xdd" + bytes(18)),
    ],
)
def test_the_packet_is_found_behind(linktype: int, head4: bytes, head6: bytes) -> None:
    rows, stats = outcome(linktype, head4 + P4, head6 + P6)
    assert rows == [FOUR, SIX]
    assert not stats.counts


def test_raw_links_of_one_family_are_read() -> None:
    assert outcome(228, P4)[0] == [FOUR]
    assert outcome(229, P6)[0] == [SIX]


@pytest.mark.parametrize("linktype", [113, 276])
def test_cooked_frames_may_be_tagged(linktype: int) -> None:
    kind = b"\x81\0"
    head = bytes(14) + kind if linktype == 113 else kind + bytes(18)
    assert outcome(linktype, head + b"\0\x07\x08\0" + P4)[0] == [FOUR]


def test_what_is_not_ip_is_counted_by_what_it_is() -> None:
    frames = [
        MACS + b"\x08\x06" + bytes(28),  # ARP
        MACS + b"\x88\x8e" + bytes(28),  # 802.1X
        MACS + b"\0\x26\x42\x42\x03" + bytes(35),  # spanning tree
        MACS[:-1],
        MACS + b"\x81\0\0",  # a tag that is cut
        MACS + b"\0\x50\xaa\xaa",  # LLC that is cut
    ]
    rows, stats = outcome(1, *frames)
    assert not rows
    assert stats.counts == {
        "columns.rejected.arp": 1,
        "columns.rejected.not_ip": 2,
        "columns.rejected.short_link": 3,
    }


def test_other_link_types_are_counted_by_name() -> None:
    stats = Stats()
    batch = batch_of([b"x"] * 4, [189, 189, 4242, 253])
    (segments,) = Columns(stats).decode(batch)
    assert not len(segments.row)
    assert stats.counts == {
        "columns.linktype.usb_linux": 2,
        "columns.linktype.linktype_4242": 1,
        "columns.linktype.netlink": 1,
        "columns.rejected.linktype": 4,
    }
    assert all(name_of(link.number).startswith("linktype_") for link in LINKTYPES)


def test_the_page_on_links_tells_of_all() -> None:
    page = Path(__file__).parents[3] / "docs" / "links.md"
    read, counted = re.split("\n## ", page.read_text("utf-8"))[1:3]
    first = [row.split(" | ")[0] for row in read.split("\n| ")[2:]]
    named = re.findall(r"^\| (\d+) \| `(\w+)` ", counted, re.MULTILINE)

    numbers = sorted(int(one) for cell in first for one in cell.split(", "))
    assert numbers == [link.number for link in LINKTYPES]
    assert {int(number): name for number, name in named} == {
        number: name_of(number)
        for number in range(UNNAMED)
        if not name_of(number).startswith("linktype_")
    }


def test_a_batch_may_hold_several_link_types() -> None:
    batch = batch_of([ethernet(P4), P6, b"\2\0\0\0" + P4, ethernet(P6)], [1, 101, 0, 1])
    (segments,) = Columns(Stats()).decode(batch)
    assert segments.row.tolist() == [0, 1, 2, 3]
    assert segments.version.tolist() == [4, 6, 4, 6]
    assert segments.batch is batch


def test_scapy_builds_the_same_headers() -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        from scapy.layers.inet import IP
        from scapy.layers.l2 import LLC, SNAP, CookedLinux, Dot3, Loopback
        from scapy.layers.ppp import HDLC, PPP
    assert outcome(113, bytes(CookedLinux() / IP(P4)))[0] == [FOUR]
    assert outcome(1, bytes(Dot3() / LLC() / SNAP() / IP(P4)))[0] == [FOUR]
    assert outcome(0, bytes(Loopback() / IP(P4)))[0] == [FOUR]
    assert outcome(9, bytes(HDLC() / PPP() / IP(P4)))[0] == [FOUR]
    assert struct.unpack(">H", bytes(PPP() / IP(P4))[:2]) == (0x21,)
