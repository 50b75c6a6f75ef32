"""The flows that are known, and which columns of hashes may be of them."""

from __future__ import annotations

import numpy as np
import pytest

from sensor import limits
from sensor.streams.flows import Tracked
from sensor.streams.known import SLOTS, KnownFlows
from sensor.streams.opening import Opening
from sensor.types import TCP, Endpoint, Flow, Stats


def tracked(key: int) -> Tracked:
    ends = Endpoint("192.0.2.1", 5000), Endpoint("192.0.2.2", 445)
    flow = Flow(key, TCP, ends, "f", "1:")
    return Tracked(flow, Stats(), Opening(flow))


def maybe(known: KnownFlows, *keys: int) -> tuple[list[bool], list[bool]]:
    column = np.array(keys, np.uint64)
    return known.maybe_known(column).tolist(), known.maybe_followed(column).tolist()


def test_a_flow_is_known_and_followed_until_it_is_removed() -> None:
    known, one = KnownFlows(Stats()), tracked(7)
    assert known.add(one) is None
    assert (7 in known, 8 in known, len(known)) == (True, False, 1)
    assert known.get(7) is one
    assert known.get(8) is None
    assert maybe(known, 7, 8) == ([True, False], [True, False])

    known.remove(one)
    assert maybe(known, 7, 8) == ([False, False], [False, False])
    assert list(known) == []


def test_a_flow_at_rest_is_known_but_not_followed() -> None:
    known, one = KnownFlows(Stats()), tracked(7)
    known.add(one)
    known.rest(one)
    known.rest(one)
    assert maybe(known, 7) == ([True], [False])

    known.wake(one)
    assert maybe(known, 7) == ([True], [True])

    known.rest(one)
    known.remove(one)
    assert maybe(known, 7) == ([False], [False])


def test_the_quick_test_may_err_to_one_side_only() -> None:
    known, one, other = KnownFlows(Stats()), tracked(7), tracked(7 + SLOTS)
    known.add(one)
    known.add(other)
    known.remove(one)

    assert maybe(known, 7) == ([True], [True])
    assert 7 not in known


def test_large_hashes_are_keys_too() -> None:
    known = KnownFlows(Stats())
    known.add(tracked(2**64 - 1))

    assert maybe(known, 2**64 - 1) == ([True], [True])


def test_the_one_untouched_for_longest_makes_room(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(limits, "FLOWS", 2)
    stats = Stats()
    known = KnownFlows(stats)
    first, second, third = (tracked(key) for key in (1, 2, 3))
    known.add(first)
    known.add(second)
    known.get(1)

    assert known.add(third) is second
    assert [one.flow.key for one in known] == [1, 3]
    assert stats.counts["streams.evicted_flows"] == 1
    assert maybe(known, 1, 2, 3) == ([True, False, True], [True, False, True])


def test_flows_may_be_removed_while_going_through_them() -> None:
    known = KnownFlows(Stats())
    for key in range(5):
        known.add(tracked(key))
    for one in known:
        known.remove(one)

    assert len(known) == 0
