"""gzip (RFC 1952): any number of members behind one another."""

from __future__ import annotations

import zlib
from collections.abc import Iterator
from typing import Final

from sensor.capture.stream import Pieces, Stream, pieces_of
from sensor.errors import CaptureError

MAGICS: Final = (b"\x1f\x8b\x08",)
"ID1, ID2 and deflate, the only method there is."
WINDOW: Final = 31
"zlib's word for: the largest window, with gzip's header and trailer."
ROOM: Final = 1 << 20
"Bytes unpacked at a time, however well they were packed."


def open_gzip(packed: Stream, file: str) -> Pieces:
    """Give the content of the gzip file that *packed* is read from, as a stream."""
    return Pieces(contents(packed, file))


def contents(packed: Stream, file: str) -> Iterator[bytes]:
    """Unpack all members; zeros between and behind them are padding.

    Raises CaptureError, with the offset in the packed file, behind all that could
    be unpacked.
    """
    member, begun, taken = zlib.decompressobj(WINDOW), False, 0
    for piece in pieces_of(packed):
        rest, full = piece, False
        taken += len(piece)
        while rest or full:
            rest = rest if begun else rest.lstrip(b"\0")
            spare = member.copy()
            try:
                out = member.decompress(rest, ROOM)
            except zlib.error as error:
                yield from byte_by_byte(spare, rest)
                at = taken - len(rest)
                raise CaptureError(file, at, f"gzip: {error}") from error
            yield out
            begun, full = begun or bool(rest), len(out) == ROOM
            rest = member.unconsumed_tail
            if member.eof:
                rest, begun, full = member.unused_data, False, False
                member = zlib.decompressobj(WINDOW)
    if begun:
        raise CaptureError(file, taken, "gzip: cut inside a member")


def byte_by_byte(member: zlib._Decompress, packed: bytes) -> Iterator[bytes]:
    """Unpack what comes before the damage in *packed*: zlib drops it with the rest."""
    for at in range(len(packed)):
        try:
            yield member.decompress(packed[at : at + 1])
        except zlib.error:
            return
