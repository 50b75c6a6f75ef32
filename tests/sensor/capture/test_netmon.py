"""Network Monitor: what struct and Wireshark write is read, and damage is told."""

from __future__ import annotations

import gzip
from dataclasses import replace
from pathlib import Path

import pytest

from tests.support.captures import make_packets, pcap, read, read_bytes
from tests.support.netmon import BEGAN_NS, frame, made, netmon
from tests.support.tshark import editcap

PACKETS = made(30)
ETHERNET = [(packet, 1) for packet in PACKETS]


@pytest.mark.parametrize("padding", [0, 56])
@pytest.mark.parametrize("minor", [0, 1, 2, 3])
@pytest.mark.parametrize("size", [1 << 20, 200])
def test_every_version_gives_the_packets_written(
    minor: int, padding: int, size: int, tmp_path: Path
) -> None:
    data = netmon(ETHERNET[1:], minor, padding=padding)
    found, stats = read_bytes(tmp_path, data, size)

    assert found == [replace(p, number=p.number - 1) for p in PACKETS[1:]]
    assert stats.damaged == []


def test_a_frame_may_be_older_than_the_capture(tmp_path: Path) -> None:
    for minor in (0, 3):
        found, _ = read_bytes(tmp_path, netmon([(made(2)[0], 1)], minor, padding=56))
        assert [packet.ts_ns for packet in found] == [BEGAN_NS - 1_000_001_000]


def test_it_may_be_compressed(tmp_path: Path) -> None:
    found, stats = read_bytes(tmp_path, gzip.compress(netmon(ETHERNET[1:])))

    assert len(found) == len(PACKETS) - 1
    assert stats.damaged == []


def test_wireshark_writes_what_we_read(tmp_path: Path) -> None:
    packets = make_packets(20, step_ns=1_000_001_000)
    (tmp_path / "plain").write_bytes(pcap(packets))
    editcap(tmp_path / "plain", "netmon2", tmp_path / "netmon")

    assert read(tmp_path / "netmon")[0] == packets


@pytest.mark.parametrize(
    ("media", "linktype"),
    [
        (0, 1),
        (1, 1),
        (2, 6),
        (3, 10),
        (6, 0x10006),
        (7, 101),
        (8, 101),
        (9, 101),
        (0xE069, 105),
        (0xE080, 105),
        (0xE08A, 0x1E08A),
        (0xFFE0, 0x1FFE0),
        (0xFFFF, 0x1FFFF),
    ],
)
def test_media_types_are_told_by_what_pcap_calls_them(
    media: int, linktype: int, tmp_path: Path
) -> None:
    for data in (
        netmon([(PACKETS[1], media)], 3),
        netmon([(PACKETS[1], 1)], 0, media=media),
    ):
        assert [p.linktype for p in read_bytes(tmp_path, data)[0]] == [linktype]


def test_a_cut_before_the_table_leaves_all_whole_frames(tmp_path: Path) -> None:
    data = netmon(ETHERNET[1:6])
    sizes = [len(frame(packet, 1, 3)) for packet, _ in ETHERNET[1:6]]
    edges = [72 + sum(sizes[:n]) for n in range(6)]
    for cut in range(4, edges[-1]):
        found, stats = read_bytes(tmp_path, data[:cut])
        assert len(found) == sum(edge <= cut for edge in edges[1:])
        assert len(stats.damaged) == (cut not in edges)


@pytest.mark.parametrize("off", [-1, 1, 15])
def test_frames_that_do_not_end_at_the_table_are_damage(
    off: int, tmp_path: Path
) -> None:
    good = netmon(ETHERNET[1:6])
    table = int.from_bytes(good[24:28], "little") + off
    found, stats = read_bytes(tmp_path, netmon(ETHERNET[1:6], table=table))

    assert len(found) == (4 if off < 0 else 5)
    (damage,) = stats.damaged
    assert damage.reason == "netmon: the last frame does not end at the frame table"


def test_an_impossible_length_is_damage_behind_good_frames(tmp_path: Path) -> None:
    data = bytearray(netmon(ETHERNET[1:3]))
    second = 72 + len(frame(PACKETS[1], 1, 3))
    data[second + 15] = 0xFF
    found, stats = read_bytes(tmp_path, bytes(data))

    assert len(found) == 1
    (damage,) = stats.damaged
    assert (damage.offset, damage.usable) == (second, True)


@pytest.mark.parametrize(
    ("at", "value", "offset", "reason"),
    [
        (5, 3, 4, "version 3.3, and only 2.0 to 2.3 are known"),
        (4, 4, 4, "version 2.4, and only 2.0 to 2.3 are known"),
        (10, 13, 8, "no time to begin at"),
        (24, 0, 24, "frame table at offset"),
    ],
)
def test_a_header_that_cannot_be_is_damage(
    at: int, value: int, offset: int, reason: str, tmp_path: Path
) -> None:
    data = bytearray(netmon(ETHERNET[1:2], table=71))
    data[24] = 200
    data[at] = value
    found, stats = read_bytes(tmp_path, bytes(data))

    assert found == []
    (damage,) = stats.damaged
    assert reason in damage.reason
    assert damage.offset == offset


def test_a_header_that_is_cut_is_damage(tmp_path: Path) -> None:
    _, stats = read_bytes(tmp_path, netmon(ETHERNET)[:71])

    assert [(d.offset, d.usable) for d in stats.damaged] == [(71, False)]
