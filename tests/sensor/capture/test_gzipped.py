"""gzip: what Python packs comes out whole, and what is damaged as far as it goes."""

from __future__ import annotations

import gzip
import io
import struct
import zlib
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sensor.capture.gzipped import ROOM, contents, open_gzip
from sensor.capture.stream import read_up_to
from sensor.errors import CaptureError
from tests.support.captures import make_packets, pcap, pcapng, read_bytes

PACKETS = make_packets(200)
PLAIN = pcap(PACKETS)


def unpack(packed: bytes) -> tuple[bytes, CaptureError | None]:
    """Give all that could be unpacked, and the damage behind it."""
    pieces: list[bytes] = []
    try:
        pieces.extend(contents(io.BytesIO(packed), "file.gz"))
    except CaptureError as error:
        return b"".join(pieces), error
    return b"".join(pieces), None


def halves(data: bytes) -> bytes:
    """Pack *data* as two members, with one of no content between."""
    parts = (data[:1234], b"", data[1234:])
    return b"".join(map(gzip.compress, parts))


@pytest.mark.parametrize("pack", [gzip.compress, halves])
@pytest.mark.parametrize("plain", [PLAIN, pcapng(PACKETS)])
@pytest.mark.parametrize("size", [64, 1 << 20])
def test_packed_equals_plain(
    tmp_path: Path, pack: Callable[[bytes], bytes], plain: bytes, size: int
) -> None:
    found, stats = read_bytes(tmp_path, pack(plain), size)
    assert (found, stats.damaged) == (PACKETS, [])


@settings(max_examples=60)
@given(
    st.lists(
        st.tuples(st.binary(max_size=300), st.integers(0, 9), st.integers(0, 40)),
        min_size=1,
        max_size=5,
    )
)
def test_members_are_joined_and_zeros_between_them_passed(
    members: list[tuple[bytes, int, int]],
) -> None:
    packed = b"".join(
        gzip.compress(data, level) + bytes(zeros) for data, level, zeros in members
    )
    assert unpack(packed) == (b"".join(data for data, _, _ in members), None)


def test_padding_may_be_longer_than_what_is_read_at_once(tmp_path: Path) -> None:
    found, stats = read_bytes(tmp_path, gzip.compress(PLAIN) + bytes(70_000))
    assert (found, stats.damaged) == (PACKETS, [])


def test_all_fields_of_a_header_are_passed() -> None:
    """RFC 1952 2.3: FEXTRA, FNAME, FCOMMENT and FHCRC, in that order."""
    head = b"\x1f\x8b\x08\x1e" + struct.pack("<IBB", 1_600_000_000, 0, 3)
    head += struct.pack("<H", 6) + b"AB\x02\0xy" + b"name.pcap\0" + b"comment\0"
    head += struct.pack("<H", zlib.crc32(head) & 0xFFFF)
    stored = b"\x01\x05\x00\xfa\xffhello"  # RFC 1951 3.2.4: last, stored, LEN, NLEN
    tail = struct.pack("<II", zlib.crc32(b"hello"), 5)
    assert unpack(head + stored + tail) == (b"hello", None)


def test_what_packs_a_thousandfold_is_unpacked_bit_by_bit() -> None:
    zeros = bytes(5 * ROOM + 17)
    pieces = list(contents(io.BytesIO(gzip.compress(zeros)), "file.gz"))
    assert max(map(len, pieces)) == ROOM
    assert b"".join(pieces) == zeros


@pytest.mark.parametrize("more", [0, 1, 100, 257, 258])
def test_what_zlib_still_holds_when_the_file_ends_is_given(more: int) -> None:
    """One code stands for up to 258 bytes: more, perhaps, than there is room for."""
    zeros = bytes(ROOM + more)
    found, error = unpack(gzip.compress(zeros)[:-8])
    assert found == zeros
    assert error


def test_it_is_read_as_a_stream() -> None:
    stream = open_gzip(io.BytesIO(gzip.compress(PLAIN)), "file.gz")
    assert read_up_to(stream, 24) == PLAIN[:24]
    assert read_up_to(stream, len(PLAIN)) == PLAIN[24:]


def test_a_cut_at_any_byte_is_told_and_loses_nothing_before_it(tmp_path: Path) -> None:
    packed = gzip.compress(PLAIN)
    fewest = 0
    for cut in range(4, len(packed), 7):
        found, stats = read_bytes(tmp_path, packed[:cut])
        assert found == PACKETS[: len(found)]
        assert len(found) >= fewest
        assert [d.usable for d in stats.damaged] == [len(found) > 0]
        assert stats.damaged[0].offset <= cut
        fewest = len(found)
    assert fewest > 0


def test_what_is_cut_gives_what_zlib_gives() -> None:
    packed = gzip.compress(PLAIN)
    for cut in range(1, len(packed), 11):
        found, error = unpack(packed[:cut])
        assert found == zlib.decompressobj(31).decompress(packed[:cut])
        assert error
        assert (error.offset, error.reason) == (cut, "gzip: cut inside a member")


def test_what_comes_before_a_damaged_byte_is_given() -> None:
    """Stored blocks, so that what lies before the damage can be counted."""
    body = bytes(range(256)) * 4
    packed = bytearray(gzip.compress(body, 0))
    packed += gzip.compress(body, 0)
    begins = len(packed) // 2
    packed[begins + 10] = 0x07  # RFC 1951 3.2.3: the last block, of a reserved type
    found, error = unpack(bytes(packed))
    assert found == body
    assert error
    assert (error.file, error.offset) == ("file.gz", begins)
    assert error.reason.startswith("gzip: ")


def test_damage_inside_a_member_gives_the_bytes_before_it() -> None:
    first = b"\x00\x05\x00\xfa\xffhello"  # stored, and not the last block
    head = b"\x1f\x8b\x08" + bytes(7)
    found, error = unpack(head + first + b"\x07" + bytes(20))
    assert found == b"hello"
    assert error
    assert "invalid block type" in error.reason


def test_a_wrong_checksum_is_told_and_all_packets_are_given(tmp_path: Path) -> None:
    packed = bytearray(gzip.compress(PLAIN))
    packed[-8] ^= 1
    found, stats = read_bytes(tmp_path, bytes(packed))
    assert found == PACKETS
    assert [d.usable for d in stats.damaged] == [True]


def test_other_bytes_behind_the_content_are_damage(tmp_path: Path) -> None:
    packed = gzip.compress(PLAIN)
    found, stats = read_bytes(tmp_path, packed + b"something else")
    assert found == PACKETS
    assert [(d.offset, d.usable) for d in stats.damaged] == [(len(packed), True)]
