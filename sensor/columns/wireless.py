"""What access points send on of the air: CAPWAP data and TZSP."""

from __future__ import annotations

from typing import Final

import numpy as np

from sensor.columns.gather import octet, word
from sensor.columns.peel import ETHERNET, FRAGMENT, NOT_IP, SHORT, TOO_LONG, Found
from sensor.columns.wifi import ieee80211, prism, swapped
from sensor.limits import EXTENSION_HEADERS
from sensor.types import BOOL, I32, I64, U8

# CAPWAP, bits of the header's second half word (RFC 5415 4.3).
NATIVE, FRAGMENTED, KEEPALIVE = 0x0100, 0x0080, 0x0008

TZSP_PADDING, TZSP_END = 0, 1
TZSP_ETHERNET, TZSP_WIFI = 1, 18
TZSP_RADIO: Final = (119, 127)
"Prism and AVS headers before an 802.11 frame."


def capwap(data: U8, at: I64, end: I64) -> Found:
    """Read CAPWAP data (RFC 5415 4.3) that DTLS does not hide: 802.3 or 802.11.

    What CAPWAP itself has cut into fragments is told as such.
    """
    flags = word(data, at + 2)
    good = (octet(data, at) == 0) & ((flags & KEEPALIVE) == 0)
    net = at + ((octet(data, at + 1) >> 3) << 2)
    native = good & ((flags & NATIVE) != 0)
    kind = np.where(good, ETHERNET, NOT_IP).astype(np.int32)
    net, kind = _wifi(data, net, kind, native, end)
    kind[good & ((flags & FRAGMENTED) != 0)] = FRAGMENT
    return net, kind


def tzsp(data: U8, at: I64, end: I64) -> Found:
    """Read TZSP (version 1, received or to be sent): its tagged fields are passed."""
    good = (octet(data, at) == 1) & (octet(data, at + 1) <= 1)
    proto, net = word(data, at + 2), at + 4
    todo = np.flatnonzero(good)
    for _ in range(EXTENSION_HEADERS):
        if not len(todo):
            break
        tag = octet(data, net[todo])
        long = (tag != TZSP_PADDING) & (tag != TZSP_END)
        net[todo] += 1 + np.where(long, 1 + octet(data, net[todo] + 1), 0)
        todo = todo[(tag != TZSP_END) & (net[todo] < end[todo])]
    kind = np.where(good & (proto == TZSP_ETHERNET), ETHERNET, NOT_IP).astype(np.int32)
    net, kind = _wifi(data, net, kind, good & (proto == TZSP_WIFI), end)
    net, kind = _radio(data, net, kind, good & np.isin(proto, TZSP_RADIO), end)
    kind[todo] = TOO_LONG
    return net, kind


def _wifi(data: U8, net: I64, kind: I32, which: BOOL, end: I64) -> Found:
    """Read 802.11 frames, some with the octets of Frame Control the wrong way."""
    rows = np.flatnonzero(which)
    if len(rows):
        frame, stop = net[rows], end[rows]
        usual, other = ieee80211(data, frame, stop), swapped(data, frame, stop)
        turned = other[1] >= 0
        net[rows] = np.where(turned, other[0], usual[0])
        kind[rows] = np.where(turned, other[1], usual[1])
    return net, kind


def _radio(data: U8, net: I64, kind: I32, which: BOOL, end: I64) -> Found:
    rows = np.flatnonzero(which)
    if len(rows):
        whole = net[rows] + 8 <= end[rows]
        net[rows], behind = prism(data, net[rows], end[rows])
        kind[rows] = np.where(whole, behind, SHORT)
    return net, kind
