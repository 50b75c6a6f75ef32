"""What link layers and tunnels share: ethertypes, and the headers they announce."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Final, TypeAlias

import numpy as np

from sensor.columns import tell
from sensor.columns.gather import octet, word
from sensor.limits import VLAN_TAGS
from sensor.types import BOOL, I32, I64, U8

IPV4: Final = 0x0800
IPV6: Final = 0x86DD
VLAN_TPIDS: Final = (0x8100, 0x88A8, 0x9100, 0x9200, 0x9300)
"802.1Q, 802.1ad, and the values stacked tags had before it."
MPLS: Final = 0x8847
MPLS_ETHERTYPES: Final = (MPLS, 0x8848)
"Unicast, and upstream-assigned (RFC 5332)."
PPP: Final = 0x880B
PPPOE: Final = 0x8864
"The session stage; discovery carries no packets."
PBB: Final = 0x88E7
"Provider backbone bridges, 802.1ah: an I-TAG, then the customer's frame."
VN_TAG: Final = 0x8926
NSH: Final = 0x894F
"Network service header (RFC 8300)."
ETHERNET: Final = 0x6558
"A frame within: transparent Ethernet bridging."
PPP_IPV4, PPP_IPV6 = 0x0021, 0x0057
NEXT_PROTOCOLS: Final = np.full(256, -1, np.int32)
"Ethertypes of NSH's (RFC 8300 2.2) and VXLAN-GPE's next protocols."
NEXT_PROTOCOLS[[1, 2, 3, 4, 5]] = IPV4, IPV6, ETHERNET, NSH, MPLS

LEAST_ETHERTYPE: Final = 0x0600
"Below it the field is a length, and 802.2 LLC follows (IEEE 802.3 3.2.6)."
SNAP: Final = 0xAAAA03
LLC_IP: Final = 0x060603
ETHERTYPE_OUIS: Final = (0x000000, 0x0000F8)

# Ethertypes are 16 bits; what is no ethertype is negative.
NOT_IP: Final = -1
SHORT: Final = -2
ENCRYPTED: Final = -3
NOT_DATA: Final = -4
AGGREGATE: Final = -5
FRAGMENT: Final = -6
TOO_LONG: Final = -7

Found: TypeAlias = tuple[I64, I32]
"(n,) offsets of network headers, (n,) ethertypes or one of the above."

_REASONS: Final = {
    0x0806: "arp",
    SHORT: "short_link",
    ENCRYPTED: "encrypted_wifi",
    NOT_DATA: "wifi_not_data",
    AGGREGATE: "wifi_aggregate",
    FRAGMENT: "wifi_fragment",
    TOO_LONG: "extension_headers",
} | dict.fromkeys(
    (*VLAN_TPIDS, *MPLS_ETHERTYPES, PPP, PPPOE, ETHERNET, PBB, VN_TAG, NSH), "vlan_tags"
)


def reason_of(kind: int) -> str:
    """Say why a frame of this ethertype (or code) is not decoded."""
    return _REASONS.get(kind, "not_ip")


def peel(data: U8, net: I64, kind: I32, end: I64) -> Found:
    """Step over tags, labels, PPP, frames within and LLC/SNAP, in any order.

    *net* and *kind* are ours to change. A frame with more than VLAN_TAGS of them
    keeps the ethertype of the next, which `reason_of` names and `is_wrap` knows.
    """
    for _ in range(VLAN_TAGS):
        rows = np.flatnonzero(_WRAPS[kind])
        if not len(rows):
            break
        which = _STEP[kind[rows]]
        for number in np.unique(which):
            some = rows[which == number]
            net[some], kind[some] = STEPS[number].over(data, net[some], end[some])
    return net, kind


def is_wrap(kind: I32) -> BOOL:
    """Tell which ethertypes announce one more header to step over, (n,)."""
    return _WRAPS[kind]


def bare(kind: int, _data: U8, at: I64, _end: I64) -> Found:
    """Read what has no header of its own: *kind* begins at once."""
    return at, np.full(len(at), kind, np.int32)


def _captured(below: I64, kind: I32, end: I64) -> Found:
    """Give what a header announces, or SHORT where the header itself was cut."""
    return below, np.where(below > end, SHORT, kind).astype(np.int32)


def _untag(data: U8, net: I64, end: I64) -> Found:
    return _captured(net + 4, word(data, net + 2), end)


def snap(data: U8, net: I64, end: I64) -> Found:
    """Read 802.2 LLC: SNAP (RFC 1042, 802.1H) or IP's own service access point."""
    llc = (word(data, net) << 8) | octet(data, net + 2)
    oui = (word(data, net + 3) << 8) | octet(data, net + 5)
    kind = word(data, net + 6)
    is_snap = (llc == SNAP) & np.isin(oui, ETHERTYPE_OUIS)
    is_snap &= kind >= LEAST_ETHERTYPE
    below = net + np.where(is_snap, 8, 3)
    kind = np.select([is_snap, llc == LLC_IP], [kind, IPV4], NOT_IP)
    return _captured(below, kind, end)


