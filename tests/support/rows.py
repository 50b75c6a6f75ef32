"""The rows that a scenario must give, those the sensor gives, and their difference."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from sensor.config import Settings
from sensor.fixtures.expected import defender
from sensor.fixtures.make import record
from sensor.fixtures.model import Recording
from sensor.fixtures.scenarios import SCENARIOS
from sensor.pipeline import run
from sensor.schema.defender import Defender
from sensor.types import Stats

TEXT_OF_JSON = ("AdditionalFields", "AttackTechniques")

Row = dict[str, Any]


def recording_of(name: str) -> Recording:
    """Return what the scenario *name* says happened."""
    return record(next(one for one in SCENARIOS if name == one.NAME))


def expected(name: str) -> list[tuple[str, Row]]:
    """Return the rows that the sensor must give of a scenario."""
    return list(defender.rows(recording_of(name)))


def given(*captures: Path) -> list[tuple[str, Row]]:
    """Return the rows that the sensor gives of *captures*."""
    schema = Defender(Settings())
    items = run(list(map(str, captures)), Settings(), Stats())
    return [(table, opened(row)) for item in items for table, row in schema.rows(item)]


def opened(row: Row) -> Row:
    """Return *row* with its JSON texts as what they say."""
    return {k: json.loads(v) if k in TEXT_OF_JSON and v else v for k, v in row.items()}


def difference(
    rows: list[tuple[str, Row]], wanted: list[tuple[str, Row]]
) -> tuple[list[tuple[str, Row]], list[tuple[str, Row]]]:
    """Return the rows *wanted* that are not among *rows*, and those left over."""
    left, missing = list(rows), []
    for table, row in wanted:
        fits = [one for one in left if one[0] == table and holds(one[1], row)]
        if fits:
            left.remove(fits[0])
        else:
            missing.append((table, row))
    return missing, left


def holds(actual: Any, wanted: Any) -> bool:
    """Tell whether *actual* says all that is *wanted*."""
    if isinstance(wanted, dict):
        return isinstance(actual, dict) and all(
            key in actual and holds(actual[key], value) for key, value in wanted.items()
        )
    if isinstance(wanted, list):
        return len(actual) == len(wanted) and all(map(holds, actual, wanted))
    return bool(actual == wanted)
