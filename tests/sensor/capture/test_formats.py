"""Which format bytes are in is told by their first bytes, and nothing else."""

from __future__ import annotations

import gzip
import io
from collections.abc import Callable

import pytest
import zstandard

from sensor.capture.formats import (
    FOREIGN,
    SOURCES,
    NotACaptureError,
    open_format,
    recognise,
)
from sensor.capture.pcap import PcapWalker
from sensor.capture.pcapng import PcapngWalker
from sensor.capture.stream import read_up_to
from sensor.errors import CaptureError
from tests.support.captures import make_packets, pcap, pcapng

PACKETS = make_packets(3)


def zst(data: bytes) -> bytes:
    return zstandard.ZstdCompressor().compress(data)


def packed(data: bytes) -> bytes:
    """Return *data* in gzip; without the time, so that tests keep their names."""
    return gzip.compress(data, mtime=0)


def test_the_first_bytes_belong_to_one_format_only() -> None:
    magics = [magic for kind in SOURCES for magic in kind.magics]
    magics += [magic for _, magic in FOREIGN]
    for magic in magics:
        assert sum(other.startswith(magic) for other in magics) == 1


@pytest.mark.parametrize(
    ("data", "name"),
    [
        (bytes.fromhex("a1b2c3d4") + bytes(20), "pcap"),
        (bytes.fromhex("d4c3b2a1") + bytes(20), "pcap"),
        (bytes.fromhex("a1b23c4d") + bytes(20), "pcap"),
        (bytes.fromhex("4d3cb2a1") + bytes(20), "pcap"),
        (bytes.fromhex("a1b2cd34") + bytes(20), "pcap"),
        (bytes.fromhex("34cdb2a1") + bytes(20), "pcap"),
        (bytes.fromhex("0a0d0d0a") + bytes(20), "pcapng"),
        (b"GMBU" + bytes(20), "Microsoft Network Monitor 2"),
        (b"snoop\0\0\0" + bytes(20), "snoop"),
        (packed(b""), "gzip"),
        (zst(b""), "zstd"),
        (bytes.fromhex("5f2a4d18") + bytes(4), "zstd"),
    ],
)
def test_a_format_is_recognised_and_its_bytes_are_given_back(
    data: bytes, name: str
) -> None:
    kind, stream = recognise(io.BytesIO(data), "file")
    assert kind.name == name
    assert read_up_to(stream, 1000) == data


@pytest.mark.parametrize("pack", [bytes, gzip.compress, zst])
def test_what_is_packed_is_opened_as_what_it_is(pack: Callable[[bytes], bytes]) -> None:
    """The walker comes with the stream behind what it read of it."""
    walker, stream = open_format(io.BytesIO(pack(pcap(PACKETS, link=101))), "file")
    assert isinstance(walker, PcapWalker)
    assert (walker.linktype, walker.header) == (101, 24)
    assert read_up_to(stream, 1000) == pcap(PACKETS)[24:]

    walker, stream = open_format(io.BytesIO(pack(pcapng(PACKETS))), "file")
    assert isinstance(walker, PcapngWalker)
    assert read_up_to(stream, 1000) == pcapng(PACKETS)


@pytest.mark.parametrize(
    ("data", "inner"),
    [
        (packed(zst(pcap(PACKETS))), "zstd"),
        (packed(packed(pcap(PACKETS))), "gzip"),
        (zst(packed(pcap(PACKETS))), "gzip"),
    ],
)
def test_a_compressed_file_in_a_compressed_file_is_no_capture(
    data: bytes, inner: str
) -> None:
    reason = f"{inner} inside a compressed file"
    with pytest.raises(NotACaptureError, match=reason) as caught:
        open_format(io.BytesIO(data), "twice.gz")
    assert (caught.value.file, caught.value.offset) == ("twice.gz", 0)


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"", "no capture format known: empty"),
        (b"PK", "no capture format known: starts with 50 4b"),
        (b"PK\x03\x04zipfile", "no capture format known: starts with 50 4b 03 04 7a"),
        (bytes.fromhex("a1b2c3"), "starts with a1 b2 c3"),
        (bytes.fromhex("a1b2c3d5") + bytes(20), "starts with a1 b2 c3 d5 00 00 00 00"),
        (b"\x1f\x8b\x07" + bytes(20), "starts with 1f 8b 07"),
        (packed(b"text"), "starts with 74 65 78 74"),
    ],
)
def test_what_is_no_capture_is_told_by_its_first_bytes(data: bytes, words: str) -> None:
    with pytest.raises(NotACaptureError, match=words) as caught:
        open_format(io.BytesIO(data), "file")
    assert (caught.value.file, caught.value.offset) == ("file", 0)


@pytest.mark.parametrize(
    ("magic", "name"),
    [
        (b"RTSS", "Network Monitor 1"),
        (b"TRSNIFF data    \x1a", "Sniffer"),
        (b"XCP\0", "NetXRay"),
        (b"iptrace 2.0", "iptrace"),
        (b"\x1c\x00\x01\xac", "hardware pcap"),
        (b"\xac\x01\x00\x1c", "hardware pcap"),
    ],
)
def test_captures_that_are_not_read_are_told_by_name(magic: bytes, name: str) -> None:
    """They are captures, so that they are damage wherever they are found."""
    with pytest.raises(CaptureError, match=f"{name}.* captures are not read") as caught:
        open_format(io.BytesIO(magic + bytes(20)), "file")
    assert not isinstance(caught.value, NotACaptureError)


def test_a_name_plays_no_part() -> None:
    walker, _ = open_format(io.BytesIO(pcap(PACKETS)), "picture.jpg.gz")
    assert isinstance(walker, PcapWalker)
