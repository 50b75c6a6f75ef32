"""The shape of SMB1 messages: what every one of them must look like (MS-CIFS 2.2.3).

Everything here reads bytes that begin with the magic and may be cut.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from decoders.limits import ANDX_DEPTH

MAGIC: Final = b"\xffSMB"
HEADER_BYTES: Final = 32
LEAST_BYTES: Final = 35  # header, WordCount, ByteCount
NEGOTIATE: Final = 0x72
SESSION_SETUP: Final = 0x73
LOGOFF: Final = 0x74
TREE_CONNECT: Final = 0x75
NO_ANDX: Final = 0xFF
EXTENDED_SECURITY: Final = 0x8000_0000  # CAP_EXTENDED_SECURITY

_TREE_CONNECT_CORE: Final = 0x70
_OPEN_ANDX: Final = 0x2D
_READ_ANDX: Final = 0x2E
_WRITE_ANDX: Final = 0x2F
_TRANSACTION: Final = 0x25
_NT_CREATE_ANDX: Final = 0xA2

COMMANDS: Final = frozenset(
    (
        *range(0x15),
        *range(0x1A, 0x36),
        *range(0x70, 0x76),
        *range(0x80, 0x85),
        *range(0xA0, 0xA3),
        0xA4,
        0xA5,
        *range(0xC0, 0xC4),
        *range(0xD8, 0xDB),
    )
)
"Command codes that MS-CIFS 2.2.2.1 defines."

ANDX: Final = frozenset(
    {0x24, _OPEN_ANDX, _READ_ANDX, _WRITE_ANDX, _NT_CREATE_ANDX, 0x73, 0x74, 0x75}
)
"Commands whose words begin with AndXCommand, reserved, AndXOffset (MS-CIFS 2.2.3.4)."

_WORD_COUNTS: Final = {
    (NEGOTIATE, False): {0},
    (NEGOTIATE, True): {0, 1, 13, 17},
    (SESSION_SETUP, False): {10, 12, 13},
    (SESSION_SETUP, True): {0, 2, 3, 4},
}
# the strong forms; a reply that only carries a status has no words

_BLOBS: Final = {
    (NEGOTIATE, True, 17): 16,
    (SESSION_SETUP, False, 12): 0,
    (SESSION_SETUP, True, 4): 0,
}
# bytes before the security blob in the data, by command, direction and WordCount

_PIPE_OFFSETS: Final = {
    (_TRANSACTION, False): 24,
    (_TRANSACTION, True): 14,
    (_WRITE_ANDX, False): 22,
    (_READ_ANDX, True): 12,
}
# where in the words the 16-bit DataOffset of what goes through a pipe lies


@dataclass(frozen=True, slots=True)
class Block:
    """One command's words and data, as offsets from the magic."""

    command: int
    words: int
    words_end: int
    data_end: int

    @property
    def data(self) -> int:
        """Offset of the first data byte, after ByteCount."""
        return self.words_end + 2


def is_header(data: bytes, length: int | None = None) -> bool:
    """Check that *data* begins with an SMB1 header and plausible counts.

    *length* is what the frame says the message has (bytes), None when no frame does.
    """
    if len(data) <= HEADER_BYTES or data[:4] != MAGIC or data[22:24] != b"\0\0":
        return False
    count = data[HEADER_BYTES]
    allowed = _WORD_COUNTS.get((data[4], bool(data[9] & 0x80)))
    if data[4] not in COMMANDS or (allowed and count not in allowed):
        return False
    return length is None or _fits(data, count, length)


def blocks(data: bytes) -> Iterator[Block]:
    """Walk the AndX chain; stop where it does not advance, is cut or is too long."""
    command, at = data[4], HEADER_BYTES
    for _ in range(ANDX_DEPTH):
        if at >= len(data):
            return
        words_end = at + 1 + 2 * data[at]
        count = int.from_bytes(data[words_end : words_end + 2], "little")
        yield Block(command, at + 1, words_end, words_end + 2 + count)
        if command not in ANDX or data[at] < 2 or words_end > len(data):
            return
        command, following = data[at + 1], u16(data, at + 3)
        if command == NO_ANDX or following < words_end:
            return
        at = following


def extent(data: bytes) -> int:
    """Tell how many bytes the message has, by its counts alone."""
    return max((block.data_end for block in blocks(data)), default=len(data))


def safe_length(data: bytes) -> int:
    """Count the leading bytes that come before any password or response."""
    for block in blocks(data):
        if not data[9] & 0x80 and _holds_secret(block):
            return min(len(data), block.data)
    return len(data)


def blob_start(data: bytes) -> int | None:
    """Return the offset of the security blob, None for messages without one."""
    first = next(blocks(data), None)
    if first is None:
        return None
    key = first.command, bool(data[9] & 0x80), data[HEADER_BYTES]
    gap = _BLOBS.get(key)
    return None if gap is None else first.data + gap


def pipe_payload(data: bytes) -> int | None:
    """Return the offset of what a pipe carries; None when this is no pipe traffic."""
    at = _PIPE_OFFSETS.get((data[4], bool(data[9] & 0x80)))
    if at is None or at + 2 > 2 * data[HEADER_BYTES]:
        return None
    return u16(data, HEADER_BYTES + 1 + at)


def u16(data: bytes, at: int) -> int:
    """Read 16 bits, little-endian; bytes that are not there count as zero."""
    return int.from_bytes(data[at : at + 2], "little")


def _fits(data: bytes, count: int, length: int) -> bool:
    end = HEADER_BYTES + 1 + 2 * count
    return length >= LEAST_BYTES and end + 2 + u16(data, end) <= length


def _holds_secret(block: Block) -> bool:
    count = (block.words_end - block.words) // 2
    if block.command == SESSION_SETUP:
        return count != 12
    return block.command in (TREE_CONNECT, _TREE_CONNECT_CORE)
