"""Extension headers between IP and what it carries (RFC 8200 4, RFC 4302)."""

from __future__ import annotations

from typing import Final

import numpy as np

from sensor.columns.gather import octet, pick, word
from sensor.columns.packets import Packets
from sensor.limits import EXTENSION_HEADERS
from sensor.types import BOOL, I32, I64, U8, Stats

FRAGMENT: Final = 44
AUTHENTICATION: Final = 51
MORE_FRAGMENTS: Final = 0x2000

_IS_EXTENSION: Final = np.zeros((7, 256), np.bool_)
"By IP version and protocol number; IPv4 has only the Authentication Header."
_IS_EXTENSION[4, AUTHENTICATION] = True
# Hop-by-hop, routing, fragment, AH, destination, mobility, HIP, shim6: IANA registry.
_IS_EXTENSION[6, [0, 43, FRAGMENT, AUTHENTICATION, 60, 135, 139, 140]] = True


def extensions(data: U8, packets: Packets, stats: Stats) -> Packets:
    """Walk each packet's chain of extension headers.

    *packets* is ours to change: proto, at and fragment come to say what lies behind
    the chain. A fragment's chain ends at its fragment header.
    """
    todo = np.flatnonzero(_unfinished(packets))
    for _ in range(EXTENSION_HEADERS):
        todo = todo[packets.at[todo] + 8 <= packets.stop[todo]]
        if not len(todo):
            break
        _step(data, packets, todo)
        todo = todo[_unfinished(pick(packets, todo))]
    left = _unfinished(packets)
    if not left.any():
        return packets
    cut = left & (packets.at + 8 > packets.stop)
    stats.add("columns.rejected.short_ip", int(cut.sum()))
    stats.add("columns.rejected.extension_headers", int((left & ~cut).sum()))
    return pick(packets, np.flatnonzero(~left))


def _unfinished(packets: Packets) -> BOOL:
    is_extension: BOOL = _IS_EXTENSION[packets.version, packets.proto]
    is_extension &= packets.fragment == 0
    return is_extension


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
