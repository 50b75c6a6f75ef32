"""The rows that a scenario must give, those the sensor gives, and their difference."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path
from typing import Any

from decoders import CARRIERS
from sensor.config import Settings
from sensor.fixtures.expected import defender
from sensor.fixtures.make import record
from sensor.fixtures.model import Recording
from sensor.fixtures.scenarios import SCENARIOS
from sensor.pipeline import run
from sensor.schema.defender import Defender
from sensor.types import Stats

TEXT_OF_JSON = ("AdditionalFields", "AttackTechniques")
CARRIERS_TO_COME = {
    name: "The sensor finds NTLM in it, but neither names it nor reads the outcome."
    for name in ("http", "ldap", "dcerpc", "smtp", "imap", "pop3", "tds")
    if name not in {carrier.name for carrier in CARRIERS}
}

Row = dict[str, Any]


def recording_of(name: str) -> Recording:
    """Return what the scenario *name* says happened."""
    return record(next(one for one in SCENARIOS if name == one.NAME))


def expected(whole: Recording) -> list[tuple[str, Row]]:
    """Return the rows that the sensor, as far as it has come, must give."""
    messages = [replace(one, carrier=heard_in(one.carrier)) for one in whole.messages]
    negotiations = [
        replace(one, state="unknown")
        if any(whole.messages[n].carrier in CARRIERS_TO_COME for n in one.messages)
        else one
        for one in whole.negotiations
    ]
    known = replace(whole, messages=messages, negotiations=negotiations)
    return list(defender.rows(known))


def heard_in(carrier: str) -> str:
    return "raw" if carrier in CARRIERS_TO_COME else carrier


def given(paths: Iterable[Path]) -> list[tuple[str, Row]]:
    """Return the rows that the sensor gives of captures."""
    schema = Defender(Settings())
    items = run(list(map(str, paths)), Settings(), Stats())
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
