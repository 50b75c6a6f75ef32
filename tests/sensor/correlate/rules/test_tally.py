from __future__ import annotations

import pytest

from sensor import limits
from sensor.correlate.rules.tally import Tally
from sensor.types import Event, Stats
from tests.support.judging import INSIDE, OUTSIDE, happened

SECOND_NS = 1_000_000_000


def at(seconds: float) -> Event:
    return happened("connection failed", OUTSIDE, INSIDE, seconds)


def test_members_count_once_and_in_the_order_of_their_coming() -> None:
    tally = Tally(10 * SECOND_NS, Stats())
    first, second, again = at(0), at(1), at(2)
    tally.add("x", "a", first, 9)

    assert tally.add("x", "b", second, 9) == (first, second)
    assert tally.add("x", "a", again, 9) == (second, again)
    assert tally.add("y", "a", first, 9) == (first,)
    assert len(tally) == 3


def test_members_leave_with_the_window() -> None:
    tally = Tally(10 * SECOND_NS, Stats())
    first, second, third = at(0), at(10), at(20.000000001)
    tally.add("x", "a", first, 9)

    assert tally.add("x", "b", second, 9) == (first, second)
    assert tally.add("x", "c", third, 9) == (third,)


def test_no_more_are_kept_than_are_asked_for() -> None:
    tally = Tally(10 * SECOND_NS, Stats())
    events = [at(n) for n in range(4)]

    for member, event in enumerate(events):
        kept = tally.add("x", member, event, 2)
    assert kept == tuple(events[2:])
    assert len(tally) == 2


def test_what_is_dropped_does_not_count() -> None:
    tally = Tally(10 * SECOND_NS, Stats())
    tally.add("x", "a", at(0), 9)
    tally.drop("x", "a")
    tally.drop("x", "a")
    tally.drop("z", "a")

    assert len(tally) == 0
    assert len(tally.add("x", "b", at(1), 9)) == 1


def test_memory_is_flat_and_what_is_lost_is_counted(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(limits, "TALLIED", 4)
    stats = Stats()
    tally = Tally(10 * SECOND_NS, stats)
    for key in range(100):
        for member in range(2):
            tally.add(key, member, at(0), 9)

    assert len(tally) <= 5
    assert stats.counts == {"correlate.tallies_forgotten": 98}


def test_keys_that_are_over_are_no_loss() -> None:
    stats = Stats()
    tally = Tally(10 * SECOND_NS, stats)
    tally.add("x", "a", at(0), 9)
    tally.add("y", "a", at(11), 9)

    assert len(tally) == 1
    assert stats.counts == {}
