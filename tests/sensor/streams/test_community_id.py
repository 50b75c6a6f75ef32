"""Published values of the Community ID specification, version 1, seed 0."""

from __future__ import annotations

import pytest

from sensor.streams.community_id import community_id
from sensor.types import Endpoint

PUBLISHED = [
    (
        6,
        ("128.232.110.120", 34855),
        ("66.35.250.204", 80),
        "LQU9qZlK+B5F3KDmev6m5PMibrg=",
    ),
    (17, ("192.168.1.52", 54585), ("8.8.8.8", 53), "d/FP5EW3wiY1vCndhwleRRKHowQ="),
    (
        6,
        ("2001:470:e5bf:dead:4957:2174:e82c:4887", 63943),
        ("2607:f8b0:400c:c03::1a", 25),
        "/qFaeAR+gFe1KYjMzVDsMv+wgU4=",
    ),
    (6, ("10.0.0.1", 10), ("10.0.0.2", 20), "9j2Dzwrw7T9E+IZi4b4IVT66HBI="),
]


@pytest.mark.parametrize(("proto", "one", "other", "published"), PUBLISHED)
def test_the_published_values(
    proto: int, one: tuple[str, int], other: tuple[str, int], published: str
) -> None:
    ends = Endpoint(*one), Endpoint(*other)

    assert community_id(proto, *ends) == f"1:{published}"
    assert community_id(proto, *reversed(ends)) == f"1:{published}"


def test_equal_addresses_are_told_apart_by_port() -> None:
    low, high = Endpoint("10.0.0.1", 9), Endpoint("10.0.0.1", 256)

    assert community_id(6, low, high) == community_id(6, high, low)
    assert community_id(6, low, high) != community_id(17, low, high)
