"""Who talks to whom: the hash of a flow, and its endpoints in text."""

from __future__ import annotations

import socket
from typing import Final

import numpy as np

from sensor.types import U8, U16, U64, Endpoint, Segments

# Odd constants of splitmix64 (Steele, Lea, Flood 2014), whose finaliser this is.
_A: Final = np.uint64(0xBF58476D1CE4E5B9)
_B: Final = np.uint64(0x94D049BB133111EB)
_30, _27, _31 = np.uint64(30), np.uint64(27), np.uint64(31)
_PORT_BITS: Final = np.uint64(16)


def flow_hash(proto: U8, src: U64, dst: U64, sport: U16, dport: U16) -> U64:
    """Hash flows so that both directions are equal and others are not, (n,).

    *src* and *dst* are IPv4 addresses or what `fold` makes of IPv6 addresses.
    """
    one = _stirred((src << _PORT_BITS) ^ sport)
    one += _stirred((dst << _PORT_BITS) ^ dport)
    one ^= proto
    return _stirred(one)


def fold(high: U64, low: U64) -> U64:
    """Fold the two halves of an IPv6 address into 48 bits, (n,)."""
    return _stirred(_stirred(high.astype(np.uint64)) ^ low) >> _PORT_BITS


def _stirred(value: U64) -> U64:
    value = (value ^ (value >> _30)) * _A
    value ^= value >> _27
    value *= _B
    value ^= value >> _31
    return value


def endpoints(segments: Segments, i: int) -> tuple[Endpoint, Endpoint]:
    """Tell the source and the destination of segment *i*, addresses in text."""
    source, target = addresses(
        segments.batch.data, int(segments.ip[i]), int(segments.version[i])
    )
    return (
        Endpoint(source, int(segments.sport[i])),
        Endpoint(target, int(segments.dport[i])),
    )


def addresses(data: U8, at: int, version: int) -> tuple[str, str]:
    """Tell source and destination of the IP header at *at*, in text (RFC 5952)."""
    if version == 4:
        family, size, at = socket.AF_INET, 4, at + 12
    else:
        family, size, at = socket.AF_INET6, 16, at + 8
    raw = data[at : at + 2 * size].tobytes()
    return socket.inet_ntop(family, raw[:size]), socket.inet_ntop(family, raw[size:])
