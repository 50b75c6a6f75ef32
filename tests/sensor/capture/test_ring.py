"""The kernel's ring on a cable of our own."""

from __future__ import annotations

import time
from collections.abc import Iterator

import pytest

from sensor.capture import tpacket
from sensor.capture.bpf import compile_filter
from sensor.capture.ring import LINKTYPES, LOOPBACK, Ring
from sensor.errors import NetsigError
from sensor.limits import RING_BLOCK_BYTES, RING_BLOCKS
from tests.support.frames import CLIENT4, ethernet, ipv4, tcp
from tests.support.wire import WATCHED, cable, ip, namespace, send

MIB = 1 << 20
SOON = 5


@pytest.fixture
def ring() -> Iterator[Ring]:
    with cable():
        yield Ring(WATCHED, MIB)


def frame(n: int, size: int = 60) -> bytes:
    return ethernet(ipv4(tcp(n.to_bytes(4, "big")))).ljust(size, b".")


def taken(ring: Ring, count: int) -> list[bytes]:
    """Take *count* packets out of the ring, or fewer if no more come."""
    packets: list[bytes] = []
    end = time.monotonic() + SOON
    while len(packets) < count and time.monotonic() < end:
        block = ring.ready()
        if block is None:
            time.sleep(0.005)
            continue
        found = ring.take(block)
        places = zip(found.start.tolist(), found.end.tolist(), strict=True)
        packets += [block[at:stop].tobytes() for at, stop in places]
        tpacket.give_back(block)
    return packets


def test_what_is_sent_comes_out_of_the_ring(ring: Ring) -> None:
    sent = [frame(n, 60 + n) for n in range(1000)]
    ring.start()

    assert send(sent) == 1000
    assert taken(ring, 1000) == sent
    assert ring.losses() == (0, 0)


def test_nothing_comes_before_the_start(ring: Ring) -> None:
    send([frame(1)])
    ring.start()
    send([frame(2)])

    assert taken(ring, 1) == [frame(2)]


def test_frames_for_others_are_heard_too(ring: Ring) -> None:
    other = b"\x02\0\0\0\0\x77" + frame(1)[6:]
    ring.start()
    send([other])

    assert taken(ring, 1) == [other]


def test_the_kernel_s_clock_is_the_wall_clock_in_nanoseconds(ring: Ring) -> None:
    ring.start()
    before = time.time_ns()
    send([frame(1)])
    after = time.time_ns()
    while (block := ring.ready()) is None:
        time.sleep(0.005)

    (at,) = ring.take(block).ts_ns.tolist()
    assert before <= at <= after


def test_vlan_tags_that_the_kernel_takes_off_are_put_back(ring: Ring) -> None:
    plain = frame(1, 100)
    tagged = plain[:12] + b"\x81\0\x20\x2a" + plain[12:]
    twice = plain[:12] + b"\x88\xa8\0\7" + tagged[12:]
    ring.start()
    send([tagged, plain, twice])

    assert taken(ring, 3) == [tagged, plain, twice]


def test_a_filter_lets_in_what_it_names(ring: Ring) -> None:
    ring.start(compile_filter(f"src host {CLIENT4}", ring.linktype))
    wanted, other = frame(1), ethernet(ipv4(tcp(), ends=("192.0.2.99", CLIENT4)))
    send([other, wanted, other.ljust(60, b"\0"), wanted])

    assert taken(ring, 2) == [wanted, wanted]
    assert taken(ring, 0) == []
    assert ring.losses() == (0, 0)


def test_after_it_is_shut_nothing_comes_in_and_nothing_is_lost(ring: Ring) -> None:
    ring.start()
    send([frame(1), frame(2)])
    ring.shut()
    send([frame(3)])

    assert taken(ring, 2) == [frame(1), frame(2)]
    time.sleep(0.2)
    assert ring.ready() is None
    assert ring.losses() == (0, 0)


def test_every_packet_is_read_dropped_or_left(ring: Ring) -> None:
    ring.start()
    sent = send(frame(n, 9000) for n in range(2 * RING_BLOCKS * MIB // 9000))
    ring.shut()
    time.sleep(0.2)
    read = len(taken(ring, 300))
    dropped, freezes = ring.losses()

    assert read >= 300
    assert dropped > sent // 4
    assert freezes == 1
    assert read + dropped + ring.unread() == sent
    assert ring.unread() == 0
    assert ring.losses() == (0, 0)


@pytest.mark.parametrize(
    ("asked", "blocks"), [(0, RING_BLOCKS), (40 * MIB, 40 * MIB // RING_BLOCK_BYTES)]
)
def test_a_ring_is_as_large_as_asked_and_large_enough(asked: int, blocks: int) -> None:
    with cable():
        assert Ring(WATCHED, asked).memory.shape == (blocks, RING_BLOCK_BYTES)


def test_on_the_loopback_nothing_is_seen_twice() -> None:
    with namespace():
        ip("link", "set", "lo", "up")
        ring = Ring("lo", MIB)
        ring.start()
        send([frame(1), frame(2)], "lo")
        assert taken(ring, 2) == [frame(1), frame(2)]
        time.sleep(0.2)
        assert ring.ready() is None


def test_a_tunnel_s_packets_are_bare_ip() -> None:
    with namespace():
        ip("tuntap", "add", "tun0", "mode", "tun")
        assert Ring("tun0", MIB).linktype == 101


def test_what_cannot_be_watched_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delitem(LINKTYPES, LOOPBACK)
    with namespace():
        with pytest.raises(NetsigError, match="nosuch0: No such device"):
            Ring("nosuch0", MIB)
        with pytest.raises(NetsigError, match=r"lo: .* ARPHRD type 772 cannot"):
            Ring("lo", MIB)


def test_who_may_not_watch_is_told_what_it_takes(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def refuse(*_: object) -> None:
        raise PermissionError(1, "Operation not permitted")

    monkeypatch.setattr("socket.socket", refuse)
    with pytest.raises(NetsigError, match="eth0: watching needs root, or CAP_NET_RAW"):
        Ring("eth0", MIB)
