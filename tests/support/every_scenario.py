"""What a schema says of all scenarios."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Any

from sensor.fixtures.make import record
from sensor.fixtures.model import Recording
from sensor.fixtures.scenarios import SCENARIOS
from sensor.fixtures.variants import Variant, varied

Row = dict[str, Any]


def rows_of_all(
    rows: Callable[[Recording], Iterable[tuple[str, Row]]], transport: str
) -> Iterator[Row]:
    """Give what *rows* says of every scenario that is sent by *transport*."""
    for scenario in SCENARIOS:
        for _, row in rows(varied(record(scenario), Variant(transport))):
            yield row
