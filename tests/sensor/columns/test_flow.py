"""A flow's hash is the same both ways and its own; addresses have one text."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sensor.columns import Columns, endpoints, flow_hash
from sensor.types import Segments, Stats
from tests.support.batches import batch_of
from tests.support.frames import UDP, ethernet, ipv4, ipv6, tcp, udp

PORTS = st.tuples(st.integers(0, 0xFFFF), st.integers(0, 0xFFFF))


def segments_of(frames: list[bytes], linktype: int = 101) -> Segments:
    (segments,) = Columns(Stats()).decode(batch_of(frames, linktype))
    assert len(segments.row) == len(frames)
    return segments


@settings(max_examples=100)
@given(PORTS, st.tuples(st.ip_addresses(v=4), st.ip_addresses(v=4)))
def test_both_directions_have_one_hash(
    ports: tuple[int, int], ends: tuple[object, object]
) -> None:
    one, two = str(ends[0]), str(ends[1])
    there = ipv4(tcp(b"", ports), ends=(one, two))
    back = ipv4(tcp(b"x", ports[::-1]), ends=(two, one))
    six = ("2001:db8::" + f"{ports[0]:x}", "2001:db8:1::" + f"{ports[1]:x}")
    there6, back6 = ipv6(tcp(b"", ports), ends=six), ipv6(tcp(b"", ports[::-1]))
    back6 = ipv6(tcp(b"", ports[::-1]), ends=six[::-1])
    flows = segments_of([there, back, there6, back6]).flow.tolist()
    assert flows[0] == flows[1]
    assert flows[2] == flows[3]


def test_what_tells_flows_apart_changes_the_hash() -> None:
    a, b, c = "192.0.2.1", "192.0.2.2", "192.0.2.3"
    six, other = "2001:db8::1", "2001:db8::2"
    flows = segments_of(
        [
            ipv4(tcp(ports=(1, 2)), ends=(a, b)),
            ipv4(tcp(ports=(2, 1)), ends=(a, b)),
            ipv4(tcp(ports=(1, 3)), ends=(a, b)),
            ipv4(tcp(ports=(1, 2)), ends=(a, c)),
            ipv4(udp(ports=(1, 2)), UDP, ends=(a, b)),
            ipv6(tcp(ports=(1, 2)), ends=(six, other)),
            ipv6(tcp(ports=(2, 1)), ends=(six, other)),
            ipv6(tcp(ports=(1, 2)), ends=(six, six)),
        ]
    ).flow
    assert len(set(flows.tolist())) == 8


def test_tags_are_no_part_of_a_flow() -> None:
    packet = ipv4(tcp())
    flows = segments_of([ethernet(packet), ethernet(packet, (0x8100,))], 1).flow
    assert flows[0] == flows[1]


def test_neighbouring_flows_spread_over_all_bits() -> None:
    """A scan's flows differ in few bits; their hashes collide no more than chance."""
    target, port = np.meshgrid(np.arange(1 << 10), np.arange(1 << 10))
    source = np.full(1 << 20, 0x0A000001, np.uint64)
    flows = flow_hash(
        np.full(1 << 20, 6, np.uint8),
        source,
        (0x0A000000 + target.ravel()).astype(np.uint64),
        (49152 + port.ravel()).astype(np.uint16),
        np.full(1 << 20, 445, np.uint16),
    )
    assert len(np.unique(flows)) == 1 << 20
    for shift in (0, 24, 48):
        slots = (flows >> np.uint64(shift)) & np.uint64(0xFFFF)
        # 16 a slot on average; Poisson: 60 or more has a chance below 1e-15.
        assert np.bincount(slots.astype(np.int64), minlength=1 << 16).max() < 60


@pytest.mark.parametrize(
    ("address", "text"),
    [
        (
            "2001:0db8:0000:0000:0001:0000:0000:0001",
            "2001:db8::1:0:0:1",
        ),  # RFC 5952 4.2.3
        ("2001:db8:0:1:1:1:1:1", "2001:db8:0:1:1:1:1:1"),  # 4.2.2
        ("2001:DB8::ABCD", "2001:db8::abcd"),  # 4.3
        ("::ffff:192.0.2.1", "::ffff:192.0.2.1"),  # 5
        ("::1", "::1"),
        ("::", "::"),
    ],
)
def test_addresses_are_written_as_rfc_5952_says(address: str, text: str) -> None:
    segments = segments_of([ipv6(tcp(ports=(5, 6)), ends=("fe80::1", address))])
    source, target = endpoints(segments, 0)
    assert (source.ip, source.port) == ("fe80::1", 5)
    assert (target.ip, target.port) == (text, 6)
