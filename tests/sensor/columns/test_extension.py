"""Chains of extension headers, of any length up to the limit."""

from __future__ import annotations

import struct

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sensor.limits import EXTENSION_HEADERS
from tests.support.frames import TCP, ipv4, ipv6, tcp
from tests.support.segments import payload_of

BODY = b"behind"
HOP, ROUTING, FRAGMENT, AH, DESTINATION, MOBILITY = 0, 43, 44, 51, 60, 135


def header(kind: int, following: int, units: int = 0) -> bytes:
    """Build one extension header that *following* comes after."""
    if kind == FRAGMENT:  # an atomic one, RFC 6946
        return struct.pack(">BBHI", following, 0, 0, 99)
    if kind == AH:  # RFC 4302: 32-bit words less two
        return bytes([following, 4 + units]) + bytes(22 + 4 * units)
    return bytes([following, units]) + bytes(6 + 8 * units)


def chain(kinds: list[tuple[int, int]], carried: bytes) -> bytes:
    """Build an IPv6 packet with these headers (kind, units of length)."""
    protos = [kind for kind, _ in kinds] + [TCP]
    pairs = zip(kinds, protos[1:], strict=True)
    heads = b"".join(header(kind, after, units) for (kind, units), after in pairs)
    return ipv6(heads + carried, protos[0])


KINDS = st.sampled_from([HOP, ROUTING, FRAGMENT, AH, DESTINATION, MOBILITY, 139, 140])


@settings(max_examples=100)
@given(st.lists(st.tuples(KINDS, st.integers(0, 3)), max_size=EXTENSION_HEADERS))
def test_any_chain_leads_to_what_it_carries(kinds: list[tuple[int, int]]) -> None:
    assert payload_of(chain(kinds, tcp(BODY))) == (BODY, 0)


def test_scapy_builds_the_same_chain() -> None:
    from scapy.layers import inet, inet6

    packet = (
        inet6.IPv6()
        / inet6.IPv6ExtHdrHopByHop(options=[inet6.PadN(optdata=bytes(20))])
        / inet6.IPv6ExtHdrRouting(addresses=["2001:db8::1", "2001:db8::2"])
        / inet6.IPv6ExtHdrDestOpt(options=[inet6.PadN(optdata=bytes(4))])
        / inet.TCP()
        / BODY
    )
    assert payload_of(bytes(packet)) == (BODY, 0)


def test_a_longer_chain_is_counted() -> None:
    most = [(DESTINATION, 0)] * EXTENSION_HEADERS
    assert payload_of(chain(most, tcp(BODY))) == (BODY, 0)
    assert payload_of(chain([*most, (HOP, 0)], tcp(BODY))) == "extension_headers"


@pytest.mark.parametrize("kind", [HOP, ROUTING, FRAGMENT, AH, DESTINATION])
def test_a_chain_that_is_cut_is_short(kind: int) -> None:
    assert payload_of(chain([(HOP, 0), (kind, 0)], b"")[: 40 + 8 + 7]) == "short_ip"


def test_a_header_longer_than_its_packet_carries_nothing() -> None:
    assert payload_of(chain([(HOP, 0)], tcp(BODY))[:41] + b"\xff" * 40) == "bad_tcp"


def test_ipv4_has_only_the_authentication_header() -> None:
    assert payload_of(ipv4(header(AH, TCP) + tcp(BODY), AH)) == (BODY, 0)
    assert payload_of(ipv4(header(HOP, TCP) + tcp(BODY), HOP)) == "other_protocol"
