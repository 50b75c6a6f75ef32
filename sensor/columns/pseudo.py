"""What recorders put around packets: NFLOG, PF, ERF and PPI; and links of old.

LINKTYPE_ values and header layouts are those of the tcpdump.org registry.
"""

from __future__ import annotations

from functools import partial
from typing import Final

import numpy as np

from sensor.columns.gather import octet, word
from sensor.columns.peel import (
    ETHERNET,
    IPV4,
    IPV6,
    LEAST_ETHERTYPE,
    NOT_IP,
    PPP,
    SHORT,
    TOO_LONG,
    Found,
    by_version,
)
from sensor.columns.wifi import behind
from sensor.limits import EXTENSION_HEADERS, NFLOG_ATTRIBUTES
from sensor.types import I64, U8

LLC: Final = 0
"As an ethertype: a length, so that `peel` reads 802.2 LLC."
AF_INET: Final = 2
AF_INET6: Final = (10, 24, 28, 30)
"Of Linux, NetBSD and OpenBSD, FreeBSD, Darwin."

NFLOG_PAYLOAD: Final = 9
PPI_ETHERNET, PPI_WIFI = 1, 105

# ERF record types (Endace, EDM11-01 Extensible Record Format).
ERF_HDLC: Final = (1, 10, 15, 19)
ERF_ETHERNET: Final = (2, 11, 16, 20)
ERF_IPV4, ERF_IPV6 = 22, 23
ERF_TYPE: Final = 0x7F
"The eighth bit says that an extension header follows."

# Frame relay: control (unnumbered information) and network protocol (RFC 2427 3).
NLPID_IPV4, NLPID_IPV6, NLPID_SNAP = 0x03CC, 0x038E, 0x0300
BRIDGED: Final = 0x0080C2
"Its protocol 7 is an Ethernet frame (RFC 2427 4.2)."


def hdlc(data: U8, start: I64, _end: I64) -> Found:
    """Read PPP, or Cisco HDLC where the address says so."""
    lead = word(data, start)
    cisco = (lead == 0x0F00) | (lead == 0x8F00)
    kind = np.where(cisco, word(data, start + 2), PPP).astype(np.int32)
    return np.where(cisco, start + 4, start), kind


def frame_relay(data: U8, start: I64, _end: I64) -> Found:
    """Read frame relay with RFC 2427 or Cisco headers; an address of 2 to 4 octets."""
    at = start + 2
    for _ in range(2):
        at = at + ((octet(data, at - 1) & 1) == 0)
    lead = word(data, at)
    oui = (word(data, at + 3) << 8) | octet(data, at + 5)
    is_snap = (lead == NLPID_SNAP) & (octet(data, at + 2) == 0x80)
    pid = word(data, at + 6)
    is_frame = is_snap & (oui == BRIDGED) & (pid == 7)
    kind = np.select(
        [
            lead == NLPID_IPV4,
            lead == NLPID_IPV6,
            is_frame,
            is_snap & (oui == 0),
            lead >= LEAST_ETHERTYPE,
        ],
        [IPV4, IPV6, ETHERNET, pid, lead],
        NOT_IP,
    )
    return at + np.where(is_snap, 8, 2), kind.astype(np.int32)


def token_ring(data: U8, start: I64, end: I64) -> Found:
    """Pass access and frame control, addresses and the route some bring (802.5)."""
    routed = (octet(data, start + 8) & 0x80) != 0
    route = np.where(routed, octet(data, start + 14) & 31, 0)
    return passed(14, LLC, data, start + route, end)


def passed(size: int, kind: int, _data: U8, start: I64, _end: I64) -> Found:
    """Pass *size* octets of header, behind which *kind* follows."""
    return start + size, np.full(len(start), kind, np.int32)


fddi: Final = partial(passed, 13, LLC)
ip_over_fc: Final = partial(passed, 16, LLC)
net_analyzer: Final = partial(passed, 4, ETHERNET)
rfc1483: Final = partial(passed, 0, LLC)


def firewire(data: U8, start: I64, _end: I64) -> Found:
    """Read Apple's IP over IEEE 1394: two addresses of eight octets, an ethertype."""
    return start + 18, word(data, start + 16)


def pflog(data: U8, start: I64, _end: I64) -> Found:
    """Read the header that OpenBSD's packet filter logs with, padded to 4 octets."""
    family = octet(data, start + 1)
    four, six = family == AF_INET, np.isin(family, AF_INET6)
    net = start + ((octet(data, start) + 3) & ~3)
    return net, np.select([four, six], [IPV4, IPV6], NOT_IP).astype(np.int32)


def nflog(data: U8, start: I64, end: I64) -> Found:
    """Read Netfilter's log: attributes in the byte order of the machine, one a packet.

    Attribute types are small, so that their empty octet tells the order.
    """
    net, kind = start + 4, np.full(len(start), NOT_IP, np.int32)
    todo = np.flatnonzero(octet(data, start + 1) == 0)
    for _ in range(NFLOG_ATTRIBUTES):
        if not len(todo):
            break
        at = net[todo]
        one, two, three, four = (octet(data, at + n) for n in range(4))
        size = np.where(four == 0, one | (two << 8), (one << 8) | two)
        whole = at + 4 <= end[todo]
        kind[todo[~whole]] = SHORT
        is_packet = whole & (three | four == NFLOG_PAYLOAD) & (three & four == 0)
        found = todo[is_packet]
        kind[found] = by_version(data, at[is_packet] + 4)
        net[todo] = at + np.where(is_packet, 4, (size + 3) & ~3)
        todo = todo[whole & ~is_packet & (size >= 4)]
    kind[todo] = TOO_LONG
    return net, kind


def erf(data: U8, start: I64, end: I64) -> Found:
    """Read Endace's records: Ethernet, HDLC and bare IP, extension headers passed."""
    lead = octet(data, start + 8)
    net, sort = start + 16, lead & ERF_TYPE
    todo = np.flatnonzero(lead != sort)
    for _ in range(EXTENSION_HEADERS):
        more = octet(data, net[todo]) > ERF_TYPE
        net[todo] += 8
        todo = todo[more & (net[todo] < end[todo])]
    is_hdlc = np.isin(sort, ERF_HDLC)
    below, linked = hdlc(data, net, end)
    is_frame = np.isin(sort, ERF_ETHERNET)
    kind = np.select(
        [is_frame, is_hdlc, sort == ERF_IPV4, sort == ERF_IPV6],
        [ETHERNET, linked, IPV4, IPV6],
        NOT_IP,
    ).astype(np.int32)
    kind[todo] = TOO_LONG
    # Two octets align what is in an Ethernet frame.
    return np.where(is_hdlc, below, net + 2 * is_frame), kind


def ppi(data: U8, start: I64, end: I64) -> Found:
    """Pass the per-packet information before 802.11 and Ethernet; little-endian."""
    size = octet(data, start + 2) | (octet(data, start + 3) << 8)
    sort = octet(data, start + 4) | (octet(data, start + 5) << 8)
    net, kind = behind(data, start, size, end)
    is_frame = sort == PPI_ETHERNET
    kind = np.select([is_frame, sort == PPI_WIFI], [ETHERNET, kind], NOT_IP).astype(
        np.int32
    )
    return np.where(is_frame, start + size, net), kind
