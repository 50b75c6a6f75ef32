"""Rings on cables of our own, drawn from together."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest

from sensor.capture import live
from sensor.capture.live import Live
from sensor.capture.ring import Ring
from sensor.limits import HISTORY_BATCHES, RING_BLOCKS
from sensor.types import Batch, Idle, Stats
from tests.support.captures import rows
from tests.support.frames import ethernet, ipv4, tcp
from tests.support.wire import WATCHED, cable, ip, send

SECOND = 1_000_000_000
TWO = (("left0", "left1"), ("right0", "right1"))


@pytest.fixture
def watched() -> Iterator[Live]:
    with cable():
        yield opened(WATCHED)


def opened(*interfaces: str) -> Live:
    rings = [Ring(name, 0) for name in interfaces]
    for ring in rings:
        ring.start()
    return Live(rings, Stats())


def frame(n: int, size: int = 60) -> bytes:
    return ethernet(ipv4(tcp(n.to_bytes(4, "big")))).ljust(size, b".")


def after(count: int, stats: Stats) -> Callable[[], bool]:
    """Ask to end when *count* packets were drawn."""
    return lambda: stats.counts["capture.packets"] >= count


def test_batches_say_what_came_where_and_when(watched: Live) -> None:
    before = time.time_ns()
    send([frame(1), frame(2, 80)])
    after_ns = time.time_ns()

    items = list(watched.batches(after(2, watched.stats)))

    (batch,) = (item for item in items if isinstance(item, Batch))
    packets = rows(batch)
    assert [packet.data for packet in packets] == [frame(1), frame(2, 80)]
    assert [packet.number for packet in packets] == [1, 2]
    assert [packet.wire_len for packet in packets] == [60, 80]
    assert before <= packets[0].ts_ns <= packets[1].ts_ns <= after_ns
    assert batch.file == WATCHED
    assert watched.stats.counts == {"capture.packets": 2, "capture.bytes": 140}


def test_numbers_go_on_from_batch_to_batch(watched: Live) -> None:
    batches = watched.batches(after(2, watched.stats))
    numbers = []
    for n in (1, 2):
        send([frame(n)])
        item = next(item for item in batches if isinstance(item, Batch))
        numbers += item.number.tolist()

    assert numbers == [1, 2]


def test_without_packets_time_goes_on(watched: Live) -> None:
    batches = watched.batches(lambda: False)
    before = time.time_ns()
    first, second = next(batches), next(batches)

    assert isinstance(first, Idle)
    assert isinstance(second, Idle)
    assert before - live.LATE_NS <= first.until_ns < second.until_ns < time.time_ns()


def test_no_packet_comes_that_is_older_than_what_was_said(watched: Live) -> None:
    """Some are in a block that is not ours yet when it is told that none came."""

    def say() -> None:
        for n in range(15):
            time.sleep(0.1 + n * 0.007)
            send([frame(n)])

    until_ns, oldest = 0, []
    with ThreadPoolExecutor() as pool:
        pool.submit(say)
        for item in watched.batches(after(15, watched.stats)):
            if isinstance(item, Idle):
                until_ns = item.until_ns
            else:
                oldest.append(int(item.ts_ns[0]) - until_ns)

    assert len(oldest) > 5
    assert min(oldest) > 0


def test_asked_to_end_what_is_in_the_rings_is_given_first(watched: Live) -> None:
    asked = iter([False, True])
    batches = watched.batches(lambda: next(asked))
    assert isinstance(next(batches), Idle)
    sent = [frame(n) for n in range(100)]
    send(sent)

    given = [packet.data for batch in batches for packet in rows(batch)]

    assert given == sent


def test_batches_stay_as_they_are_while_history_needs_them(watched: Live) -> None:
    """Blocks are filled many times over, while their last batches are still held."""
    sent = 0
    kept: list[tuple[Batch, list[bytes]]] = []
    enough = after(3 * RING_BLOCKS * 110, watched.stats)
    for item in watched.batches(enough):
        if not enough():
            sent += send(frame(sent + n, 9000) for n in range(150))
        if isinstance(item, Batch):
            kept.append((item, [packet.data for packet in rows(item)]))
        for old, packets in kept[-HISTORY_BATCHES - 1 :]:
            assert [packet.data for packet in rows(old)] == packets

    assert len(kept) >= 3 * RING_BLOCKS
    read, dropped = (watched.stats.counts[f"capture.{name}"]
                     for name in ("packets", "kernel_drops"))  # fmt: skip
    assert read + dropped == sent


def test_what_was_dropped_and_what_was_left_is_counted(
    watched: Live, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(live, "DRAIN_NS", 1)
    sent = send(frame(n, 9000) for n in range(2 * RING_BLOCKS * 120))

    list(watched.batches(after(300, watched.stats)))

    counts = watched.stats.counts
    names = ("packets", "kernel_drops", "unread_packets", "ring_freezes")
    read, dropped, unread, freezes = (counts[f"capture.{name}"] for name in names)
    assert (read > 0, dropped > 0, unread > 0, freezes) == (True, True, True, 1)
    assert read + dropped + unread == sent


def test_an_interface_that_goes_down_and_comes_up_is_read_on(watched: Live) -> None:
    batches = watched.batches(after(2, watched.stats))
    packets = []
    for n in range(2):
        send([frame(n)])
        packets += rows(next(item for item in batches if isinstance(item, Batch)))
        ip("link", "set", WATCHED, "down")
        ip("link", "set", WATCHED, "up")
    assert all(isinstance(item, Idle) for item in batches)

    assert [packet.data for packet in packets] == [frame(0), frame(1)]
    assert watched.stats.counts["capture.interface_down"] == 2


def test_two_interfaces_are_drawn_from_in_order_of_time() -> None:
    with cable(*TWO):
        watched = opened("left1", "right1")
        for n in range(6):
            send([frame(n)], TWO[n % 2][0])
            time.sleep(2 * live.LOOK_SECONDS + 0.06)  # each in a block of its own
        batches = [*watched.batches(lambda: True)]

    said = [(batch.file, rows(batch)[0].data, rows(batch)[0].number)
            for batch in batches if isinstance(batch, Batch)]  # fmt: skip
    assert said == [
        (("left1", "right1")[n % 2], frame(n), n // 2 + 1) for n in range(6)
    ]
