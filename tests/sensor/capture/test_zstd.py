"""Zstandard: frames laid out by hand as RFC 8878 says, and those zstandard makes."""

from __future__ import annotations

import io
import struct
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import zstandard
from hypothesis import given, settings
from hypothesis import strategies as st

from sensor.capture.stream import read_up_to
from sensor.capture.zstd import BLOCK_BYTES, Frames, contents, open_zstd
from sensor.errors import CaptureError
from tests.support.captures import make_packets, pcap, pcapng, read_bytes

PACKETS = make_packets(200)
PLAIN = pcap(PACKETS)

MAGIC = b"\x28\xb5\x2f\xfd"
MAGIC_SKIPPABLE = b"\x50\x2a\x4d\x18"
HEAD = MAGIC + b"\x00\x00"
"No size, no checksum, no dictionary; a window of 1 KiB."
RAW, RLE, COMPRESSED, RESERVED = range(4)


def block(kind: int, size: int, last: bool = True) -> bytes:
    """Lay out a block header (section 3.1.1.2)."""
    return (size << 3 | kind << 1 | last).to_bytes(3, "little")


def unpack(packed: bytes) -> tuple[bytes, tuple[int, str] | None]:
    """Give all that could be unpacked, and the offset and reason of the damage."""
    pieces: list[bytes] = []
    try:
        pieces.extend(contents(Frames(io.BytesIO(packed), "file.zst")))
    except CaptureError as error:
        return b"".join(pieces), (error.offset, error.reason)
    return b"".join(pieces), None


# --- packed by zstandard ---


def checked(data: bytes) -> bytes:
    return zstandard.ZstdCompressor(write_checksum=True).compress(data)


def in_blocks(data: bytes) -> bytes:
    """No content size, no checksum, many blocks."""
    packer = zstandard.ZstdCompressor(write_content_size=False).compressobj()
    parts = [
        packer.compress(data[at : at + 999])
        + packer.flush(zstandard.COMPRESSOBJ_FLUSH_BLOCK)
        for at in range(0, len(data), 999)
    ]
    return b"".join(parts) + packer.flush()


def skippable(data: bytes) -> bytes:
    return b"\x53\x2a\x4d\x18\x05\x00\x00\x00hello" + checked(data)


def halves(pack: Callable[[bytes], bytes]) -> Callable[[bytes], bytes]:
    return lambda data: pack(data[:1234]) + pack(b"") + pack(data[1234:])


PACKERS = [checked, in_blocks, skippable]


@pytest.mark.parametrize("pack", [*PACKERS, *map(halves, PACKERS)])
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
        st.tuples(
            st.binary(max_size=300), st.integers(1, 19), st.booleans(), st.booleans()
        ),
        max_size=4,
    )
)
def test_frames_are_joined(frames: list[tuple[bytes, int, bool, bool]]) -> None:
    packed = b"".join(
        zstandard.ZstdCompressor(
            level, write_checksum=check, write_content_size=size
        ).compress(data)
        for data, level, check, size in frames
    )
    assert unpack(packed) == (b"".join(data for data, *_ in frames), None)


def test_it_is_read_as_a_stream() -> None:
    stream = open_zstd(io.BytesIO(in_blocks(PLAIN)), "file.zst")
    assert read_up_to(stream, 24) == PLAIN[:24]
    assert read_up_to(stream, len(PLAIN)) == PLAIN[24:]


def test_a_block_at_a_time_is_unpacked() -> None:
    zeros = bytes(5 * BLOCK_BYTES + 17)
    pieces = list(contents(Frames(io.BytesIO(checked(zeros)), "file.zst")))
    assert max(map(len, pieces)) == BLOCK_BYTES
    assert b"".join(pieces) == zeros


# --- laid out by hand ---


@pytest.mark.parametrize(
    ("descriptor", "fields"),
    [
        (0x00, b"\x00"),  # window
        (0x20, b"\x05"),  # single segment: a size of one byte, no window
        (0x40, b"\x00" + struct.pack("<H", 0)),  # two bytes of size, and 256 to add
        (0x60, struct.pack("<H", 0)),
        (0x80, b"\x00" + struct.pack("<I", 5)),
        (0xA0, struct.pack("<I", 5)),
        (0xC0, b"\x00" + struct.pack("<Q", 5)),
        (0xE0, struct.pack("<Q", 5)),
        (0x01, b"\x00" + b"\x00"),  # a dictionary id of 0: none is needed
        (0x02, b"\x00" + bytes(2)),
        (0x03, b"\x00" + bytes(4)),
        (0x23, bytes(4) + b"\x05"),
    ],
)
def test_every_layout_of_the_frame_header_is_read(
    descriptor: int, fields: bytes
) -> None:
    body = b"hello" if descriptor >> 6 != 1 else b"hello" + bytes(251)
    frame = MAGIC + bytes([descriptor]) + fields + block(RAW, len(body)) + body
    assert unpack(frame + frame) == (body + body, None)


