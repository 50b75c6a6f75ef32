"""Every header gives way to the packet behind it; Wireshark reads them alike."""

from __future__ import annotations

import struct
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sensor.columns import Columns, endpoints
from sensor.columns.link import LINKTYPES
from sensor.columns.peel import IPV4, NOT_IP, SHORT, TOO_LONG
from sensor.columns.pseudo import erf, frame_relay, nflog
from sensor.limits import EXTENSION_HEADERS, NFLOG_ATTRIBUTES
from sensor.types import Stats
from tests.support.batches import batch_of
from tests.support.captures import Packet, pcap
from tests.support.frames import CLIENT4, CLIENT6, ethernet, ipv4, ipv6, tcp
from tests.support.tshark import fields
from tests.support.wraps import wifi

P4, P6 = ipv4(tcp(b"\xffSMB")), ipv6(tcp(b"\xffSMB"))
SNAP = b"\xaa\xaa\x03\0\0\0"
ADDRESS = b"\x02\0\0\0\0\x01"
ROUTED = b"\x82" + ADDRESS[1:]
DLCI = b"\x18\x41"
NFLOG = 9


def is_four(packet: bytes) -> bool:
    return packet[0] >> 4 == 4


def kind(packet: bytes) -> bytes:
    return b"\x08\0" if is_four(packet) else b"\x86\xdd"


def llc(packet: bytes) -> bytes:
    return SNAP + kind(packet) + packet


def attribute(order: str, number: int, value: bytes) -> bytes:
    head = struct.pack(order + "HH", 4 + len(value), number)
    return head + value + bytes(-len(value) % 4)


def nflog_of(packet: bytes, order: str = "<") -> bytes:
    family = 2 if is_four(packet) else 10
    return (
        bytes([family, 0, 0, 30])
        + attribute(order, 1, kind(packet) + b"\3\0")
        + attribute(order, 10, b"name\0")
        + attribute(order, NFLOG, packet)
        + attribute(order, 13, bytes(4))
    )


def erf_of(sort: int, packet: bytes, *extensions: int) -> bytes:
    size = 16 + 8 * len(extensions) + len(packet)
    more = 0x80 if extensions else 0
    head = bytes(8) + struct.pack(">BBHHH", sort | more, 4, size, 0, len(packet))
    return head + b"".join(bytes([e]) + bytes(7) for e in extensions) + packet


def ppi_of(linktype: int, frame: bytes) -> bytes:
    return struct.pack("<BBHI", 0, 0, 20, linktype) + bytes(12) + frame


FRAMES = {
    "Token Ring": (6, lambda p: b"\x10\x40" + ADDRESS * 2 + llc(p)),
    "Token Ring, routed": (
        6,
        lambda p: (
            b"\x10\x40" + ADDRESS + b"\x82" + ADDRESS[1:] + b"\x04\0\0\x10" + llc(p)
        ),
    ),
    "FDDI": (10, lambda p: b"\x50" + ADDRESS * 2 + llc(p)),
    "PPPoE": (
        51,
        lambda p: struct.pack(">BBHHH", 0x11, 0, 7, len(p) + 2, ppp(p)) + p,
    ),
    "RFC 1483": (100, llc),
    "frame relay": (107, lambda p: b"\x18\x41\x03" + nlpid(p) + p),
    "frame relay, long address": (
        107,
        lambda p: b"\x18\x40\x02\x01\x03" + nlpid(p) + p,
    ),
    "frame relay, SNAP": (
        107,
        lambda p: b"\x18\x41\x03\0\x80" + SNAP[3:] + kind(p) + p,
    ),
    "frame relay, bridged": (
        107,
        lambda p: b"\x18\x41\x03\0\x80\0\x80\xc2\0\x07" + ethernet(p),
    ),
    "frame relay, Cisco": (107, lambda p: b"\x18\x41" + kind(p) + p),
    "PF log": (
        117,
        lambda p: bytes([61, 2 if is_four(p) else 24]) + bytes(62) + p,
    ),
    "IP over Fibre Channel": (122, lambda p: (b"\0\0" + ADDRESS) * 2 + llc(p)),
    "IEEE 1394": (138, lambda p: (b"\0\0" + ADDRESS) * 2 + kind(p) + p),
    "AVS": (163, lambda p: struct.pack(">II", 0x80211001, 64) + bytes(56) + wifi(p)),
    "PPI": (192, lambda p: ppi_of(105, wifi(p))),
    "PPI, Ethernet": (192, lambda p: ppi_of(1, ethernet(p))),
    "ERF, Ethernet": (197, lambda p: erf_of(2, b"\0\0" + ethernet(p))),
    "ERF, coloured": (197, lambda p: erf_of(11, b"\0\0" + ethernet(p))),
    "ERF, extended": (197, lambda p: erf_of(2, b"\0\0" + ethernet(p), 0x83, 0x04)),
    "ERF, HDLC": (197, lambda p: erf_of(1, b"\x0f\0" + kind(p) + p)),
    "ERF, PPP": (197, lambda p: erf_of(1, b"\xff\x03" + struct.pack(">H", ppp(p)) + p)),
    "ERF, IP": (197, lambda p: erf_of(22 if is_four(p) else 23, p)),
    "netANALYZER": (240, lambda p: b"\0\x04\0\0" + ethernet(p) + bytes(4)),
    "NFLOG": (239, nflog_of),
    "NFLOG, big-endian": (239, lambda p: nflog_of(p, ">")),
}


