from __future__ import annotations

import pytest

from sensor import limits
from sensor.correlate.rules.told import Told
from sensor.types import Stats

DAY_NS = 86_400_000_000_000


def test_the_same_is_news_again_after_a_day() -> None:
    stats = Stats()
    told = Told(stats)

    assert told.is_news("a", 0)
    assert not told.is_news("a", DAY_NS)
    assert told.is_news("b", DAY_NS)
    assert told.is_news("a", DAY_NS + 1)
    assert stats.counts == {"correlate.alerts_repeated": 1}


def test_subjects_are_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "TOLD_SUBJECTS", 2)
    stats = Stats()
    told = Told(stats)

    assert all(told.is_news(subject, 0) for subject in "abc")
    assert told.is_news("a", 0)
    assert stats.counts == {"correlate.subjects_forgotten": 2}
