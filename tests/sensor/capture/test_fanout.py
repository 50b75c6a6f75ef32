"""Packets are parted by who talks with whom, whatever the direction and the ports."""

from __future__ import annotations

import time
from collections.abc import Iterator
from ipaddress import ip_address

import pytest

from sensor.capture import tpacket
from sensor.capture.fanout import fan_out
from sensor.capture.ring import Ring
from tests.support.frames import UDP, ethernet, fragments4, ipv4, ipv6, tcp, udp
from tests.support.wire import SENDER, WATCHED, cable, send

WORKERS = 3


@pytest.fixture
def rings() -> Iterator[list[Ring]]:
    with cable():
        rings = [Ring(WATCHED, 0) for _ in range(WORKERS)]
        for ring in rings:
            ring.bind()
        fan_out(rings)
        for ring in rings:
            ring.filter(b"")
        yield rings


def parted(rings: list[Ring], frames: list[bytes]) -> list[list[bytes]]:
    """Send *frames*; return what came to each ring."""
    assert send(frames) == len(frames)
    time.sleep(0.2)
    return [list(_taken(ring)) for ring in rings]


def _taken(ring: Ring) -> Iterator[bytes]:
    while (block := ring.ready()) is not None:
        found = ring.take(block)
        for at, stop in zip(found.start.tolist(), found.end.tolist(), strict=True):
            yield block[at:stop].tobytes()
        tpacket.give_back(block)


def pairs(version: int, count: int) -> list[tuple[str, str]]:
    first, second = ("10.20.0.1", "198.51.100.1") if version == 4 else (
        "fd20::1", "2001:db8::1")  # fmt: skip
    return [(str(ip_address(first) + n), str(ip_address(second) + n * n))
            for n in range(count)]  # fmt: skip


def frame(ends: tuple[str, str], ports: tuple[int, int] = (49152, 445)) -> bytes:
    make = ipv6 if ":" in ends[0] else ipv4
    return ethernet(make(tcp(b"x" * 20, ports), ends=ends))


@pytest.mark.parametrize("version", [4, 6])
def test_each_packet_goes_to_one_ring_and_none_is_idle(
    rings: list[Ring], version: int
) -> None:
    frames = [frame(ends) for ends in pairs(version, 90)]

    parts = parted(rings, frames)

    assert sorted(one for part in parts for one in part) == sorted(frames)
    assert all(len(part) > 10 for part in parts)


@pytest.mark.parametrize("version", [4, 6])
def test_both_directions_and_all_ports_of_a_pair_meet(
    rings: list[Ring], version: int
) -> None:
    frames = [
        frame(ends[::turn], ports[::turn])
        for ends in pairs(version, 30)
        for turn in (1, -1)
        for ports in ((49152, 445), (50000, 88))
    ]

    parts = parted(rings, frames)

    for at in range(0, len(frames), 4):
        held = [[one in part for one in frames[at : at + 4]] for part in parts]
        assert sorted(held) == [[False] * 4] * 2 + [[True] * 4]


def test_fragments_and_vlan_tags_change_nothing(rings: list[Ring]) -> None:
    groups = []
    for ends in pairs(4, 12):
        packet = ipv4(udp(b"y" * 900), UDP, ends)
        whole = [packet, *fragments4(packet, 400)]
        groups.append(
            [ethernet(one, tags) for one in whole for tags in ((), (0x8100,))]
        )

    parts = parted(rings, [one for group in groups for one in group])

    assert {len(group) for group in groups} == {8}
    for group in groups:
        held = [[one in part for one in group] for part in parts]
        assert sorted(held) == [[False] * 8] * 2 + [[True] * 8]


def test_what_is_no_ip_goes_to_the_first(rings: list[Ring]) -> None:
    arp = b"\xff" * 6 + b"\4" * 6 + b"\x08\x06" + bytes(46)
    short = ethernet(ipv4(b""))[:20].ljust(14, b"\0")

    assert parted(rings, [arp, short]) == [[arp, short], [], []]


def test_groups_of_the_same_interface_do_not_share_packets() -> None:
    with cable():
        groups = [[Ring(WATCHED, 0) for _ in range(2)] for _ in range(2)]
        for group in groups:
            for ring in group:
                ring.bind()
            fan_out(group)
            for ring in group:
                ring.filter(b"")
        frames = [frame(ends) for ends in pairs(4, 20)]
        assert send(frames, SENDER) == len(frames)
        time.sleep(0.2)
        seen = [[list(_taken(ring)) for ring in group] for group in groups]

    for parts in seen:
        assert sorted(one for part in parts for one in part) == sorted(frames)
