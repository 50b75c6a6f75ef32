"""The little of DER (X.690) that security tokens need: tag, length, contents."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from decoders.wire import DecodeError, TruncatedError

LAYER: Final = "der"
SEQUENCE: Final = 0x30
OCTET_STRING: Final = 0x04
OID: Final = 0x06
ENUMERATED: Final = 0x0A
_LENGTH_BYTES: Final = 4
# octets of a long-form length; four say 4 GiB


@dataclass(frozen=True, slots=True)
class Element:
    """One tag and where its contents lie, in offsets of the whole blob."""

    tag: int
    start: int
    end: int
    length: int
    "Bytes its contents should have: more than lie there where they were clipped."


def element(blob: bytes, at: int, end: int, truncated: bool = False) -> Element:
    """Read the element at *at*, which must end by *end*.

    With *truncated*, contents that go on past *end* are clipped. Raises DecodeError.
    """
    if at + 2 > end:
        raise TruncatedError(LAYER, at, "no room for tag and length")
    length, start = blob[at + 1], at + 2
    if length >= 0x80:
        length, start = _long_length(blob, at, end)
    if start + length > end and not truncated:
        raise TruncatedError(LAYER, at, f"{length} bytes of contents leave the blob")
    return Element(blob[at], start, min(start + length, end), length)


def elements(
    blob: bytes, parent: Element, truncated: bool = False
) -> Iterator[Element]:
    """Give the elements inside *parent*, in order."""
    at = parent.start
    while at < parent.end:
        child = element(blob, at, parent.end, truncated)
        yield child
        at = child.end


def dotted(raw: bytes) -> str:
    """Write the contents of an OBJECT IDENTIFIER as dotted numbers."""
    numbers: list[int] = []
    value = 0
    for octet in raw:
        value = value << 7 | octet & 0x7F
        if octet < 0x80:
            numbers.append(value)
            value = 0
    if not numbers:
        return ""
    top = min(numbers[0] // 40, 2)
    return ".".join(str(n) for n in (top, numbers[0] - 40 * top, *numbers[1:]))


def _long_length(blob: bytes, at: int, end: int) -> tuple[int, int]:
    count = blob[at + 1] & 0x7F
    start = at + 2 + count
    if not 1 <= count <= _LENGTH_BYTES:
        raise DecodeError(LAYER, at + 1, f"length of {count} octets is not 1 to 4")
    if start > end:
        raise TruncatedError(LAYER, at + 1, "the length is cut")
    return int.from_bytes(blob[at + 2 : start], "big"), start