def by_version(data: U8, net: I64) -> I32:
    """Tell IPv4 from IPv6 by the version field, where no ethertype is sent."""
    version = octet(data, net) >> 4
    kind = np.select([version == 4, version == 6], [IPV4, IPV6], NOT_IP)
    return kind.astype(np.int32)


def _label(data: U8, net: I64, end: I64) -> Found:
    """Pop one MPLS label (RFC 3032); the last tells nothing of what it is put on.

    That is IP by its version, an Ethernet pseudowire behind a control word, which
    begins with four zero bits (RFC 4385), or one without.
    """
    below = net + 4
    is_last = (octet(data, net + 2) & 1) != 0
    is_frame = frame_fits(data, below, end)
    control = is_last & (octet(data, below) >> 4 == 0) & ~is_frame
    ip = np.where(is_frame, NOT_IP, by_version(data, below))
    kind = np.where(ip == NOT_IP, ETHERNET, ip)
    kind = np.where(is_last, kind, MPLS)
    below = below + np.where(control, 4, 0)
    return _captured(below, kind, end)


def frame_fits(data: U8, at: I64, end: I64) -> BOOL:
    """Tell where an Ethernet frame with a whole IP packet begins.

    A hardware address may begin as an IP header or a control word does.
    """
    ethertype, version = word(data, at + 12), octet(data, at + 14) >> 4
    four = (ethertype == IPV4) & (version == 4)
    six = (ethertype == IPV6) & (version == 6)
    size = np.where(four, word(data, at + 16), word(data, at + 18) + 40)
    fits: BOOL = (four | six) & (at + 14 + size <= end)
    return fits


def _pppoe(data: U8, net: I64, end: I64) -> Found:
    """Read a PPPoE session header (RFC 2516 4): version and type 1, code 0."""
    below = net + 6
    is_session = (octet(data, net) == 0x11) & (octet(data, net + 1) == 0)
    kind = np.where(is_session, PPP, NOT_IP)
    return _captured(below, kind, end)


def _ppp(data: U8, net: I64, end: I64) -> Found:
    """Read PPP (RFC 1661, 1662), whose address and protocol may be compressed."""
    at = net + np.where(word(data, net) == 0xFF03, 2, 0)
    short = octet(data, at) & 1
    protocol = np.where(short, octet(data, at), word(data, at))
    kind = np.select(
        [protocol == PPP_IPV4, protocol == PPP_IPV6, protocol == 0x0281],
        [IPV4, IPV6, MPLS],
        NOT_IP,
    )
    below = at + 2 - short
    return _captured(below, kind, end)


def _vn_tag(data: U8, net: I64, end: I64) -> Found:
    return _captured(net + 6, word(data, net + 4), end)


def _backbone(data: U8, net: I64, end: I64) -> Found:
    """Read the I-TAG (IEEE 802.1Q 9.7), which ends before the customer's addresses."""
    return _captured(*bare(ETHERNET, data, net + 4, end), end)


def _nsh(data: U8, net: I64, end: I64) -> Found:
    """Read a network service header (RFC 8300 2.2): version 0, context passed."""
    units = octet(data, net + 1) & 63
    below = net + (units << 2)
    good = (octet(data, net) >> 6 == 0) & (units >= 2)
    kind = np.where(good, NEXT_PROTOCOLS[octet(data, net + 3)], NOT_IP)
    return _captured(below, kind, end)


def _frame(data: U8, net: I64, end: I64) -> Found:
    return _captured(net + 14, word(data, net + 12), end)


@dataclass(frozen=True, slots=True)
class Step:
    """A header between link layer and IP, and the way over it."""

    kinds: Iterable[int]
    "Ethertypes (or lengths) that announce it."
    over: Callable[[U8, I64, I64], Found]
    "(data, at, end) of headers to the offsets and ethertypes of what follows."
    tell: tell.Tell | None = None
    "Names it, where it is worth a name."


STEPS: Final = (
    Step(range(LEAST_ETHERTYPE), snap),
    Step(VLAN_TPIDS, _untag, tell.vlan),
    Step(MPLS_ETHERTYPES, _label, tell.mpls),
    Step((PPPOE,), _pppoe, tell.numbered("PPPoE", 2, 4)),
    Step((PPP,), _ppp),
    Step((ETHERNET,), _frame),
    Step((VN_TAG,), _vn_tag, tell.vn_tag),
    Step((PBB,), _backbone, tell.numbered("PBB", 1, 4)),
    Step((NSH,), _nsh, tell.numbered("NSH", 4, 7)),
)

# Codes, negative, count from the end: none of them is a wrap.
_STEP: Final = np.zeros(0x10000, np.uint8)
_WRAPS: Final = np.zeros(0x10000, np.bool_)
for _number, _step in enumerate(STEPS):
    _STEP[list(_step.kinds)] = _number
    _WRAPS[list(_step.kinds)] = True


def step_of(kind: int) -> Step | None:
    """Return the way over the header that *kind* announces, if it is one of these."""
    return STEPS[_STEP[kind]] if _WRAPS[kind] else None
