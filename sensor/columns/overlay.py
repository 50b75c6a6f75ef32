"""Tunnels in UDP: each header is checked, for a port alone tells nothing."""

from __future__ import annotations

from typing import Final

import numpy as np

from sensor.columns.gather import octet, word
from sensor.columns.peel import (
    ETHERNET,
    IPV6,
    NEXT_PROTOCOLS,
    NOT_IP,
    PPP,
    TOO_LONG,
    Found,
    by_version,
    frame_fits,
)
from sensor.limits import EXTENSION_HEADERS
from sensor.types import I64, U8

# GTP-U, first octet (3GPP TS 29.281 5.1).
GTP_VERSION_1: Final = 0x30
GTP_VERSION: Final = 0xF0
GTP_OPTIONS: Final = 0x07
GTP_EXTENSION: Final = 0x04
G_PDU: Final = 255

# L2TP, first word (RFC 2661 3.1).
L2TP_FIXED: Final = 0xB4FF
"Type, reserved bits and version: 0x0002 in a data message of version 2."
L2TP_LENGTH, L2TP_SEQUENCE, L2TP_OFFSET = 0x4000, 0x0800, 0x0200
L2TP_VERSION_3: Final = 0x0003
"The same word of version 3: its flags are 0 in data messages (RFC 3931 4.1.2.1)."

TEREDO_ORIGIN, TEREDO_AUTHENTICATION = 0, 1


def vxlan(data: U8, at: I64, _end: I64) -> Found:
    """Read VXLAN (RFC 7348), with a group policy (0x80) or a next protocol (0x04)."""
    flags, second = octet(data, at), octet(data, at + 1)
    third, reserved = word(data, at + 2), octet(data, at + 7)
    clean = (second == 0) & (reserved == 0)
    plain = (flags == 0x08) & clean & (third == 0)
    # Octets 2 and 3 hold the group; of the second, D and A may be set.
    group = (flags == 0x88) & ((second & 0xB7) == 0) & (reserved == 0)
    generic = (flags == 0x0C) & clean & (third < 256)
    after = NEXT_PROTOCOLS[third & 0xFF]
    kind = np.select([plain | group, generic], [ETHERNET, after], NOT_IP)
    return at + 8, kind.astype(np.int32)


def geneve(data: U8, at: I64, _end: I64) -> Found:
    """Read GENEVE (RFC 8926 3.4): version 0, reserved bits 0, options passed."""
    lead, flags = octet(data, at), octet(data, at + 1)
    good = (lead >> 6 == 0) & ((flags & 0x3F) == 0) & (octet(data, at + 7) == 0)
    kind = np.where(good, word(data, at + 2), NOT_IP)
    return at + 8 + ((lead & 0x3F) << 2), kind.astype(np.int32)


def gtp_u(data: U8, at: I64, end: I64) -> Found:
    """Read GTP-U (3GPP TS 29.281 5): a user's packet, extension headers passed."""
    flags = octet(data, at)
    good = ((flags & GTP_VERSION) == GTP_VERSION_1) & (octet(data, at + 1) == G_PDU)
    net = at + np.where((flags & GTP_OPTIONS) != 0, 12, 8)
    chained = good & ((flags & GTP_EXTENSION) != 0)
    todo = np.flatnonzero(chained & (octet(data, net - 1) != 0) & (net < end))
    for _ in range(EXTENSION_HEADERS):
        if not len(todo):
            break
        units = octet(data, net[todo])
        good[todo[units == 0]] = False
        net[todo] += units << 2
        more = (units != 0) & (octet(data, net[todo] - 1) != 0)
        todo = todo[more & (net[todo] < end[todo])]
    kind = np.where(good, by_version(data, net), NOT_IP).astype(np.int32)
    kind[todo] = TOO_LONG
    return net, kind


def teredo(data: U8, at: I64, _end: I64) -> Found:
    """Read Teredo (RFC 4380 5.1.1): authentication, origin, then IPv6."""
    ids = octet(data, at + 2) + octet(data, at + 3)
    proven = word(data, at) == TEREDO_AUTHENTICATION
    net = at + np.where(proven, 13 + ids, 0)
    net = net + np.where(word(data, net) == TEREDO_ORIGIN, 8, 0)
    kind = np.where(octet(data, net) >> 4 == 6, IPV6, NOT_IP)
    return net, kind.astype(np.int32)


def l2tp(data: U8, at: I64, end: I64) -> Found:
    """Read L2TP data: version 2 carries PPP (RFC 2661 3.1), version 3 frames."""
    lead = word(data, at)
    size = 6 + np.where((lead & L2TP_LENGTH) != 0, 2, 0)
    size += np.where((lead & L2TP_SEQUENCE) != 0, 4, 0)
    has_offset = (lead & L2TP_OFFSET) != 0
    net = at + size
    net = net + np.where(has_offset, 2 + word(data, net), 0)
    kind = np.where((lead & L2TP_FIXED) == 2, PPP, NOT_IP)
    below, three = l2tp_3(data, at + 4, end)
    is_three = lead == L2TP_VERSION_3
    kind = np.where(is_three, three, kind)
    return np.where(is_three, below, net), kind.astype(np.int32)


def l2tp_3(data: U8, at: I64, end: I64) -> Found:
    """Read a session header of L2TP version 3 (RFC 3931 4.1) before an Ethernet frame.

    The peers agreed on a cookie of 0, 4 or 8 bytes and perhaps on a sublayer of 4,
    and the header does not say on which: what fits a frame with an IP packet counts.
    """
    net = at + 4
    kind = np.full(len(at), NOT_IP, np.int32)
    named = (word(data, at) | word(data, at + 2)) != 0
    for behind in (16, 12, 8, 4):
        fits = named & frame_fits(data, at + behind, end)
        net[fits], kind[fits] = at[fits] + behind, ETHERNET
    return net, kind
