"""802.11 data frames that are not encrypted (IEEE 802.11-2020, 9.2 and 9.3)."""

from __future__ import annotations

from typing import Final

import numpy as np

from sensor.columns.gather import octet, word
from sensor.columns.peel import (
    AGGREGATE,
    ENCRYPTED,
    FRAGMENT,
    NOT_DATA,
    SHORT,
    Found,
    snap,
)
from sensor.types import I32, I64, U8

# First octet of Frame Control: version and type below, subtype above.
TYPE: Final = 0x0F
DATA: Final = 0x08
NO_DATA: Final = 0x40
QOS: Final = 0x80
# Second octet.
TO_AND_FROM_DS: Final = 0x03
MORE_FRAGMENTS: Final = 0x04
PROTECTED: Final = 0x40
ORDER: Final = 0x80
# QoS Control, first octet.
AMSDU: Final = 0x80

AVS_MAGIC: Final = 0x8021


def ieee80211(data: U8, start: I64, end: I64) -> Found:
    """Find the network header in bare 802.11 frames (LINKTYPE 105)."""
    return _frames(data, start, end, (octet(data, start), octet(data, start + 1)))


def swapped(data: U8, start: I64, end: I64) -> Found:
    """Find it where Frame Control has its octets swapped, as some access points do.

    A frame that is data the usual way is none of these.
    """
    flags, control = octet(data, start), octet(data, start + 1)
    net, kind = _frames(data, start, end, (control, flags))
    return net, np.where((flags & TYPE) == DATA, NOT_DATA, kind).astype(np.int32)


def _frames(data: U8, start: I64, end: I64, fields: tuple[I32, I32]) -> Found:
    control, flags = fields
    is_qos = (control & QOS) != 0
    four = (flags & TO_AND_FROM_DS) == TO_AND_FROM_DS
    size = 24 + 6 * four + 2 * is_qos + 4 * (is_qos & ((flags & ORDER) != 0))
    amsdu = is_qos & ((octet(data, start + 24 + 6 * four) & AMSDU) != 0)
    fragment = ((flags & MORE_FRAGMENTS) != 0) | ((octet(data, start + 22) & 15) != 0)
    net, kind = snap(data, _padded(data, start, size), end)
    verdict = np.select(
        [
            (control & (TYPE | NO_DATA)) != DATA,
            (flags & PROTECTED) != 0,
            start + size > end,
            fragment,
            amsdu,
        ],
        [NOT_DATA, ENCRYPTED, SHORT, FRAGMENT, AGGREGATE],
        kind,
    )
    return net, verdict.astype(np.int32)


def _padded(data: U8, start: I64, size: I64) -> I64:
    """Skip the two octets some adapters put in to align what follows the header."""
    net: I64 = start + size
    padded = (size % 4 != 0) & (word(data, net) == 0) & (word(data, net + 2) == 0xAAAA)
    return net + np.where(padded, 2, 0)


def radiotap(data: U8, start: I64, end: I64) -> Found:
    """Skip the radiotap header (LINKTYPE 127), whose length is little-endian."""
    size = octet(data, start + 2) | (octet(data, start + 3) << 8)
    return behind(data, start, size, end)


def prism(data: U8, start: I64, end: I64) -> Found:
    """Skip the Prism (or AVS) header (LINKTYPE 119), in the capturer's byte order."""
    big = word(data, start + 6)
    little = octet(data, start + 4) | (octet(data, start + 5) << 8)
    is_big = (word(data, start) == AVS_MAGIC) | (little == 0)
    return behind(data, start, np.where(is_big, big, little), end)


def behind(data: U8, start: I64, size: I32, end: I64) -> Found:
    """Find the network header in 802.11 frames behind *size* octets, (n,)."""
    at = start + size
    net, kind = ieee80211(data, np.minimum(at, end), end)
    return net, np.where(at + 2 > end, SHORT, kind).astype(np.int32)
