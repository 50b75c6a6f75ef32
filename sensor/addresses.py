"""What kind of place an IP address is: our copy of IANA's special-purpose registries.

Text in, a word or a truth out.  Python's `ipaddress` parses; its `is_private` and
`is_global` changed between patch versions and are not asked.
"""

from __future__ import annotations

import functools
import ipaddress
from dataclasses import dataclass
from typing import Final

from sensor import limits

Address = ipaddress.IPv4Address | ipaddress.IPv6Address
Network = ipaddress.IPv4Network | ipaddress.IPv6Network

PUBLIC: Final = "Public"
PRIVATE: Final = "Private"
RESERVED: Final = "Reserved"
LOOPBACK: Final = "Loopback"
TEREDO: Final = "Teredo"
MAPPED: Final = "FourToSixMapping"
BROADCAST: Final = "Broadcast"
CARRIER: Final = "CarrierGradeNat"
LINK_LOCAL: Final = "LinkLocal"
MULTICAST: Final = "Multicast"


@dataclass(frozen=True, slots=True)
class Special:
    """One row of a registry."""

    network: Network
    name: str
    "As the registry words it."
    reachable: bool | None
    "Globally reachable; None where the registry says N/A."
    kind: str
    "Defender's word for such an address."


# (range, name, globally reachable, Defender's word)
_Row = tuple[str, str, bool | None, str]

# https://www.iana.org/assignments/iana-ipv4-special-registry (RFC 6890, RFC 8190);
# multicast has a registry of its own (RFC 5771).
_IPV4: Final[tuple[_Row, ...]] = (
    ("0.0.0.0/8", "This network", False, RESERVED),
    ("10.0.0.0/8", "Private-Use", False, PRIVATE),
    ("100.64.0.0/10", "Shared Address Space", False, CARRIER),
    ("127.0.0.0/8", "Loopback", False, LOOPBACK),
    ("169.254.0.0/16", "Link Local", False, LINK_LOCAL),
    ("172.16.0.0/12", "Private-Use", False, PRIVATE),
    ("192.0.0.0/24", "IETF Protocol Assignments", False, RESERVED),
    ("192.0.0.9/32", "Port Control Protocol Anycast", True, PUBLIC),
    ("192.0.0.10/32", "TURN Anycast", True, PUBLIC),
    ("192.0.2.0/24", "Documentation (TEST-NET-1)", False, RESERVED),
    ("192.31.196.0/24", "AS112-v4", True, PUBLIC),
    ("192.52.193.0/24", "AMT", True, PUBLIC),
    ("192.88.99.0/24", "Deprecated (6to4 Relay Anycast)", None, RESERVED),
    ("192.88.99.2/32", "6a44-relay anycast address", False, RESERVED),
    ("192.168.0.0/16", "Private-Use", False, PRIVATE),
    ("192.175.48.0/24", "Direct Delegation AS112 Service", True, PUBLIC),
    ("198.18.0.0/15", "Benchmarking", False, RESERVED),
    ("198.51.100.0/24", "Documentation (TEST-NET-2)", False, RESERVED),
    ("203.0.113.0/24", "Documentation (TEST-NET-3)", False, RESERVED),
    ("224.0.0.0/4", "Multicast", False, MULTICAST),
    ("240.0.0.0/4", "Reserved", False, RESERVED),
    ("255.255.255.255/32", "Limited Broadcast", False, BROADCAST),
)

# https://www.iana.org/assignments/iana-ipv6-special-registry; the first row stands for
# all that IANA's IPv6 address space registry keeps outside 2000::/3, its only block of
# global unicast addresses.
_IPV6: Final[tuple[_Row, ...]] = (
    ("::/0", "Reserved by IETF", False, RESERVED),
    ("2000::/3", "Global Unicast", True, PUBLIC),
    ("::1/128", "Loopback Address", False, LOOPBACK),
    ("::/128", "Unspecified Address", False, RESERVED),
    ("::ffff:0:0/96", "IPv4-mapped Address", False, MAPPED),
    ("64:ff9b::/96", "IPv4-IPv6 Translat.", True, PUBLIC),
    ("64:ff9b:1::/48", "IPv4-IPv6 Translat.", False, RESERVED),
    ("100::/64", "Discard-Only Address Block", False, RESERVED),
    ("100:0:0:1::/64", "Dummy IPv6 Prefix", False, RESERVED),
    ("2001::/23", "IETF Protocol Assignments", False, RESERVED),
    ("2001::/32", "TEREDO", None, TEREDO),
    ("2001:1::1/128", "Port Control Protocol Anycast", True, PUBLIC),
    ("2001:1::2/128", "TURN Anycast", True, PUBLIC),
    ("2001:1::3/128", "DNS-SD SRP Anycast", True, PUBLIC),
    ("2001:2::/48", "Benchmarking", False, RESERVED),
    ("2001:3::/32", "AMT", True, PUBLIC),
    ("2001:4:112::/48", "AS112-v6", True, PUBLIC),
    ("2001:10::/28", "Deprecated (previously ORCHID)", None, RESERVED),
    ("2001:20::/28", "ORCHIDv2", True, PUBLIC),
    ("2001:30::/28", "Drone Remote ID Protocol Entity Tags", True, PUBLIC),
    ("2001:db8::/32", "Documentation", False, RESERVED),
    ("2002::/16", "6to4", None, RESERVED),
    ("2620:4f:8000::/48", "Direct Delegation AS112 Service", True, PUBLIC),
    ("3fff::/20", "Documentation", False, RESERVED),
    ("5f00::/16", "Segment Routing (SRv6) SIDs", False, RESERVED),
    ("fc00::/7", "Unique-Local", False, PRIVATE),
    ("fe80::/10", "Link-Local Unicast", False, LINK_LOCAL),
    ("ff00::/8", "Multicast", False, MULTICAST),
)


