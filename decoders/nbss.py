"""NetBIOS session service frames (RFC 1002 4.3) and direct TCP (MS-SMB2 2.1)."""

from __future__ import annotations

from dataclasses import dataclass
from ipaddress import IPv4Address
from typing import Final

from decoders.wire import DecodeError, Reader

LAYER: Final = "nbss"
HEADER_BYTES: Final = 4
MESSAGE: Final = 0x00
REQUEST: Final = 0x81
POSITIVE: Final = 0x82
NEGATIVE: Final = 0x83
RETARGET: Final = 0x84
KEEP_ALIVE: Final = 0x85

_LENGTHS: Final = {
    POSITIVE: (0, 0),
    NEGATIVE: (1, 1),
    RETARGET: (6, 6),
    KEEP_ALIVE: (0, 0),
}
# bytes that follow the header, least and most
_REQUEST_LENGTHS: Final = (4, 512)
# two encoded names; 68 bytes without a scope, a name with scope has at most 255
_NAME_BYTES: Final = 32


@dataclass(frozen=True, slots=True)
class Frame:
    """A frame's header."""

    type: int
    length: int
    "Bytes that follow the header: 24 bits, as direct TCP has them."


@dataclass(frozen=True, slots=True)
class SessionRequest:
    """RFC 1002 4.3.2; a NetBIOS name's sixteenth byte (its type) comes after `#`."""

    called: str
    calling: str


@dataclass(frozen=True, slots=True)
class PositiveResponse:
    """RFC 1002 4.3.3."""


@dataclass(frozen=True, slots=True)
class NegativeResponse:
    """RFC 1002 4.3.4."""

    error: int


@dataclass(frozen=True, slots=True)
class Retarget:
    """RFC 1002 4.3.5."""

    ip: str
    port: int


@dataclass(frozen=True, slots=True)
class KeepAlive:
    """RFC 1002 4.3.7."""


Message = SessionRequest | PositiveResponse | NegativeResponse | Retarget | KeepAlive


def header(data: bytes | bytearray, at: int = 0) -> Frame | None:
    """Read the frame header at *at*; None when fewer than 4 bytes are there."""
    if at + HEADER_BYTES > len(data):
        return None
    return Frame(data[at], int.from_bytes(data[at + 1 : at + 4], "big"))


def is_session_service(frame: Frame) -> bool:
    """Check a frame that is not a session message: known type, fitting length."""
    least, most = _LENGTHS.get(frame.type, (1, 0))
    if frame.type == REQUEST:
        least, most = _REQUEST_LENGTHS
    return least <= frame.length <= most


def decode(data: bytes) -> Message:
    """Decode one whole session service frame other than a session message.

    Raises DecodeError.
    """
    r = Reader(data, LAYER)
    kind = r.u8()
    r.take(HEADER_BYTES - 1)
    if kind == REQUEST:
        return SessionRequest(called=_name(r), calling=_name(r))
    if kind == NEGATIVE:
        return NegativeResponse(r.u8())
    if kind == RETARGET:
        return Retarget(str(IPv4Address(r.take(4))), r.u16be())
    if kind in (POSITIVE, KEEP_ALIVE):
        return PositiveResponse() if kind == POSITIVE else KeepAlive()
    raise DecodeError(LAYER, 0, f"type {kind:#04x} is no session service message")


def _name(r: Reader) -> str:
    """Read a name in first-level encoding, a letter a nibble (RFC 1001 14.1)."""
    if r.u8() != _NAME_BYTES:
        raise r.error("a NetBIOS name is not 32 letters long")
    letters = r.take(_NAME_BYTES)
    if not all(0x41 <= letter <= 0x50 for letter in letters):
        raise r.error("a NetBIOS name has letters beyond A to P")
    raw = bytes(
        (high - 0x41) << 4 | low - 0x41
        for high, low in zip(letters[::2], letters[1::2], strict=True)
    )
    while scope := r.u8():
        r.take(scope)
    return f"{raw[:15].decode('cp437').rstrip()}#{raw[15]:02X}"
