"""Clocks: exact rational arithmetic is the oracle."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest

from sensor.capture.interfaces import nanoseconds, options, times


def exact(units: int, tsresol: int) -> int:
    base = 2 if tsresol & 0x80 else 10
    return int(Fraction(units, base ** (tsresol & 0x7F)) * 10**9)


@pytest.mark.parametrize("tsresol", [*range(0x80), *range(0x80, 0x100)])
def test_every_resolution_rounds_down(tsresol: int) -> None:
    base, digits = (2 if tsresol & 0x80 else 10), tsresol & 0x7F
    second = base**digits
    wanted = [0, 1, second - 1, second, second * 3 // 2, 1_600_000_000 * second]
    units = [u for u in (*wanted, 2**64 - 1) if u < 2**64 and exact(u, tsresol) < 2**63]
    found = nanoseconds(np.array(units, np.uint64), tsresol).tolist()
    slack = 1 if tsresol > 0x80 + 34 else 0  # seconds are cut to 2^-34 first
    for value, unit in zip(found, units, strict=True):
        assert 0 <= exact(unit, tsresol) - value <= slack


def test_several_clocks_at_once() -> None:
    units = np.array([1, 1, 1, 1], np.uint64)
    found = times(units, np.array([0, 9, 6, 0x81], np.uint8))
    assert found.tolist() == [1_000_000_000, 1, 1000, 500_000_000]


def test_options_stop_at_the_end_and_at_a_cut() -> None:
    data = b"\x09\x00\x01\x00\x06\x00\x00\x00" + b"\x02\x00\x02\x00ab\x00\x00"
    assert list(options(data, "<")) == [(9, b"\x06"), (2, b"ab")]
    assert list(options(data[:13], "<")) == [(9, b"\x06")]
    assert list(options(b"\x00\x00\x00\x00" + data, "<")) == []
