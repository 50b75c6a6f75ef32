"""GRE (RFC 2784, 2890, 7637) and what is mirrored in it: ERSPAN I, II and III."""

from __future__ import annotations

from typing import Final

import numpy as np

from sensor.columns.gather import octet, word
from sensor.columns.peel import ETHERNET, NOT_IP, PPP, Found, by_version
from sensor.types import BOOL, I32, I64, U8

CHECKSUM, ROUTING, KEY, SEQUENCE = 0x80, 0x40, 0x20, 0x10
"Flags in the first octet."
ACKNOWLEDGMENT: Final = 0x80
"Flag in the second octet, version 1 only (RFC 2637 4.1)."
VERSION: Final = 0x07
ERSPAN: Final = 0x88BE
"Type I where GRE has no sequence number, else type II."
ERSPAN_III: Final = 0x22EB
FRAME_TYPE_IP: Final = 2
WCCP: Final = 0x883E
"Redirected packets: version 2 has 4 bytes of its own before them, version 1 none."


def gre(data: U8, at: I64, _end: I64) -> Found:
    """Read GRE headers; NVGRE is one with a key, PPTP is version 1 with PPP.

    Source routing (RFC 1701) ended with RFC 2784: such a header is not read.
    """
    flags, more = octet(data, at), octet(data, at + 1)
    version, proto = more & VERSION, word(data, at + 2)
    is_pptp = (version == 1) & (proto == PPP)
    size = 4 + _field(flags, CHECKSUM) + _field(flags, KEY) + _field(flags, SEQUENCE)
    net = at + size + np.where(is_pptp, _field(more, ACKNOWLEDGMENT), 0)
    readable = ((version == 0) | is_pptp) & ((flags & ROUTING) == 0)
    kind = np.where(readable, proto, NOT_IP).astype(np.int32)
    return _redirected(data, *_mirrored(data, net, kind, (flags & SEQUENCE) != 0))


def _field(flags: I32, flag: int) -> I32:
    return np.where((flags & flag) != 0, 4, 0).astype(np.int32)


def _redirected(data: U8, net: I64, kind: I32) -> Found:
    """Step over the redirect header of WCCP (draft-mclaggan-wccp-v2rev1 3.12.1)."""
    is_wccp = kind == WCCP
    bare = is_wccp & (by_version(data, net) != NOT_IP)
    net = net + np.where(is_wccp & ~bare, 4, 0)
    return net, np.where(is_wccp, by_version(data, net), kind).astype(np.int32)


def _mirrored(data: U8, net: I64, kind: I32, numbered: BOOL) -> Found:
    """Step over ERSPAN headers (draft-foschiano-erspan-03)."""
    version, last = octet(data, net) >> 4, word(data, net + 10)
    one = (kind == ERSPAN) & ~numbered
    two = (kind == ERSPAN) & numbered & (version == 1)
    three = (kind == ERSPAN_III) & (version == 2)
    is_ip = three & ((last >> 10 & 31) == FRAME_TYPE_IP)
    net = net + np.select([two, three], [8, 12 + 8 * (last & 1)], 0)
    kind = np.select(
        [is_ip, one | two | three], [by_version(data, net), ETHERNET], kind
    ).astype(np.int32)
    return net, kind
