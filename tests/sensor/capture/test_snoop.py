"""snoop: what struct and Wireshark write is read; what is cut or wrong is told."""

from __future__ import annotations

import struct
from dataclasses import replace
from pathlib import Path

import pytest

from tests.support.captures import (
    SECOND,
    Packet,
    make_packets,
    pcap,
    read,
    read_bytes,
    whole_before,
)
from tests.support.tshark import editcap


def head(datalink: int = 4, version: int = 2) -> bytes:
    return b"snoop\0\0\0" + struct.pack(">II", version, datalink)


def record(packet: Packet, padding: int = 2) -> bytes:
    seconds, rest = divmod(packet.ts_ns, SECOND)
    sizes = packet.wire_len, len(packet.data), 24 + len(packet.data) + padding
    fields = struct.pack(">6I", *sizes, 7, seconds, rest // 1000)
    return fields + packet.data + bytes(padding)


def test_the_packets_written_are_read(tmp_path: Path) -> None:
    packets = make_packets(50, step_ns=1_000_001_000)
    found, stats = read_bytes(tmp_path, head() + b"".join(map(record, packets)))

    assert found == packets
    assert stats.damaged == []


def test_wireshark_writes_what_we_read(tmp_path: Path) -> None:
    packets = make_packets(20, step_ns=1_000_001_000)
    (tmp_path / "plain").write_bytes(pcap(packets))
    editcap(tmp_path / "plain", "snoop", tmp_path / "snoop")

    assert read(tmp_path / "snoop")[0] == packets


@pytest.mark.parametrize(
    ("datalink", "linktype"),
    [(0, 1), (4, 1), (2, 6), (8, 10), (9, 0x20009), (1 << 31, 0x2FFFF)],
)
def test_datalink_types_are_told_by_what_pcap_calls_them(
    datalink: int, linktype: int, tmp_path: Path
) -> None:
    (packet,) = make_packets(1)
    found, _ = read_bytes(tmp_path, head(datalink) + record(packet))

    assert found == [replace(packet, linktype=linktype)]


def test_a_cut_at_any_byte_leaves_all_whole_records(tmp_path: Path) -> None:
    packets = make_packets(4)
    pieces = [record(packet) for packet in packets]
    data = head() + b"".join(pieces)
    edges = {16 + sum(map(len, pieces[:k])) for k in range(len(pieces) + 1)}
    for cut in range(len(data)):
        found, stats = read_bytes(tmp_path, data[:cut])
        assert found == packets[: whole_before(cut, pieces, 16)]
        assert len(stats.damaged) == (cut not in edges)


@pytest.mark.parametrize(
    ("captured", "size", "reason"),
    [
        (5, 28, "snoop: packet of 5 bytes in 4"),
        (4, 23, "snoop: record of 23 bytes"),
        (0, 0, "snoop: record of 0 bytes"),
        (4, (1 << 24) + 1, "snoop: record of 16777217 bytes"),
    ],
)
def test_an_impossible_length_is_damage_behind_good_records(
    captured: int, size: int, reason: str, tmp_path: Path
) -> None:
    packets = make_packets(3)
    good = head() + b"".join(map(record, packets))
    bad = struct.pack(">6I", 4, captured, size, 0, 0, 0) + b"data"
    found, stats = read_bytes(tmp_path, good + bad + bytes(100))

    assert found == packets
    assert [(d.offset, d.reason) for d in stats.damaged] == [(len(good), reason)]


def test_a_version_that_is_not_known_is_damage(tmp_path: Path) -> None:
    found, stats = read_bytes(tmp_path, head(version=3))

    assert found == []
    assert [(d.offset, d.usable) for d in stats.damaged] == [(8, False)]
