"""What link layers share: ethertypes, VLAN tags and 802.2 LLC/SNAP."""

from __future__ import annotations

from typing import Final, TypeAlias

import numpy as np

from sensor.columns.gather import octet, word
from sensor.limits import VLAN_TAGS
from sensor.types import I32, I64, U8

IPV4: Final = 0x0800
IPV6: Final = 0x86DD
VLAN_TPIDS: Final = (0x8100, 0x88A8, 0x9100, 0x9200, 0x9300)
"802.1Q, 802.1ad, and the values stacked tags had before it."

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

Found: TypeAlias = tuple[I64, I32]
"(n,) offsets of network headers, (n,) ethertypes or one of the above."

_WRAPS: Final = np.zeros(0x10000, np.bool_)
"By ethertype: a tag or a length. Codes, negative, count from the end: none is."
_WRAPS[:LEAST_ETHERTYPE] = True
_WRAPS[list(VLAN_TPIDS)] = True

_REASONS: Final = {
    0x0806: "arp",
    SHORT: "short_link",
    ENCRYPTED: "encrypted_wifi",
    NOT_DATA: "wifi_not_data",
    AGGREGATE: "wifi_aggregate",
    FRAGMENT: "wifi_fragment",
} | dict.fromkeys(VLAN_TPIDS, "vlan_tags")


def reason_of(kind: int) -> str:
    """Say why a frame of this ethertype (or code) is not decoded."""
    return _REASONS.get(kind, "not_ip")


def peel(data: U8, net: I64, kind: I32, end: I64) -> Found:
    """Step over VLAN tags and LLC/SNAP, in any order they come.

    *net* and *kind* are ours to change. A frame with more than VLAN_TAGS of them
    keeps the tag's ethertype, which `reason_of` names.
    """
    for _ in range(VLAN_TAGS):
        rows = np.flatnonzero(_WRAPS[kind])
        if not len(rows):
            break
        is_tag = kind[rows] >= LEAST_ETHERTYPE
        for step, some in ((_untag, rows[is_tag]), (snap, rows[~is_tag])):
            if len(some):
                net[some], kind[some] = step(data, net[some], end[some])
    return net, kind


def _untag(data: U8, net: I64, end: I64) -> Found:
    below = net + 4
    kind = np.where(below > end, SHORT, word(data, net + 2))
    return below, kind.astype(np.int32)


def snap(data: U8, net: I64, end: I64) -> Found:
    """Read 802.2 LLC: SNAP (RFC 1042, 802.1H) or IP's own service access point."""
    llc = (word(data, net) << 8) | octet(data, net + 2)
    oui = (word(data, net + 3) << 8) | octet(data, net + 5)
    kind = word(data, net + 6)
    is_snap = (llc == SNAP) & np.isin(oui, ETHERTYPE_OUIS)
    is_snap &= kind >= LEAST_ETHERTYPE
    below = net + np.where(is_snap, 8, 3)
    kind = np.select([is_snap, llc == LLC_IP], [kind, IPV4], NOT_IP)
    return below, np.where(below > end, SHORT, kind).astype(np.int32)
