"""The nouns carry data; what little they do is held here."""

from __future__ import annotations

import pytest

from sensor.types import Endpoint, Stats


def test_stats_add_up_by_name() -> None:
    stats = Stats()
    stats.add("capture.packets", 3)
    stats.add("capture.packets")

    assert stats.counts == {"capture.packets": 4}


def test_a_zero_leaves_no_trace() -> None:
    stats = Stats()
    stats.add("streams.gaps", 0)

    assert stats.counts == {}


def test_a_noun_cannot_be_changed() -> None:
    with pytest.raises(AttributeError):
        Endpoint("10.0.0.1", 445).port = 80  # type: ignore[misc]