def _table(rows: tuple[_Row, ...]) -> tuple[Special, ...]:
    # Longest prefix first: the first row that holds an address is the right one.
    table = [Special(ipaddress.ip_network(row[0]), *row[1:]) for row in rows]
    return tuple(sorted(table, key=lambda row: -row.network.prefixlen))


SPECIAL_IPV4: Final = _table(_IPV4)
SPECIAL_IPV6: Final = _table(_IPV6)


@functools.lru_cache(limits.ADDRESSES)
def ip_type(text: str) -> str:
    """Return Defender's word for the address *text*.

    One of `Public Private Reserved Loopback Teredo FourToSixMapping Broadcast
    CarrierGradeNat LinkLocal Multicast`. A 6to4 or NAT64 address is what the IPv4
    address inside it is. Defender's own ranges are not published; these follow the
    registries. Raises ValueError for what is no address.
    """
    address = ipaddress.ip_address(text)
    kind = _kind(address)
    if kind in (TEREDO, MAPPED):
        return kind
    inner = embedded(address)
    return _kind(inner) if inner else kind


@functools.lru_cache(limits.ADDRESSES)
def is_public(text: str) -> bool:
    """Tell whether *text* is a globally reachable unicast address.

    IPv4-mapped, 6to4, Teredo and NAT64 addresses are judged by the IPv4 address inside.
    Raises ValueError for what is no address.
    """
    address = ipaddress.ip_address(text)
    row = special(embedded(address) or address)
    return row is None or bool(row.reachable)


def special(address: Address) -> Special | None:
    """Return the most specific registry row that holds *address*, if there is one."""
    table = SPECIAL_IPV4 if address.version == 4 else SPECIAL_IPV6
    return next((row for row in table if address in row.network), None)


def embedded(address: Address) -> ipaddress.IPv4Address | None:
    """Return the IPv4 address that an IPv6 transition address leads to, or None."""
    if address.version == 4:
        return None
    value = int(address)
    if value >> 32 in (0xFFFF, 0x64_FF9B << 64):  # mapped (RFC 4291), NAT64 (RFC 6052)
        return ipaddress.IPv4Address(value & 0xFFFF_FFFF)
    if value >> 112 == 0x2002:  # 6to4 (RFC 3056)
        return ipaddress.IPv4Address(value >> 80 & 0xFFFF_FFFF)
    if value >> 96 == 0x2001_0000:  # Teredo: the client's, inverted (RFC 4380 4)
        return ipaddress.IPv4Address(~value & 0xFFFF_FFFF)
    return None


def _kind(address: Address) -> str:
    row = special(address)
    return row.kind if row else PUBLIC


class LocalNetworks:
    """Whose addresses are ours.

    *networks* are ranges in CIDR notation (ValueError if one is not). Without any,
    every address that is not public is ours. Public ranges may be among them: theirs
    are hosts of ours, and traffic with them does not leave the house.
    """

    def __init__(self, networks: tuple[str, ...] = ()) -> None:
        self._networks = tuple(ipaddress.ip_network(text) for text in networks)

    def __contains__(self, ip: str) -> bool:
        return self.contains(ip)

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, LocalNetworks):
            return NotImplemented
        return self._networks == other._networks

    def __hash__(self) -> int:
        return hash(self._networks)

    def contains(self, ip: str) -> bool:
        """Tell whether the address *ip* is on the monitored side."""
        if not self._networks:
            return not is_public(ip)
        return self._holds(ip)

    def is_public(self, ip: str) -> bool:
        """Tell whether the address *ip* is public and none of ours."""
        return is_public(ip) and not self._holds(ip)

    def _holds(self, ip: str) -> bool:
        address = ipaddress.ip_address(ip)
        inner = embedded(address)
        return any(
            address in network or (inner is not None and inner in network)
            for network in self._networks
        )
