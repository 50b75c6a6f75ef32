"""gzip and zstd of a capture give the packets of the capture."""

from __future__ import annotations

import gzip
from collections.abc import Callable
from pathlib import Path

import pytest
import zstandard

from tests.support.captures import make_packets, pcap, pcapng, read_bytes

PACKETS = make_packets(200)
PLAIN = pcap(PACKETS)


def zst(data: bytes) -> bytes:
    return zstandard.ZstdCompressor(write_checksum=True).compress(data)


def zst_stream(data: bytes) -> bytes:
    """No content size, no checksum, many blocks."""
    packer = zstandard.ZstdCompressor(write_content_size=False).compressobj()
    parts = [
        packer.compress(data[at : at + 999])
        + packer.flush(zstandard.COMPRESSOBJ_FLUSH_BLOCK)
        for at in range(0, len(data), 999)
    ]
    return b"".join(parts) + packer.flush()


def skippable(data: bytes) -> bytes:
    return b"\x53\x2a\x4d\x18\x05\x00\x00\x00hello" + zst(data)


def halves(pack: Callable[[bytes], bytes]) -> Callable[[bytes], bytes]:
    return lambda data: pack(data[:1234]) + pack(b"") + pack(data[1234:])


PACKERS = [gzip.compress, zst, zst_stream, skippable]
PACKERS += [halves(pack) for pack in PACKERS]


@pytest.mark.parametrize("pack", PACKERS)
@pytest.mark.parametrize("plain", [PLAIN, pcapng(PACKETS)])
@pytest.mark.parametrize("size", [64, 1 << 20])
def test_packed_equals_plain(
    tmp_path: Path, pack: Callable[[bytes], bytes], plain: bytes, size: int
) -> None:
    found, stats = read_bytes(tmp_path, pack(plain), size)
    assert found == PACKETS
    assert stats.damaged == []


def test_zeros_behind_a_gzip_file_are_padding(tmp_path: Path) -> None:
    found, stats = read_bytes(tmp_path, gzip.compress(PLAIN) + bytes(70_000))
    assert (found, stats.damaged) == (PACKETS, [])


def test_content_that_packs_a_thousandfold_is_read(tmp_path: Path) -> None:
    zeros = b"\0" * 262_000
    plain = (
        PLAIN[:24]
        + (b"\1\0\0\0\0\0\0\0" + len(zeros).to_bytes(4, "little") * 2 + zeros) * 20
    )
    for pack in (gzip.compress, zst):
        found, _ = read_bytes(tmp_path, pack(plain))
        assert [p.data for p in found] == [zeros] * 20


@pytest.mark.parametrize("pack", [gzip.compress, zst, zst_stream])
def test_a_cut_at_any_byte_is_told_and_loses_nothing_before_it(
    tmp_path: Path, pack: Callable[[bytes], bytes]
) -> None:
    packed = pack(PLAIN)
    fewest = 0
    for cut in range(4, len(packed), 7):
        found, stats = read_bytes(tmp_path, packed[:cut])
        assert found == PACKETS[: len(found)]
        assert len(found) >= fewest
        assert [d.usable for d in stats.damaged] == [len(found) > 0]
        assert stats.damaged[0].offset <= cut
        fewest = len(found)
    assert fewest > 0


@pytest.mark.parametrize("pack", [gzip.compress, zst])
def test_a_wrong_checksum_is_told_and_all_packets_are_given(
    tmp_path: Path, pack: Callable[[bytes], bytes]
) -> None:
    packed = bytearray(pack(PLAIN))
    packed[-8 if pack is gzip.compress else -4] ^= 1
    found, stats = read_bytes(tmp_path, bytes(packed))
    assert found == PACKETS
    assert [d.usable for d in stats.damaged] == [True]


@pytest.mark.parametrize("pack", [gzip.compress, zst])
def test_other_bytes_behind_the_content_are_damage(
    tmp_path: Path, pack: Callable[[bytes], bytes]
) -> None:
    packed = pack(PLAIN)
    found, stats = read_bytes(tmp_path, packed + b"something else")
    assert found == PACKETS
    assert [d.usable for d in stats.damaged] == [True]


def test_a_compressed_file_in_a_compressed_file_is_no_capture(tmp_path: Path) -> None:
    found, stats = read_bytes(tmp_path, gzip.compress(zst(PLAIN)))
    assert found == []
    assert [d.usable for d in stats.damaged] == [False]
