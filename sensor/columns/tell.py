"""What the headers of tunnels say of themselves: a name, and a number if there is one.

Each function is given the first HEAD bytes of a header that was found sound.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final, TypeAlias

HEAD: Final = 20
"Bytes; an ERSPAN session ends behind 16 if GRE has all of its fields."

Told: TypeAlias = tuple[str, int | None]
"Name of the wrapper, and which of its kind it is; None where its header has none."
Tell: TypeAlias = Callable[[bytes], Told]

GRE_CHECKSUM, GRE_KEY, GRE_SEQUENCE = 0x80, 0x20, 0x10
ERSPAN, ERSPAN_III = 0x88BE, 0x22EB
L2TP_LENGTH, L2TP_VERSION = 0x40, 0x0F


def named(name: str) -> Tell:
    """Return what tells of a wrapper that has no number."""
    return lambda _head: (name, None)


def numbered(name: str, start: int, end: int) -> Tell:
    """Return what tells of a wrapper whose number is in octets *start* to *end*."""
    return lambda head: (name, _number(head, start, end))


def vlan(head: bytes) -> Told:
    """Tell the VLAN identifier (IEEE 802.1Q 9.6)."""
    return "VLAN", _number(head, 0, 2) & 0xFFF


def mpls(head: bytes) -> Told:
    """Tell the label (RFC 3032 2.1)."""
    return "MPLS", _number(head, 0, 3) >> 4


def vn_tag(head: bytes) -> Told:
    """Tell the destination's virtual interface."""
    return "VN-Tag", _number(head, 0, 2) & 0x3FFF


def gre(head: bytes) -> Told:
    """Tell the key (RFC 2890), the ERSPAN session or the PPTP call (RFC 2637)."""
    flags, proto = head[0], _number(head, 2, 4)
    at = 4 + (4 if flags & GRE_CHECKSUM else 0)
    if head[1] & 7 == 1:
        return "PPTP", _number(head, 6, 8)
    key = _number(head, at, at + 4) if flags & GRE_KEY else None
    behind = at + 4 * bool(flags & GRE_KEY) + 4 * bool(flags & GRE_SEQUENCE)
    session = _number(head, behind + 2, behind + 4) & 0x3FF
    if proto == ERSPAN_III:
        return "ERSPAN III", session
    if proto == ERSPAN and flags & GRE_SEQUENCE:
        return "ERSPAN II", session
    return ("ERSPAN I" if proto == ERSPAN else "GRE"), key


def l2tp(head: bytes) -> Told:
    """Tell the session (RFC 2661 3.1; RFC 3931 4.1.2.1)."""
    if head[1] & L2TP_VERSION == 3:
        return "L2TP", _number(head, 4, 8)
    at = 6 if head[0] & L2TP_LENGTH else 4
    return "L2TP", _number(head, at, at + 2)


def _number(head: bytes, start: int, end: int) -> int:
    return int.from_bytes(head[start:end], "big")
