"""pcap: what struct and dpkt write is read; what is cut or wrong is told."""

from __future__ import annotations

import io
import struct
from dataclasses import replace
from pathlib import Path

import dpkt
import pytest

from tests.support.captures import (
    Packet,
    make_packets,
    pcap,
    pcap_record,
    read_bytes,
    whole_before,
)

MICRO, NANO, MODIFIED = 0xA1B2C3D4, 0xA1B23C4D, 0xA1B2CD34


@pytest.mark.parametrize("order", ["<", ">"])
@pytest.mark.parametrize("magic", [MICRO, NANO, MODIFIED])
def test_every_kind_gives_the_packets_written(
    tmp_path: Path, order: str, magic: int
) -> None:
    unit = 1 if magic == NANO else 1000
    packets = make_packets(50, linktype=113, step_ns=1_000_001 * unit)
    found, stats = read_bytes(tmp_path, pcap(packets, order, magic))
    assert found == packets
    assert stats.damaged == []


@pytest.mark.parametrize("nano", [False, True])
def test_dpkt_writes_what_we_read(tmp_path: Path, nano: bool) -> None:
    packets = [replace(p, wire_len=len(p.data)) for p in make_packets(20)]
    out = io.BytesIO()
    writer = dpkt.pcap.Writer(out, nano=nano)
    for packet in packets:
        writer.writepkt(packet.data, packet.ts_ns / 1e9)
    assert read_bytes(tmp_path, out.getvalue())[0] == packets


@pytest.mark.parametrize("magic", [MICRO, NANO, MODIFIED])
def test_dpkt_reads_what_we_read(tmp_path: Path, magic: int) -> None:
    packets = make_packets(20)
    data = pcap(packets, "<", magic)
    theirs = [
        (float(ts), bytes(body)) for ts, body in dpkt.pcap.Reader(io.BytesIO(data))
    ]
    ours = [(p.ts_ns / 1e9, p.data) for p in read_bytes(tmp_path, data)[0]]
    assert ours == theirs


def test_the_upper_half_of_the_link_type_field_is_not_the_link_type(
    tmp_path: Path,
) -> None:
    data = pcap(make_packets(1), link=0x44000000 | 105)
    assert [p.linktype for p in read_bytes(tmp_path, data)[0]] == [105]


@pytest.mark.parametrize("linktype", [12, 14, 101])
def test_raw_ip_link_types_are_kept_as_read(tmp_path: Path, linktype: int) -> None:
    data = pcap(make_packets(1), link=linktype)
    assert [p.linktype for p in read_bytes(tmp_path, data)[0]] == [linktype]


def test_times_after_2038_are_not_negative(tmp_path: Path) -> None:
    late = Packet(0xFFFFFFFF * 1_000_000_000, b"late", 4)
    assert read_bytes(tmp_path, pcap([late]))[0] == [late]


def test_a_cut_at_any_byte_leaves_all_whole_records(tmp_path: Path) -> None:
    packets = make_packets(5)
    data = pcap(packets)
    pieces = [pcap_record(p) for p in packets]
    edges = {24 + sum(map(len, pieces[:k])) for k in range(len(pieces) + 1)}
    for cut in range(len(data)):
        found, stats = read_bytes(tmp_path, data[:cut])
        whole = whole_before(cut, pieces, 24)
        assert found == packets[:whole]
        assert [d.usable for d in stats.damaged] == (
            [] if cut in edges else [whole > 0]
        )
        assert stats.counts["capture.damaged_files"] == len(stats.damaged)
        if cut > 24 and cut not in edges:
            assert stats.damaged[0].offset == max(e for e in edges if e < cut)


def test_an_impossible_length_is_damage_behind_good_records(tmp_path: Path) -> None:
    packets = make_packets(3)
    bad = struct.pack("<IIII", 1, 2, (1 << 24) + 1, 1 << 25)
    good = pcap(packets)
    found, stats = read_bytes(tmp_path, good + bad + bytes(100))
    assert found == packets
    (damage,) = stats.damaged
    assert (damage.offset, damage.usable) == (len(good), True)


def test_a_record_larger_than_the_buffer_is_read(tmp_path: Path) -> None:
    big = Packet(10**18, bytes(range(256)) * 8192, 1 << 21, number=2)
    packets = [*make_packets(1), big, replace(make_packets(1)[0], number=3)]
    assert read_bytes(tmp_path, pcap(packets))[0] == packets


def test_a_version_that_is_not_known_is_damage(tmp_path: Path) -> None:
    head = struct.pack("<IHHiIII", MICRO, 3, 0, 0, 0, 65535, 1)
    found, stats = read_bytes(tmp_path, head)
    assert found == []
    assert [(d.offset, d.usable) for d in stats.damaged] == [(4, False)]


def test_before_version_2_3_the_length_on_the_wire_came_first(tmp_path: Path) -> None:
    head = struct.pack("<IHHiIII", MICRO, 2, 2, 0, 0, 65535, 1)
    record = struct.pack("<IIII", 5, 6, 1000, 4) + b"data"
    expected = [Packet(5_000_006_000, b"data", 1000, number=n) for n in (1, 2)]
    assert read_bytes(tmp_path, head + record * 2)[0] == expected
