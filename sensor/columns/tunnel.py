"""Tunnels taken off: what a packet is about is the innermost IP packet.

A wrapper is taken off only if its header is sound and an IP packet that fits stands
behind it; else the outer packet is told as what it is.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

import numpy as np

from sensor.columns import ip
from sensor.columns.gather import gather, join, octet, reject, select, word
from sensor.columns.gre import gre
from sensor.columns.link import Frames
from sensor.columns.overlay import geneve, gtp_u, l2tp, labelled, teredo, vxlan
from sensor.columns.packets import Packets
from sensor.columns.peel import (
    ETHERNET,
    IPV4,
    IPV6,
    NOT_IP,
    TOO_LONG,
    Found,
    is_wrap,
    peel,
)
from sensor.limits import TUNNEL_DEPTH
from sensor.types import BOOL, I32, I64, U8, UDP, Batch, Stats

UDP_HEADER: Final[np.dtype[Any]] = np.dtype(
    [("source", ">u2"), ("target", ">u2"), ("length", ">u2"), ("checksum", ">u2")]
)


@dataclass(frozen=True, slots=True)
class Wrapper:
    """A header that carries packets."""

    name: str
    numbers: tuple[int, ...]
    "IP protocols, or UDP ports."
    find: Callable[[U8, I64, I64], Found]
    "(data, at, end) of headers to the offsets and ethertypes of what they carry."


@dataclass(frozen=True, slots=True)
class Inside:
    """Columns of the n payloads that may be wrappers."""

    row: I64
    "(n,) index into the packets."
    which: U8
    "(n,) index into the wrappers, from 1; 0: none."
    at: I64
    stop: I64
    "(n,) one past the last captured byte."
    promised: I64


def _four(_data: U8, at: I64, _end: I64) -> Found:
    return at, np.full(len(at), IPV4, np.int32)


def _six(_data: U8, at: I64, _end: I64) -> Found:
    return at, np.full(len(at), IPV6, np.int32)


def _ether_ip(data: U8, at: I64, _end: I64) -> Found:
    """Read EtherIP (RFC 3378): version 3, the rest 0."""
    kind = np.where(word(data, at) == 0x3000, ETHERNET, NOT_IP)
    return at + 2, kind.astype(np.int32)


IN_IP: Final = (
    Wrapper("IPv4 (RFC 2003)", (4,), _four),
    Wrapper("IPv6 (RFC 4213)", (41,), _six),
    Wrapper("GRE", (47,), gre),
    Wrapper("EtherIP", (97,), _ether_ip),
    Wrapper("MPLS (RFC 4023)", (137,), labelled),
)
IN_UDP: Final = (
    Wrapper("L2TP", (1701,), l2tp),
    Wrapper("GTP-U", (2152,), gtp_u),
    Wrapper("Teredo", (3544,), teredo),
    Wrapper("GRE (RFC 8086)", (4754,), gre),
    Wrapper("VXLAN", (4789, 4790, 8472), vxlan),
    Wrapper("GENEVE", (6081,), geneve),
    Wrapper("MPLS (RFC 7510)", (6635,), labelled),
)
WRAPPERS: Final = IN_IP + IN_UDP


def _table(wrappers: tuple[Wrapper, ...], size: int) -> U8:
    table = np.zeros(size, np.uint8)
    for wrapper in wrappers:
        table[list(wrapper.numbers)] = WRAPPERS.index(wrapper) + 1
    return table


_BY_PROTO: Final = _table(IN_IP, 256)
_BY_PORT: Final = _table(IN_UDP, 0x10000)
_MAY_WRAP: Final = _BY_PROTO > 0
_MAY_WRAP[UDP] = True


def unwrap(batch: Batch, packets: Packets, stats: Stats) -> Packets:
    """Put the innermost packet in the place of each that is wrapped.

    Fragments stay as they are: what they are part of is unwrapped when it is whole.
    """
    parts = []
    for depth in range(TUNNEL_DEPTH + 1):
        rows, frames = _inside(batch.data, packets)
        if not len(rows):
            break
        bare = np.ones(len(packets.row), np.bool_)
        bare[rows] = False
        parts.append(select(packets, bare))
        too_deep = (frames.kind == TOO_LONG) | (depth == TUNNEL_DEPTH)
        frames = reject(stats, "tunnel_depth", too_deep, frames)
        packets = ip.decode(batch, [frames], stats)
    return join([*parts, packets])


def _inside(data: U8, packets: Packets) -> tuple[I64, Frames]:
    """Find which packets are wrapped (indices, in order), and the packets in them."""
    inside = _candidates(data, packets)
    net, kind = inside.at.copy(), np.full(len(inside.at), NOT_IP, np.int32)
    for number in np.unique(inside.which):
        some = inside.which == number
        find = WRAPPERS[int(number) - 1].find
        net[some], kind[some] = find(data, inside.at[some], inside.stop[some])
    net, kind = peel(data, net, kind, inside.stop)
    kind[is_wrap(kind)] = TOO_LONG
    found = (kind == TOO_LONG) | _fits(data, net, kind, inside.promised)
    found &= net < inside.stop
    rows = inside.row[found]
    return rows, Frames(packets.row[rows], net[found], inside.stop[found], kind[found])


def _candidates(data: U8, packets: Packets) -> Inside:
    """Give the payloads that protocol or port says may be a wrapper."""
    rows = np.flatnonzero(_MAY_WRAP[packets.proto])
    rows = rows[packets.fragment[rows] == 0]
    is_udp = packets.proto[rows] == UDP
    others = rows[~is_udp]
    plain = Inside(
        row=others,
        which=_BY_PROTO[packets.proto[others]],
        at=packets.at[others],
        stop=packets.stop[others],
        promised=packets.promised[others],
    )
    return join([plain, _datagrams(data, packets, rows[is_udp])])


def _datagrams(data: U8, packets: Packets, rows: I64) -> Inside:
    rows = rows[packets.at[rows] + UDP_HEADER.itemsize <= packets.stop[rows]]
    header = gather(data, packets.at[rows], UDP_HEADER)
    which = _BY_PORT[header["target"]]
    which = np.where(which, which, _BY_PORT[header["source"]])
    known = np.flatnonzero(which)
    rows, which = rows[known], which[known]
    length = header["length"][known].astype(np.int64)
    at, promised = packets.at[rows], packets.promised[rows]
    promised = np.where(length, np.minimum(at + length, promised), promised)
    inside = Inside(
        row=rows,
        which=which,
        at=at + UDP_HEADER.itemsize,
        stop=np.minimum(packets.stop[rows], promised),
        promised=promised,
    )
    return select(inside, inside.at <= promised)


def _fits(data: U8, net: I64, kind: I32, promised: I64) -> BOOL:
    """Tell where an IP header begins whose packet ends within what carries it."""
    lead = octet(data, net)
    four = (kind == IPV4) & (lead >> 4 == 4) & ((lead & 15) >= 5)
    six = (kind == IPV6) & (lead >> 4 == 6)
    least = np.where(four, (lead & 15) << 2, 40)
    said = np.where(four, word(data, net + 2), word(data, net + 4) + 40)
    # Segmentation offload leaves the length 0.
    unsaid = four & (said == 0)
    room = promised - net
    fits: BOOL = (four | six) & (least <= room) & (said <= room)
    fits &= unsaid | (said >= least)
    return fits
