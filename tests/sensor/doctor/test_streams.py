"""Sides, copies and holes, counted by hand."""

from __future__ import annotations

import dpkt
import pytest

from sensor.columns import Columns
from sensor.doctor import streams as module
from sensor.doctor.streams import Sides, StreamTally
from sensor.types import Stats
from tests.support.batches import batch_of

A, B = b"\x0a\x00\x00\x01", b"\x0a\x00\x00\x02"
ACK, SYN, RST = dpkt.tcp.TH_ACK, dpkt.tcp.TH_SYN, dpkt.tcp.TH_RST
US = 1000


def frame(
    seq: int, size: int, *, back: bool = False, port: int = 5000, flags: int = ACK,
    number: int = 7,
) -> bytes:  # fmt: skip
    """A segment of *size* bytes from A to B's port 445, or back."""
    ports = (445, port) if back else (port, 445)
    tcp = dpkt.tcp.TCP(sport=ports[0], dport=ports[1], seq=seq % (1 << 32), flags=flags)
    tcp.data = bytes(size)
    ends = (B, A) if back else (A, B)
    ip = dpkt.ip.IP(src=ends[0], dst=ends[1], p=6, id=number, data=tcp)
    ip.len = len(ip)
    return bytes(dpkt.ethernet.Ethernet(src=bytes(6), dst=bytes(6), data=ip))


def tally(
    frames: list[bytes], ts: list[int] | None = None, cut: int | None = None
) -> StreamTally:
    """Count *frames*, all in one batch or in batches of *cut*."""
    found, columns = StreamTally(Stats()), Columns(Stats())
    ts = ts or [1_600_000_000_000_000_000 + at * 1000 * US for at in range(len(frames))]
    size = cut or len(frames)
    for at in range(0, len(frames), size):
        batch = batch_of(frames[at : at + size], ts=ts[at : at + size])
        for segments in columns.decode(batch):
            found.add(segments)
    return found


@pytest.mark.parametrize("cut", [1, 2, None])
@pytest.mark.parametrize("base", [100, (1 << 32) - 150])
def test_holes_are_what_is_missing_between_the_first_and_the_last(
    base: int, cut: int | None
) -> None:
    pieces = [(0, 100), (100, 100), (350, 50), (320, 30), (500, 10)]
    found = tally([frame(base + at, size) for at, size in pieces], cut=cut)

    assert found.holes() == (290, 510 - 290)


def test_the_first_segment_met_need_not_be_the_first() -> None:
    pieces = [(200, 100), (0, 100), (400, 100)]

    assert tally([frame(at, size) for at, size in pieces]).holes() == (300, 200)


def test_each_direction_counts_for_itself() -> None:
    frames = [frame(0, 100), frame(150, 50), frame(9000, 10, back=True)]

    assert tally(frames).holes() == (160, 50)


def test_a_hole_larger_than_can_be_is_another_connection() -> None:
    frames = [frame(0, 100), frame(1 << 30, 100)]

    assert tally(frames).holes() == (200, 0)


def test_a_connection_is_one_sided_once_the_other_side_must_have_spoken() -> None:
    both = [frame(0, 1), frame(1, 1), frame(0, 1, back=True), frame(2, 1)]
    lone = [frame(at, 1, port=6000) for at in range(4)]
    short = [frame(at, 1, port=7000) for at in range(2)]
    scan = [frame(at, 0, port=8000, flags=SYN) for at in range(5)]
    reset = [frame(at, 0, port=9000, flags=RST | ACK) for at in range(5)]
    found = tally([*both, *lone, *short, *scan, *reset])

    assert found.sides() == Sides(
        connections=2,
        one_sided=1,
        segments=10,
        one_sided_segments=4,
        example="10.0.0.1:6000 -> 10.0.0.2:445",
    )


@pytest.mark.parametrize(
    ("second", "gap_us", "copies"),
    [
        (frame(0, 10), 0, 1),
        (frame(0, 10), 49_999, 1),
        (frame(0, 10), 50_001, 0),
        (frame(0, 10, number=8), 1, 0),
        (frame(10, 10), 1, 0),
        (frame(0, 11), 1, 0),
        (frame(0, 10, back=True), 1, 0),
        (frame(0, 10, port=5001), 1, 0),
    ],
)
def test_a_copy_is_the_same_segment_of_the_same_packet_soon_after(
    second: bytes, gap_us: int, copies: int
) -> None:
    start = 1_600_000_000_000_000_000
    found = tally([frame(0, 10), second], [start, start + gap_us * US])

    assert (found.copies, found.data_segments) == (copies, 2)


def test_acknowledgments_alike_are_no_copies() -> None:
    start = 1_600_000_000_000_000_000
    assert tally([frame(0, 0)] * 3, [start] * 3).copies == 0


def test_copies_fill_no_holes() -> None:
    start = 1_600_000_000_000_000_000
    frames = [frame(0, 100), frame(0, 100), frame(200, 100)]

    assert tally(frames, [start] * 3).holes() == (200, 100)


def test_directions_beyond_those_that_are_looked_at_are_counted(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(module, "DOCTOR_DIRECTIONS", 3)
    stats, columns = Stats(), Columns(Stats())
    found = StreamTally(stats)
    for port in range(5000, 5005):
        frames = [frame(at, 1, port=port) for at in range(3)]
        for segments in columns.decode(batch_of(frames)):
            found.add(segments)

    assert found.sides().connections == 3
    assert stats.counts == {"doctor.directions_unseen": 6}
