"""pcapng: sections, interfaces, every packet block, and what is damaged."""

from __future__ import annotations

import io
import struct
from dataclasses import replace
from pathlib import Path

import dpkt
import pytest

from tests.support.captures import (
    Packet,
    block,
    enhanced,
    enhanced_at,
    interface,
    make_packets,
    obsolete,
    option,
    pcapng,
    read_bytes,
    section,
    simple,
    whole_before,
)

A, B, C, D = make_packets(4)
EMPTY_SECTION = section() + interface()


@pytest.mark.parametrize("order", ["<", ">"])
def test_enhanced_packets_in_either_byte_order(tmp_path: Path, order: str) -> None:
    packets = make_packets(50, linktype=276, step_ns=1_000_001_000)
    found, stats = read_bytes(tmp_path, pcapng(packets, order))
    assert found == packets
    assert stats.damaged == []


def test_dpkt_writes_what_we_read(tmp_path: Path) -> None:
    packets = [replace(p, wire_len=len(p.data)) for p in make_packets(20)]
    out = io.BytesIO()
    writer = dpkt.pcapng.Writer(out)
    for packet in packets:
        writer.writepkt(packet.data, packet.ts_ns / 1e9)
    assert read_bytes(tmp_path, out.getvalue())[0] == packets


def test_dpkt_reads_what_we_read(tmp_path: Path) -> None:
    data = pcapng(make_packets(20))
    theirs = [
        (float(ts), bytes(body)) for ts, body in dpkt.pcapng.Reader(io.BytesIO(data))
    ]
    ours = [(p.ts_ns / 1e9, p.data) for p in read_bytes(tmp_path, data)[0]]
    assert ours == theirs


def test_blocks_of_all_kinds_keep_their_order(tmp_path: Path) -> None:
    unknown = block(0x0BAD, b"whatever") + block(5, bytes(8)) + block(0x80000001, b"")
    data = b"".join(
        (EMPTY_SECTION, obsolete(A), unknown, enhanced(B), unknown, obsolete(C))
    )
    assert read_bytes(tmp_path, data + enhanced(D))[0] == [A, B, C, D]


def test_a_simple_packet_has_the_time_of_the_one_before(tmp_path: Path) -> None:
    first = Packet(0, b"first", 5)
    data = EMPTY_SECTION + simple(first) + enhanced(B) + simple(C) + simple(D)
    expected = [first, B, replace(C, ts_ns=B.ts_ns), replace(D, ts_ns=B.ts_ns)]
    for size in (1, 64, 1 << 20):
        found = read_bytes(tmp_path, data, size)[0]
        assert [p.ts_ns for p in found] == [p.ts_ns for p in expected]
        assert [p.number for p in found] == [1, 2, 3, 4]


@pytest.mark.parametrize(
    ("snaplen", "wire", "stored", "captured"),
    [(0, 8, 8, 8), (0, 5, 8, 5), (6, 100, 8, 6), (0, 100, 8, 8), (64, 100, 8, 8)],
)
def test_a_simple_packet_is_as_long_as_wire_snaplen_and_block_allow(
    tmp_path: Path, snaplen: int, wire: int, stored: int, captured: int
) -> None:
    body = bytes(range(1, stored + 1))
    data = section() + interface(snaplen=snaplen) + simple(Packet(0, body, wire))
    assert read_bytes(tmp_path, data)[0] == [Packet(0, body[:captured], wire)]


def test_each_section_has_its_own_byte_order_and_interfaces(tmp_path: Path) -> None:
    data = pcapng([A, B], "<") + pcapng([replace(C, linktype=101)], ">")
    data += section("<") + interface("<", 105) + enhanced(D, "<")
    expected = [A, B, replace(C, linktype=101), replace(D, linktype=105)]
    for size in (1, 50, 1 << 20):
        assert read_bytes(tmp_path, data, size)[0] == expected


def test_a_section_whose_length_reads_well_in_the_wrong_order(tmp_path: Path) -> None:
    """0x00002000 bytes are 0x00200000 in the other order: both are possible."""
    swapped = section(">", option(1, bytes(0x2000 - 28 - 4), ">"))
    assert len(swapped) == 0x2000
    padding = block(0x0BAD, bytes(0x200000), ">")
    data = pcapng([A, B], "<") + swapped + interface(">") + padding + enhanced(C, ">")
    assert read_bytes(tmp_path, data)[0] == [A, B, C]


