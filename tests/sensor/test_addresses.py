"""The registries, copied here by hand a second time, and both sides of every border."""

from __future__ import annotations

import ipaddress
from itertools import pairwise

import pytest

from sensor.addresses import (
    SPECIAL_IPV4,
    SPECIAL_IPV6,
    LocalNetworks,
    ip_type,
    is_public,
)

# Block: "Globally Reachable", from the two IANA registries as of 2025; None is N/A.
IANA = {
    "0.0.0.0/8": False,
    "0.0.0.0/32": False,
    "10.0.0.0/8": False,
    "100.64.0.0/10": False,
    "127.0.0.0/8": False,
    "169.254.0.0/16": False,
    "172.16.0.0/12": False,
    "192.0.0.0/24": False,
    "192.0.0.0/29": False,
    "192.0.0.8/32": False,
    "192.0.0.9/32": True,
    "192.0.0.10/32": True,
    "192.0.0.170/32": False,
    "192.0.0.171/32": False,
    "192.0.2.0/24": False,
    "192.31.196.0/24": True,
    "192.52.193.0/24": True,
    "192.88.99.0/24": None,
    "192.88.99.2/32": False,
    "192.168.0.0/16": False,
    "192.175.48.0/24": True,
    "198.18.0.0/15": False,
    "198.51.100.0/24": False,
    "203.0.113.0/24": False,
    "240.0.0.0/4": False,
    "255.255.255.255/32": False,
    "::1/128": False,
    "::/128": False,
    "64:ff9b:1::/48": False,
    "100::/64": False,
    "100:0:0:1::/64": False,
    "2001::/23": False,
    "2001:1::1/128": True,
    "2001:1::2/128": True,
    "2001:1::3/128": True,
    "2001:2::/48": False,
    "2001:3::/32": True,
    "2001:4:112::/48": True,
    "2001:10::/28": None,
    "2001:20::/28": True,
    "2001:30::/28": True,
    "2001:db8::/32": False,
    "2620:4f:8000::/48": True,
    "3fff::/20": False,
    "5f00::/16": False,
    "fc00::/7": False,
    "fe80::/10": False,
}
# Those that lead to an IPv4 address are judged by it, and have tests of their own.
TRANSITION = ("::ffff:0:0/96", "64:ff9b::/96", "2001::/32", "2002::/16")
# From registries of their own: RFC 5771, RFC 4291 2.7, and IANA's IPv6 address space.
OTHERS = {"224.0.0.0/4": False, "ff00::/8": False, "::/0": False, "2000::/3": True}

NETWORKS = {
    ipaddress.ip_network(text): reachable for text, reachable in (IANA | OTHERS).items()
}
LEADING = tuple(ipaddress.ip_network(text) for text in TRANSITION)

