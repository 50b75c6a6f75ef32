"""What a pcapng section says of its interfaces: link types and clocks."""

from __future__ import annotations

import struct
from collections.abc import Iterator
from typing import Final

import numpy as np

from sensor.types import I64, U8, U64

END: Final = 0
TSRESOL: Final = 9
TSOFFSET: Final = 14

OPTIONS_AT: Final = 16
"Offset of the options in an interface description block."
MICROSECONDS: Final = 6
"The resolution where no if_tsresol says otherwise."
NANO_DIGITS: Final = 9
BINARY: Final = 0x80
"Bit of if_tsresol: the rest is a power of 2, not of 10."
FINE_BITS: Final = 34
"Bits of a second; 2^34 * 10^9 is the most that 64 bits hold."
SECOND_NS: Final = 1_000_000_000
U64_MAX: Final = (1 << 64) - 1


TABLE: Final = np.dtype(
    [("linktype", "i4"), ("snaplen", "u4"), ("tsresol", "u1"), ("offset_ns", "i8")]
)
"""One row an interface. snaplen: bytes captured of a packet at most, 0 for no limit.
tsresol: as the option has it, 6 is microseconds, 0x80 | n is 2^-n seconds.
offset_ns: to be added to every time stamp."""


def describe(block: bytes, order: str) -> tuple[int, int, int, int]:
    """Read an interface description block of at least 20 bytes (section 4.2).

    Returns a row of TABLE.
    """
    linktype, _, snaplen = struct.unpack_from(order + "HHI", block, 8)
    tsresol, offset = MICROSECONDS, 0
    for code, value in options(block[OPTIONS_AT:-4], order):
        if code == TSRESOL and len(value) == 1:
            tsresol = value[0]
        if code == TSOFFSET and len(value) == 8:
            (offset,) = struct.unpack(order + "q", value)
    return linktype, snaplen, tsresol, wrap(offset * SECOND_NS)


def options(data: bytes, order: str) -> Iterator[tuple[int, bytes]]:
    """Give code and value of each option; what is cut ends the list (section 3.5)."""
    at = 0
    while at + 4 <= len(data):
        code, size = struct.unpack_from(order + "HH", data, at)
        if code == END or at + 4 + size > len(data):
            return
        yield code, data[at + 4 : at + 4 + size]
        at += 4 + (size + 3 & ~3)


def wrap(value: int) -> int:
    """Keep the low 64 bits, signed: what arithmetic on int64 columns does."""
    return (value + (1 << 63) & U64_MAX) - (1 << 63)


def nanoseconds(units: U64, tsresol: int) -> I64:
    """Turn counts of a clock of resolution *tsresol* into nanoseconds, rounded down.

    Times that 64 bits cannot hold wrap around.
    """
    digits = tsresol & ~BINARY
    if tsresol & BINARY:
        return binary_nanoseconds(units, digits)
    if digits <= NANO_DIGITS:
        return (units * np.uint64(10 ** (NANO_DIGITS - digits))).astype(np.int64)
    divisor = 10 ** (digits - NANO_DIGITS)
    if divisor > U64_MAX:
        return np.zeros(len(units), np.int64)
    return (units // np.uint64(divisor)).astype(np.int64)


def binary_nanoseconds(units: U64, bits: int) -> I64:
    """Turn counts of 2^-bits seconds into nanoseconds."""
    if bits > 63:
        return binary_nanoseconds(units >> np.uint64(bits - 63), 63)
    whole = units >> np.uint64(bits)
    part = units & np.uint64((1 << bits) - 1)
    fine = min(bits, FINE_BITS)
    part >>= np.uint64(bits - fine)
    part = part * np.uint64(SECOND_NS) >> np.uint64(fine)
    return (whole * np.uint64(SECOND_NS) + part).astype(np.int64)


def times(units: U64, tsresol: U8) -> I64:
    """Turn counts of clocks of several resolutions into nanoseconds."""
    result = np.empty(len(units), np.int64)
    for resolution in np.unique(tsresol).tolist():
        rows = tsresol == resolution
        result[rows] = nanoseconds(units[rows], resolution)
    return result
