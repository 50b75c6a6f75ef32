from __future__ import annotations

from collections.abc import Iterator

import pytest

from sensor.config import Settings
from sensor.doctor.look import first_seconds, look
from sensor.types import Batch, Stats
from tests.support.batches import batch_of
from tests.support.feeds import facts_of, feed, later

SECOND = 1_000_000_000


@pytest.mark.parametrize("cut", [1, 3, None])
def test_facts_do_not_depend_on_how_batches_are_cut(cut: int | None) -> None:
    packets = [*feed("noise"), *feed("broken-off")]
    packets = [*later(packets[:1], 2 * SECOND), *packets]
    whole, parts = facts_of(packets), facts_of(packets, cut=cut)

    assert parts.packets == len(packets)
    assert parts.bytes == sum(len(packet.frame) for packet in packets)
    assert parts.back_ns == whole.back_ns > SECOND
    assert parts.events["signature"] == whole.events["signature"] > 20
    assert parts.sides == whole.sides
    assert (parts.stream_bytes, parts.hole_bytes) == (
        whole.stream_bytes,
        whole.hole_bytes,
    )
    assert parts.first_ns == min(packet.ts_ns for packet in packets)
    assert parts.last_ns == max(packet.ts_ns for packet in packets)


def test_ports_of_smb_are_counted_on_either_side() -> None:
    assert facts_of(feed("leak-to-public")).smb_port_packets == 14
    assert facts_of(feed("noise")).smb_port_packets == 0


def test_no_batches_are_no_packets() -> None:
    facts = look([batch_of([])], Stats(), Settings())

    assert (facts.packets, facts.seconds) == (0, 0.0)


def test_what_is_live_is_looked_at_for_some_seconds_of_its_packets() -> None:
    def endless() -> Iterator[Batch]:
        at = 1_600_000_000 * SECOND
        while True:
            yield batch_of([b"x"], ts=[at])
            at += SECOND

    assert len(list(first_seconds(endless(), 3))) == 4