# first and last address of a range, and Defender's word
KINDS = [
    ("0.0.0.0", "0.255.255.255", "Reserved"),
    ("1.0.0.0", "9.255.255.255", "Public"),
    ("10.0.0.0", "10.255.255.255", "Private"),
    ("11.0.0.0", "100.63.255.255", "Public"),
    ("100.64.0.0", "100.127.255.255", "CarrierGradeNat"),
    ("100.128.0.0", "126.255.255.255", "Public"),
    ("127.0.0.0", "127.255.255.255", "Loopback"),
    ("128.0.0.0", "169.253.255.255", "Public"),
    ("169.254.0.0", "169.254.255.255", "LinkLocal"),
    ("169.255.0.0", "172.15.255.255", "Public"),
    ("172.16.0.0", "172.31.255.255", "Private"),
    ("172.32.0.0", "191.255.255.255", "Public"),
    ("192.0.0.0", "192.0.0.8", "Reserved"),
    ("192.0.0.9", "192.0.0.10", "Public"),
    ("192.0.0.11", "192.0.0.255", "Reserved"),
    ("192.0.1.0", "192.0.1.255", "Public"),
    ("192.0.2.0", "192.0.2.255", "Reserved"),
    ("192.0.3.0", "192.88.98.255", "Public"),
    ("192.88.99.0", "192.88.99.255", "Reserved"),
    ("192.88.100.0", "192.167.255.255", "Public"),
    ("192.168.0.0", "192.168.255.255", "Private"),
    ("192.169.0.0", "198.17.255.255", "Public"),
    ("198.18.0.0", "198.19.255.255", "Reserved"),
    ("198.20.0.0", "198.51.99.255", "Public"),
    ("198.51.100.0", "198.51.100.255", "Reserved"),
    ("198.51.101.0", "203.0.112.255", "Public"),
    ("203.0.113.0", "203.0.113.255", "Reserved"),
    ("203.0.114.0", "223.255.255.255", "Public"),
    ("224.0.0.0", "239.255.255.255", "Multicast"),
    ("240.0.0.0", "255.255.255.254", "Reserved"),
    ("255.255.255.255", "255.255.255.255", "Broadcast"),
    ("::", "::", "Reserved"),
    ("::1", "::1", "Loopback"),
    ("::2", "::fffe:ffff:ffff", "Reserved"),
    ("::ffff:0:0", "::ffff:ffff:ffff", "FourToSixMapping"),
    ("64:ff9b:1::", "64:ff9b:1:ffff:ffff:ffff:ffff:ffff", "Reserved"),
    ("100::", "100::ffff:ffff:ffff:ffff", "Reserved"),
    ("1fff:ffff::", "1fff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", "Reserved"),
    ("2001::", "2001:0:ffff:ffff:ffff:ffff:ffff:ffff", "Teredo"),
    ("2001:1::", "2001:1::", "Reserved"),
    ("2001:1::1", "2001:1::3", "Public"),
    ("2001:1::4", "2001:2::ffff", "Reserved"),
    ("2001:20::", "2001:3f:ffff:ffff:ffff:ffff:ffff:ffff", "Public"),
    ("2001:40::", "2001:1ff:ffff:ffff:ffff:ffff:ffff:ffff", "Reserved"),
    ("2001:200::", "2001:db7:ffff:ffff:ffff:ffff:ffff:ffff", "Public"),
    ("2001:db8::", "2001:db8:ffff:ffff:ffff:ffff:ffff:ffff", "Reserved"),
    ("2001:db9::", "2001:ffff:ffff:ffff:ffff:ffff:ffff:ffff", "Public"),
    ("2003::", "3ffe:ffff:ffff:ffff:ffff:ffff:ffff:ffff", "Public"),
    ("3fff::", "3fff:fff:ffff:ffff:ffff:ffff:ffff:ffff", "Reserved"),
    ("3fff:1000::", "3fff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", "Public"),
    ("4000::", "fbff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", "Reserved"),
    ("fc00::", "fdff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", "Private"),
    ("fe80::", "febf:ffff:ffff:ffff:ffff:ffff:ffff:ffff", "LinkLocal"),
    ("fec0::", "feff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", "Reserved"),
    ("ff00::", "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", "Multicast"),
]

# Where Python's `ipaddress` means something else by "global" than we by "public".
PYTHON_DIFFERS = (
    "224.0.0.0/4",  # multicast may be global, but is no host
    "ff00::/8",
    "192.88.99.0/24",  # 6to4 relays: deprecated by RFC 7526, N/A in the registry
    "100:0:0:1::/64",  # newer in the registry than Python's copy
    "3fff::/20",
    "5f00::/16",
    "64:ff9b:1::/48",
    "::/3",  # outside 2000::/3 no unicast address is assigned
    "4000::/2",
    "8000::/1",
    "192.0.0.9/32",  # global since RFC 8190; older Pythons call all of 192.0.0.0/24
    "192.0.0.10/32",  # and 2001::/23 private
    "192.0.0.0/24",
    "2001:1::/32",
    "2001:3::/32",
    "2001:4:112::/48",
    "2001:20::/27",
)


def borders() -> list[str]:
    """The first and last address of every block, and their neighbours outside."""
    addresses = set()
    for network in [*NETWORKS, *LEADING]:
        first, last = int(network[0]), int(network[-1])
        kind = type(network[0])
        for value in (first - 1, first, last, last + 1):
            if 0 <= value < 2**network.max_prefixlen:
                addresses.add(str(kind(value)))
    return sorted(addresses)


