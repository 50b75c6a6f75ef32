"""Where in a stream a message may begin."""

from __future__ import annotations

from typing import Final

from decoders import raw, smb2_header

NEEDLE_BYTES: Final = max(map(len, raw.NEEDLES))
"Bytes of the longest needle."
LEAST_MAGIC: Final = smb2_header.RDMA_MAGIC[0]
"The first byte of an SMB magic is this or above; that of other needles is below."
_WINDOW_BYTES: Final = 1 << 12


def earliest(data: bytes | bytearray, start: int) -> int:
    """Return where from *start* on a message may begin, -1 when nowhere.

    A plain find is many times faster than one pattern of all needles. It looks at a
    window at a time, so that one needle that is near does not cost a look for the
    others through all that is held.
    """
    for begin in range(start, len(data), _WINDOW_BYTES):
        at = _earliest_within(data, begin, begin + _WINDOW_BYTES + NEEDLE_BYTES - 1)
        if at >= 0:
            return at
    return -1


def _earliest_within(data: bytes | bytearray, start: int, end: int) -> int:
    best = _find_magic(data, start, end)
    for needle in raw.NEEDLES:
        if best >= 0:
            end = min(end, best + len(needle) - 1)
        at = data.find(needle, start, end)
        best = at if at >= 0 else best
    return best


def _find_magic(data: bytes | bytearray, start: int, end: int) -> int:
    """Find `SMB` after one of FB to FF."""
    at = data.find(b"SMB", start + 1, end)
    while at >= 0 and data[at - 1] < LEAST_MAGIC:
        at = data.find(b"SMB", at + 1, end)
    return at - 1 if at >= 0 else -1