def test_stored_and_repeated_blocks_are_read() -> None:
    frame = HEAD + block(RAW, 5, last=False) + b"hello"
    frame += block(RLE, 7, last=False) + b"!" + block(RAW, 0)
    assert unpack(frame) == (b"hello!!!!!!!", None)


@pytest.mark.parametrize("low", range(0x50, 0x60))
def test_skippable_frames_are_passed_over(low: int) -> None:
    skipped = bytes([low]) + b"\x2a\x4d\x18" + struct.pack("<I", 200_000)
    frame = HEAD + block(RAW, 2) + b"ok"
    assert unpack(skipped + bytes(200_000) + frame) == (b"ok", None)
    assert unpack(skipped + bytes(199_999)) == (
        b"",
        (8 + 199_999, "zstd: cut inside a frame"),
    )


@pytest.mark.parametrize("low", [0x4F, 0x60])
def test_other_magics_begin_no_frame(low: int) -> None:
    frame = HEAD + block(RAW, 2) + b"ok"
    found = unpack(frame + bytes([low]) + b"\x2a\x4d\x18rest")
    reason = f"zstd: a frame begins with {low:02x} 2a 4d 18"
    assert found == (b"ok", (len(frame) + 4, reason))


class Asked(io.BytesIO):
    """Remembers the most bytes it was ever asked for."""

    most = 0

    def readinto(self, view: Any, /) -> int:
        self.most = max(self.most, len(memoryview(view)))
        return super().readinto(view)


def test_what_a_skippable_frame_claims_is_not_believed() -> None:
    packed = Asked(MAGIC_SKIPPABLE + b"\xff\xff\xff\xff" + bytes(10))
    with pytest.raises(CaptureError, match="cut inside a frame"):
        list(contents(Frames(packed, "file.zst")))
    assert packed.most == BLOCK_BYTES


def test_a_block_may_be_as_large_as_a_block() -> None:
    body = bytes(range(256)) * (BLOCK_BYTES // 256)
    frame = MAGIC + b"\x00\x38" + block(RAW, BLOCK_BYTES) + body  # window: 128 KiB
    assert unpack(frame) == (body, None)


def test_a_block_may_not_be_larger_than_a_block() -> None:
    frame = HEAD + block(RAW, 2, last=False) + b"ok"
    size = BLOCK_BYTES + 1
    reason = f"zstd: block of {size} bytes, and the most is {BLOCK_BYTES}"
    assert unpack(frame + block(RAW, size) + bytes(size)) == (
        b"ok",
        (len(frame) + 3, reason),
    )


@pytest.mark.parametrize(
    "bad",
    [
        block(RESERVED, 1) + b"x",
        block(RLE, BLOCK_BYTES + 1) + b"x",
        block(COMPRESSED, 4) + b"\xff" * 4,
    ],
)
def test_what_comes_before_a_block_that_cannot_be_is_given(bad: bytes) -> None:
    frame = HEAD + block(RAW, 2, last=False) + b"ok" + bad
    found, damage = unpack(frame)
    assert found == b"ok"
    assert damage
    assert damage[0] == len(frame)
    assert damage[1].startswith("zstd: ")


@pytest.mark.parametrize(("exponent", "is_read"), [(17, True), (18, False)])
def test_a_window_beyond_128_mib_is_refused(exponent: int, is_read: bool) -> None:
    """Section 3.1.1.1.2: the window is 1 << (10 + exponent) bytes."""
    frame = MAGIC + bytes([0, exponent << 3]) + block(RAW, 2) + b"ok"
    found, damage = unpack(frame)
    assert (found, damage is None) == ((b"ok", True) if is_read else (b"", False))


# --- damage ---


@pytest.mark.parametrize("pack", [checked, in_blocks])
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


def test_a_cut_leaves_the_whole_blocks() -> None:
    frame = HEAD + block(RAW, 5, last=False) + b"hello" + block(RAW, 5) + b"world"
    for cut in range(4, len(frame)):
        expected = b"hello" if cut >= len(HEAD) + 8 else b""
        assert unpack(frame[:cut]) == (expected, (cut, "zstd: cut inside a frame"))


def test_a_wrong_checksum_is_told_and_all_packets_are_given(tmp_path: Path) -> None:
    packed = bytearray(checked(PLAIN))
    packed[-4] ^= 1
    found, stats = read_bytes(tmp_path, bytes(packed))
    assert found == PACKETS
    assert [d.usable for d in stats.damaged] == [True]


def test_other_bytes_behind_the_content_are_damage(tmp_path: Path) -> None:
    found, stats = read_bytes(tmp_path, checked(PLAIN) + b"something else")
    assert found == PACKETS
    assert [d.usable for d in stats.damaged] == [True]