def oracle(text: str) -> bool:
    """Longest match in the hand-made copy."""
    address = ipaddress.ip_address(text)
    rows = [net for net in NETWORKS if address in net]
    best = max(rows, key=lambda net: net.prefixlen, default=None)
    return best is None or bool(NETWORKS[best])


def leads_elsewhere(text: str) -> bool:
    return any(ipaddress.ip_address(text) in network for network in LEADING)


@pytest.mark.parametrize("text", [b for b in borders() if not leads_elsewhere(b)])
def test_public_is_what_the_registries_call_globally_reachable(text: str) -> None:
    assert is_public(text) == oracle(text)


@pytest.mark.parametrize("text", [b for b in borders() if not leads_elsewhere(b)])
def test_python_agrees_outside_the_listed_differences(text: str) -> None:
    address = ipaddress.ip_address(text)
    if not any(address in ipaddress.ip_network(net) for net in PYTHON_DIFFERS):
        assert is_public(text) == address.is_global


@pytest.mark.parametrize(("first", "last", "kind"), KINDS)
def test_defenders_word_holds_from_border_to_border(
    first: str, last: str, kind: str
) -> None:
    assert ip_type(first) == kind
    assert ip_type(last) == kind


def test_the_ranges_of_ipv4_leave_no_hole() -> None:
    ranges = [
        (ipaddress.ip_address(first), ipaddress.ip_address(last))
        for first, last, _ in KINDS
        if "." in first
    ]
    assert str(ranges[0][0]) == "0.0.0.0"
    assert str(ranges[-1][1]) == "255.255.255.255"
    assert all(int(one[1]) + 1 == int(two[0]) for one, two in pairwise(ranges))


def test_a_word_public_means_reachable_and_nothing_else() -> None:
    for row in (*SPECIAL_IPV4, *SPECIAL_IPV6):
        assert (row.kind == "Public") == bool(row.reachable), row


@pytest.mark.parametrize(
    ("text", "kind", "public"),
    [
        ("::ffff:8.8.8.8", "FourToSixMapping", True),
        ("::ffff:10.0.0.1", "FourToSixMapping", False),
        ("::ffff:203.0.113.9", "FourToSixMapping", False),
        ("64:ff9b::808:808", "Public", True),
        ("64:ff9b::a00:1", "Private", False),
        ("2002:808:808::1", "Public", True),
        ("2002:c0a8:101::1", "Private", False),
        ("2001:0:4136:e378:8000:63bf:f7f7:f7f7", "Teredo", True),  # client 8.8.8.8
        ("2001:0:4136:e378:8000:63bf:f5ff:fffe", "Teredo", False),  # client 10.0.0.1
    ],
)
def test_a_transition_address_is_judged_by_the_ipv4_address_inside(
    text: str, kind: str, public: bool
) -> None:
    assert (ip_type(text), is_public(text)) == (kind, public)


def test_what_is_no_address_is_refused() -> None:
    with pytest.raises(ValueError, match=r"10\.0\.0\.256"):
        is_public("10.0.0.256")
    with pytest.raises(ValueError, match="host"):
        ip_type("host")


def test_by_default_ours_is_what_is_not_public() -> None:
    local = LocalNetworks()
    assert "10.1.2.3" in local
    assert "fd00::1" in local
    assert "8.8.8.8" not in local
    assert local.is_public("8.8.8.8")
    assert not local.is_public("10.1.2.3")


def test_named_networks_are_ours_and_never_public() -> None:
    local = LocalNetworks(("10.1.0.0/16", "8.8.8.0/24", "2600::/32"))
    assert "10.1.255.255" in local
    assert "10.2.0.0" not in local
    assert not local.is_public("10.2.0.0")
    for ours in (
        "8.8.8.0",
        "8.8.8.255",
        "::ffff:8.8.8.8",
        "2002:808:808::1",
        "2600::1",
    ):
        assert ours in local
        assert not local.is_public(ours)
    for theirs in ("8.8.7.255", "8.8.9.0", "2600:1::"):
        assert theirs not in local
        assert local.is_public(theirs)


def test_a_network_that_is_none_is_refused() -> None:
    with pytest.raises(ValueError, match="has host bits set"):
        LocalNetworks(("10.0.0.1/8",))
