"""Sequence numbers are compared the short way round the circle (RFC 9293 3.4)."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sensor.streams.sequence import distance

NUMBERS = st.integers(0, 2**32 - 1)


@pytest.mark.parametrize(
    ("start", "end", "steps"),
    [
        (0, 0, 0),
        (5, 9, 4),
        (9, 5, -4),
        (2**32 - 1, 0, 1),
        (0, 2**32 - 1, -1),
        (2**32 - 10, 10, 20),
        (0, 2**31 - 1, 2**31 - 1),
        (0, 2**31, -(2**31)),
        (2**31, 0, -(2**31)),
    ],
)
def test_the_distance_between_two_numbers(start: int, end: int, steps: int) -> None:
    assert distance(start, end) == steps


@given(NUMBERS, st.integers(-(2**31), 2**31 - 1))
def test_going_the_distance_arrives(start: int, steps: int) -> None:
    assert distance(start, (start + steps) % 2**32) == steps