def test_interfaces_have_their_own_link_type_and_clock(tmp_path: Path) -> None:
    data = b"".join(
        (
            section(),
            interface(linktype=1),
            interface(linktype=113, options=option(9, b"\x09") + option(0, b"")),
            enhanced(A),
            enhanced(replace(B, ts_ns=B.ts_ns + 1), unit_ns=1, on=1),
            interface(linktype=101, options=option(9, b"\x00")),
            enhanced(C, unit_ns=10**9, on=2),
            enhanced(D),
        )
    )
    expected = [
        A,
        replace(B, ts_ns=B.ts_ns + 1, linktype=113),
        replace(C, linktype=101),
        D,
    ]
    for size in (1, 100, 1 << 20):
        assert read_bytes(tmp_path, data, size)[0] == expected


@pytest.mark.parametrize("order", ["<", ">"])
@pytest.mark.parametrize("offset", [0, 3600, -3600])
def test_the_offset_of_an_interface_is_added(
    tmp_path: Path, order: str, offset: int
) -> None:
    extra = option(2, b"eth0", order) + option(
        14, struct.pack(order + "q", offset), order
    )
    data = section(order) + interface(order, options=extra) + enhanced(A, order)
    (found,) = read_bytes(tmp_path, data)[0]
    assert found == replace(A, ts_ns=A.ts_ns + offset * 1_000_000_000)


def test_a_binary_clock_in_a_file(tmp_path: Path) -> None:
    data = section() + interface(options=option(9, b"\x8a")) + enhanced_at(1025, A)
    (found,) = read_bytes(tmp_path, data)[0]
    assert found.ts_ns == 1_000_976_562  # 1025/1024 s


def test_packets_of_no_interface_are_counted_not_given(tmp_path: Path) -> None:
    early = section() + simple(A) + enhanced(A) + interface() + enhanced(B)
    data = early + enhanced(C, on=1) + obsolete(C, on=65535) + enhanced(D)
    found, stats = read_bytes(tmp_path, data)
    assert found == [replace(B, number=1), replace(D, number=2)]
    assert stats.counts["capture.no_interface"] == 4
    assert stats.counts["capture.packets"] == 2


@pytest.mark.parametrize("order", ["<", ">"])
def test_a_cut_at_any_byte_leaves_all_whole_packets(tmp_path: Path, order: str) -> None:
    head, packets = [section(order), interface(order)], make_packets(4)
    pieces = [enhanced(p, order) for p in packets]
    data = b"".join(head + pieces)
    start = len(b"".join(head))
    edges = {len(head[0]), start}
    edges |= {start + sum(map(len, pieces[:k])) for k in range(5)}
    for cut in range(1, len(data)):
        found, stats = read_bytes(tmp_path, data[:cut])
        whole = whole_before(cut, pieces, start)
        assert found == packets[:whole]
        assert [d.usable for d in stats.damaged] == (
            [] if cut in edges else [whole > 0]
        )
        if cut >= 4 and cut not in edges:
            assert stats.damaged[0].offset == max(
                (e for e in edges if e < cut), default=0
            )


def broken_enhanced(**words: int) -> bytes:
    fields = {"captured": 4, "size": 36, "end": 36} | words
    body = struct.pack("<5I", 0, 0, 0, fields["captured"], 4) + b"data"
    head = struct.pack("<II", 6, fields["size"])
    return head + body + struct.pack("<I", fields["end"])


@pytest.mark.parametrize(
    "bad",
    [
        broken_enhanced(end=40),
        broken_enhanced(captured=5),
        broken_enhanced(captured=0xFFFFFFFF),
        broken_enhanced(size=0),
        broken_enhanced(size=11),
        broken_enhanced(size=0xFFFFFFF0),
        block(6, bytes(8)),
        block(2, bytes(16)),
        block(3, b""),
        block(1, bytes(4)),
        block(0x0A0D0D0A, struct.pack("<I", 0x1A2B3C4D)),
        block(0x0A0D0D0A, struct.pack("<IHHq", 0x1A2B3C4E, 1, 0, -1)),
        struct.pack("<II", 5, 13) + bytes(1) + struct.pack("<I", 13),
    ],
)
def test_what_comes_before_a_broken_block_is_read(tmp_path: Path, bad: bytes) -> None:
    good = pcapng([A, B])
    found, stats = read_bytes(tmp_path, good + bad + enhanced(C) * 3)
    assert found == [A, B]
    assert [(d.offset, d.usable) for d in stats.damaged] == [(len(good), True)]


def test_damage_in_the_first_block_leaves_nothing_usable(tmp_path: Path) -> None:
    found, stats = read_bytes(tmp_path, b"\x0a\x0d\x0d\x0a" + bytes(60))
    assert found == []
    assert [(d.offset, d.usable) for d in stats.damaged] == [(0, False)]
