"""A sensor that watches keeps its memory, and accounts for every packet.

A short form of `scripts/soak`, which goes on for an hour.
"""

from __future__ import annotations

from scripts.soaking import soak
from tests.support.wire import need_root


def test_every_packet_is_accounted_for_and_memory_stays_flat() -> None:
    need_root()
    told = soak(seconds=12, rate=500)

    assert told.sent == told.passed == told.read + told.dropped + told.left
    assert told.rows > 0
    assert told.is_flat
