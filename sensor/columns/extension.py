"""Extension headers between IP and what it carries (RFC 8200 4, RFC 4302)."""

from __future__ import annotations

from typing import Final

import numpy as np

from sensor.columns.gather import octet, reject, word
from sensor.columns.packets import Packets
from sensor.limits import EXTENSION_HEADERS
from sensor.types import BOOL, I32, I64, U8, Stats

FRAGMENT: Final = 44
AUTHENTICATION: Final = 51
MORE_FRAGMENTS: Final = 0x2000

# Hop-by-hop, routing, fragment, AH, destination, mobility, HIP, shim6: IANA registry.
V6_HEADERS: Final = np.isin(
    np.arange(256), (0, 43, FRAGMENT, AUTHENTICATION, 60, 135, 139, 140)
)
V4_HEADERS: Final = np.arange(256) == AUTHENTICATION


def extensions(data: U8, packets: Packets, headers: BOOL, stats: Stats) -> Packets:
    """Walk each packet's chain of extension headers.

    *headers* (256,) tells the protocol numbers that are one. *packets* is ours to
    change: proto, at and fragment come to say what lies behind the chain. A
    fragment's chain ends at its fragment header.
    """
    todo = np.flatnonzero(headers[packets.proto] & (packets.fragment == 0))
    if not len(todo):
        return packets
    for _ in range(EXTENSION_HEADERS):
        todo = todo[packets.at[todo] + 8 <= packets.stop[todo]]
        if not len(todo):
            break
        _step(data, packets, todo)
        todo = todo[headers[packets.proto[todo]] & (packets.fragment[todo] == 0)]
    left = headers[packets.proto] & (packets.fragment == 0)
    cut = left & (packets.at + 8 > packets.stop)
    packets = reject(stats, "short_ip", cut, packets)
    return reject(stats, "extension_headers", (left & ~cut)[~cut], packets)


def _step(data: U8, packets: Packets, rows: I64) -> None:
    proto, at = packets.proto[rows].astype(np.int32), packets.at[rows]
    is_fragment = proto == FRAGMENT
    field = np.where(is_fragment, word(data, at + 2), 0)
    packets.fragment[rows] = (field >> 3) | np.where(field & 1, MORE_FRAGMENTS, 0)
    packets.proto[rows] = octet(data, at)
    packets.at[rows] = at + _size(proto, octet(data, at + 1))


def _size(proto: I32, units: I32) -> I32:
    size = np.where(proto == AUTHENTICATION, (units + 2) * 4, (units + 1) * 8)
    return np.where(proto == FRAGMENT, 8, size)