def ppp(packet: bytes) -> int:
    return 0x21 if is_four(packet) else 0x57


def nlpid(packet: bytes) -> bytes:
    return b"\xcc" if is_four(packet) else b"\x8e"


def sources(linktype: int, *frames: bytes) -> list[str]:
    stats = Stats()
    parts = list(Columns(stats).decode(batch_of(frames, linktype)))
    assert not stats.counts
    return [endpoints(part, i)[0].ip for part in parts for i in range(len(part.row))]


@pytest.mark.parametrize("name", FRAMES)
def test_the_packet_is_found_behind(name: str, tmp_path: Path) -> None:
    linktype, wrap = FRAMES[name]
    frames = wrap(P4), wrap(P6)
    path = tmp_path / "capture.pcap"
    order = ">" if "big-endian" in name else "<"
    packets = [Packet(0, one, len(one), linktype) for one in frames]
    path.write_bytes(pcap(packets, order))

    assert sources(linktype, *frames) == [CLIENT4, CLIENT6]
    assert fields(path, ("ip.src", "ipv6.src")) == [[[CLIENT4], []], [[], [CLIENT6]]]


@pytest.mark.parametrize("name", FRAMES)
def test_a_cut_anywhere_is_no_error(name: str) -> None:
    linktype, wrap = FRAMES[name]
    whole = wrap(P4)
    stats = Stats()
    frames = [whole[:n] for n in range(len(whole))]
    parts = list(Columns(stats).decode(batch_of(frames, linktype)))

    refused = sum(n for key, n in stats.counts.items() if ".rejected." in key)
    assert sum(len(part.row) for part in parts) + refused == len(frames)


@settings(max_examples=200)
@given(
    st.sampled_from(sorted(FRAMES)),
    st.lists(st.tuples(st.integers(0, 80), st.integers(0, 255)), max_size=4),
)
def test_any_bytes_give_a_packet_or_a_reason(
    name: str, changes: list[tuple[int, int]]
) -> None:
    linktype, wrap = FRAMES[name]
    bent = bytearray(wrap(P4))
    for place, value in changes:
        bent[place % len(bent)] = value
    stats = Stats()

    rows = sum(
        len(part.row)
        for part in Columns(stats).decode(batch_of([bytes(bent)], linktype))
    )

    refused = sum(n for key, n in stats.counts.items() if ".rejected." in key)
    assert rows + refused <= 1  # it may wait for more fragments


def read(frame: bytes, find: object) -> int:
    data = np.frombuffer(frame + bytes(16), np.uint8)
    _, found = find(data, np.array([0]), np.array([len(frame)]))  # type: ignore[operator]
    return int(found[0])


def test_attributes_that_never_end_are_told() -> None:
    head, one = b"\2\0\0\0", attribute("<", 2, bytes(4))

    assert read(head + one * (NFLOG_ATTRIBUTES - 1) + attribute("<", 9, P4), nflog) > 0
    assert (
        read(head + one * NFLOG_ATTRIBUTES + attribute("<", 9, P4), nflog) == TOO_LONG
    )
    assert read(head + attribute("<", 2, b"")[:2], nflog) == SHORT
    assert read(head + one, nflog) == SHORT
    assert read(head + bytes(4) + attribute("<", 9, P4), nflog) == NOT_IP
    assert read(b"\2\1\0\0" + attribute("<", 9, P4), nflog) == NOT_IP


def test_extension_headers_that_never_end_are_told() -> None:
    more, last = [0x83] * EXTENSION_HEADERS, 0x03

    assert read(erf_of(22, P4, *more[1:], last), erf) == IPV4
    assert read(erf_of(22, P4, *more, last), erf) == TOO_LONG
    assert read(erf_of(3, P4), erf) == NOT_IP


def test_other_protocols_over_frame_relay_are_not_ip() -> None:
    for frame in (b"\x18\x41\x03\xcf\0\x21", b"\x18\x41\x03\0\x80\0\0\x0c\x08\0"):
        assert read(frame + P4, frame_relay) == NOT_IP


def test_every_link_is_listed_once() -> None:
    numbers = [link.number for link in LINKTYPES]
    assert numbers == sorted(set(numbers))
