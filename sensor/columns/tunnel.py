"""Tunnels taken off: what a packet is about is the innermost IP packet.

A wrapper is taken off only if its header is sound and an IP packet that fits stands
behind it; else the outer packet is told as what it is.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Final

import numpy as np

from sensor.columns import ip, tell
from sensor.columns.gather import gather, join, octet, reject, select, word
from sensor.columns.gre import gre
from sensor.columns.link import Frames
from sensor.columns.overlay import geneve, gtp_u, l2tp, l2tp_3, teredo, vxlan
from sensor.columns.packets import Packets
from sensor.columns.peel import (
    ETHERNET,
    FRAGMENT,
    IPV4,
    IPV6,
    MPLS,
    NOT_IP,
    TOO_LONG,
    Found,
    bare,
    is_wrap,
    peel,
)
from sensor.columns.transport import PORTS
from sensor.columns.udp import HEADER
from sensor.columns.wireless import capwap, tzsp
from sensor.limits import TUNNEL_DEPTH
from sensor.types import BOOL, I32, I64, U8, UDP, Batch, Stats

UDP_SIZE: Final = HEADER.itemsize


@dataclass(frozen=True, slots=True)
class Wrapper:
    """A header that carries packets."""

    numbers: tuple[int, ...]
    "IP protocols, or UDP ports."
    find: Callable[[U8, I64, I64], Found]
    "(data, at, end) of headers to the offsets and ethertypes of what they carry."
    tell: tell.Tell
    "Names it by its header, and says which it is of its kind."


def _ether_ip(data: U8, at: I64, _end: I64) -> Found:
    """Read EtherIP (RFC 3378): version 3, the rest 0."""
    kind = np.where(word(data, at) == 0x3000, ETHERNET, NOT_IP)
    return at + 2, kind.astype(np.int32)


IN_IP: Final = (
    Wrapper((4,), partial(bare, IPV4), tell.named("IP-in-IP")),  # RFC 2003, 2473
    Wrapper((41,), partial(bare, IPV6), tell.named("IPv6-in-IP")),  # RFC 4213, 2473
    Wrapper((47,), gre, tell.gre),
    Wrapper((97,), _ether_ip, tell.named("EtherIP")),
    Wrapper((115,), l2tp_3, tell.numbered("L2TP", 0, 4)),
    Wrapper((137,), partial(bare, MPLS), tell.named("MPLS-in-IP")),  # RFC 4023
)
IN_UDP: Final = (
    Wrapper((1701,), l2tp, tell.l2tp),
    Wrapper((2152,), gtp_u, tell.numbered("GTP-U", 4, 8)),
    Wrapper((3544,), teredo, tell.named("Teredo")),
    Wrapper((4754,), gre, tell.gre),  # RFC 8086
    Wrapper((4789, 4790, 8472), vxlan, tell.numbered("VXLAN", 4, 7)),
    Wrapper((5247,), capwap, tell.named("CAPWAP")),
    Wrapper((6081,), geneve, tell.numbered("GENEVE", 4, 7)),
    Wrapper((6635,), partial(bare, MPLS), tell.named("MPLS-in-UDP")),  # RFC 7510
    Wrapper((37008,), tzsp, tell.named("TZSP")),
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
_NONE: Final = np.zeros(0, np.uint8)


def unwrap(batch: Batch, packets: Packets, stats: Stats) -> Packets:
    """Put the innermost packet in the place of each that is wrapped.

    Fragments stay as they are: what they are part of is unwrapped when it is whole.
    """
    parts = []
    for depth in range(TUNNEL_DEPTH + 1):
        rows, which = candidates(batch.data, packets)
        if not len(rows):
            break
        rows, frames = inside(batch.data, packets, rows, which, stats)
        if not len(rows):
            break
        bare = np.ones(len(packets.row), np.bool_)
        bare[rows] = False
        parts.append(select(packets, bare))
        stats.add("columns.nested_tunnels", len(rows) if depth else 0)
        too_deep = (frames.kind == TOO_LONG) | (depth == TUNNEL_DEPTH)
        frames = reject(stats, "tunnel_depth", too_deep, frames)
        packets = ip.decode(batch, [frames], stats)
    return join([*parts, packets])


def candidates(data: U8, packets: Packets) -> tuple[I64, U8]:
    """Tell whose protocol or port says that they may be wrapped, and in which.

    Gives indices, in order, and what of WRAPPERS each may be, from 1.
    """
    rows = np.flatnonzero(_MAY_WRAP[packets.proto])
    if not len(rows):
        return rows, _NONE
    at, proto = packets.at[rows], packets.proto[rows]
    ports = gather(data, np.minimum(at, len(data) - UDP_SIZE), PORTS)
    target, source = _BY_PORT[ports["target"]], _BY_PORT[ports["source"]]
    by_port = np.where(target, target, source)
    which = np.where(proto == UDP, by_port, _BY_PROTO[proto])
    known = np.flatnonzero(which)
    rows, which = rows[known], which[known]
    whole = packets.fragment[rows] == 0
    return rows[whole], which[whole]


def inside(
    data: U8, packets: Packets, rows: I64, which: U8, stats: Stats
) -> tuple[I64, Frames]:
    """Find which of *rows* are wrapped indeed, and the packets in them.

    What a tunnel itself has cut (CAPWAP does) is left as it is, and counted.
    """
    _, frames = carried(data, packets, rows, which)
    stop, promised = _payloads(data, packets, rows)[1:]
    net, kind = peel(data, frames.ip, frames.kind, stop)
    stats.add("columns.tunnel_fragments", int(np.count_nonzero(kind == FRAGMENT)))
    kind[is_wrap(kind)] = TOO_LONG
    found = (kind == TOO_LONG) | _fits(data, net, kind, stop, promised)
    return rows[found], select(frames, found)


def carried(data: U8, packets: Packets, rows: I64, which: U8) -> tuple[I64, Frames]:
    """Find where the headers of wrappers begin, and what they say they carry."""
    at, stop, _ = _payloads(data, packets, rows)
    net, kind = at.copy(), np.full(len(at), NOT_IP, np.int32)
    for number in np.unique(which):
        some = which == number
        find = WRAPPERS[int(number) - 1].find
        net[some], kind[some] = find(data, at[some], stop[some])
    return at, Frames(packets.row[rows], net, stop, kind)


def _payloads(data: U8, packets: Packets, rows: I64) -> tuple[I64, I64, I64]:
    """Give where payloads begin, end as captured, and end by their headers.

    A UDP length of less than the header promises nothing, so nothing will fit.
    """
    at, stop, promised = packets.at[rows], packets.stop[rows], packets.promised[rows]
    is_udp = packets.proto[rows] == UDP
    length = np.where(is_udp, word(data, at + 4), 0)
    promised = np.where(length, np.minimum(at + length, promised), promised)
    return at + np.where(is_udp, UDP_SIZE, 0), np.minimum(stop, promised), promised


def _fits(data: U8, net: I64, kind: I32, stop: I64, promised: I64) -> BOOL:
    """Tell where an IP header was captured whose packet ends within its carrier.

    A header that is not whole is not judged by the bytes that lie behind it.
    """
    lead = octet(data, net)
    four = (kind == IPV4) & (lead >> 4 == 4) & ((lead & 15) >= 5)
    six = (kind == IPV6) & (lead >> 4 == 6)
    least = np.where(four, (lead & 15) << 2, 40)
    said = np.where(four, word(data, net + 2), word(data, net + 4) + 40)
    # Segmentation offload leaves the length 0.
    sound = (said >= least) | (four & (said == 0))
    fits: BOOL = (four | six) & (net + least <= stop) & (net + said <= promised)
    fits &= sound
    return fits
