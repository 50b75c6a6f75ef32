"""Zstandard (RFC 8878): any number of frames behind one another.

Each block is unpacked by itself: one gives 128 KiB at most, whatever it claims, and
what comes before a cut or a damaged one is not lost.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from sensor.capture.stream import Pieces, Stream, read_up_to
from sensor.errors import CaptureError
from sensor.limits import ZSTD_WINDOW_BYTES

FRAME: Final = b"\x28\xb5\x2f\xfd"
SKIPPABLE: Final = tuple(bytes([low]) + b"\x2a\x4d\x18" for low in range(0x50, 0x60))
MAGICS: Final = (FRAME, *SKIPPABLE)

CHECKSUM: Final = 0x04
"Bit of the frame header descriptor: four bytes follow the last block."
SINGLE_SEGMENT: Final = 0x20
"Bit of it: there is no window descriptor."
SIZE_BYTES: Final = (0, 2, 4, 8)
DICTIONARY_BYTES: Final = (0, 1, 2, 4)
"Bytes of the fields whose size the descriptor's top and bottom two bits tell."
RLE: Final = 1
"Type of a block of which one byte is stored."
BLOCK_BYTES: Final = 1 << 17
"The most a block holds, packed or not (section 3.1.1.2.4)."


def open_zstd(packed: Stream, file: str) -> Pieces:
    """Give the content of the zstd file that *packed* is read from, as a stream."""
    return Pieces(contents(Frames(packed, file)))


@dataclass(slots=True)
class Frames:
    """The packed bytes, read field by field."""

    packed: Stream
    file: str
    taken: int = 0

    def magic(self) -> bytes:
        """Read a magic number; empty at the end."""
        found = read_up_to(self.packed, 4)
        self.taken += len(found)
        if found and found not in MAGICS:
            raise self.damage(f"a frame begins with {found.hex(' ')}")
        return found

    def take(self, size: int) -> bytes:
        """Read *size* bytes, which must be there."""
        found = read_up_to(self.packed, size)
        self.taken += len(found)
        if len(found) < size:
            raise self.damage("cut inside a frame")
        return found

    def number(self, size: int) -> int:
        """Read a little-endian number of *size* bytes."""
        return int.from_bytes(self.take(size), "little")

    def damage(self, reason: str) -> CaptureError:
        """Say what is wrong, and where in the packed file."""
        return CaptureError(self.file, self.taken, f"zstd: {reason}")


def contents(frames: Frames) -> Iterator[bytes]:
    """Unpack all frames; CaptureError comes behind all that could be unpacked."""
    while magic := frames.magic():
        if magic == FRAME:
            yield from frame(frames)
        else:
            skip(frames, frames.number(4))


def skip(frames: Frames, size: int) -> None:
    """Pass over the content of a skippable frame (section 3.1.2)."""
    while size:
        size -= len(frames.take(min(size, BLOCK_BYTES)))


def frame(frames: Frames) -> Iterator[bytes]:
    """Unpack the blocks of one frame (section 3.1.1), its magic number being read."""
    import zstandard

    unpack = zstandard.ZstdDecompressor(max_window_size=ZSTD_WINDOW_BYTES)
    content = unpack.decompressobj()
    try:
        head = header(frames)
        content.decompress(FRAME + head)
        last = False
        while not last:
            word = frames.take(3)
            last = bool(word[0] & 1)
            yield content.decompress(word + block(frames, word))
        if head[0] & CHECKSUM:
            content.decompress(frames.take(4))
    except zstandard.ZstdError as error:
        raise frames.damage(str(error)) from error


def header(frames: Frames) -> bytes:
    """Read a frame header without its magic number (section 3.1.1.1)."""
    first = frames.take(1)
    bits = first[0]
    single = bool(bits & SINGLE_SEGMENT)
    size = SIZE_BYTES[bits >> 6] or int(single)
    return first + frames.take((not single) + DICTIONARY_BYTES[bits & 3] + size)


def block(frames: Frames, word: bytes) -> bytes:
    """Read a block's stored bytes, *word* being its header (section 3.1.1.2)."""
    bits = int.from_bytes(word, "little")
    if bits >> 1 & 3 == RLE:
        return frames.take(1)
    if bits >> 3 > BLOCK_BYTES:
        raise frames.damage(
            f"block of {bits >> 3} bytes, and the most is {BLOCK_BYTES}"
        )
    return frames.take(bits >> 3)
