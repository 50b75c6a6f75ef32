from __future__ import annotations

import pytest

from sensor.correlate.rules.recent import Recent
from sensor.types import Stats


def memory(size: int = 3) -> tuple[Recent[str, int], Stats]:
    stats = Stats()
    return Recent(10, size, stats, "correlate.forgotten"), stats


@pytest.mark.parametrize(
    ("now_ns", "value"), [(100, 1), (110, 1), (111, None), (90, 1), (89, None)]
)
def test_what_is_within_the_window_on_either_side_is_recent(
    now_ns: int, value: int | None
) -> None:
    kept, _ = memory()
    kept.put("a", 1, 100)

    assert kept.get("a", now_ns) == value
    assert kept.get("b", now_ns) is None


def test_the_oldest_goes_first_and_is_counted() -> None:
    kept, stats = memory()
    for at, key in enumerate("abcad"):
        kept.put(key, at, at)

    assert [kept.get(key, 4) for key in "abcd"] == [3, None, 2, 4]
    assert stats.counts == {"correlate.forgotten": 1}


def test_what_is_over_goes_without_loss() -> None:
    kept, stats = memory()
    kept.put("a", 1, 0)
    kept.put("b", 2, 11)

    assert len(kept) == 1
    assert stats.counts == {}


def test_memory_is_flat() -> None:
    kept, stats = memory()
    for number in range(1000):
        kept.put(str(number), number, 0)

    assert len(kept) == 3
    assert stats.counts == {"correlate.forgotten": 997}
