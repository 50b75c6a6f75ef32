"""However a logon is sent, netsig tells every message of it that the capture holds."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from scripts.matrices import Row, made_of, tables
from sensor.config import Settings
from sensor.fixtures.claims import MESSAGE, Claim
from sensor.fixtures.detectors.detector import Capture
from sensor.fixtures.detectors.netsig import claims
from sensor.fixtures.scoring import score
from sensor.pipeline import run
from sensor.schema.defender import Defender
from sensor.types import Stats

AS_SENT = replace(Settings(), orientation="packet")
CONTRADICTING = {"overlap-back", "overlap-ahead", "fragments-junk-first"}
"Where bytes are sent in two readings that both are messages: each is told."
ROWS = [row for _, rows in tables() for row in rows]


def said(capture: Capture) -> Iterator[Claim]:
    """Give the messages that netsig tells, run in this process."""
    schema = Defender(AS_SENT)
    lines = [
        json.dumps({"category": f"AdvancedHunting-{table}", "properties": row})
        for item in run(list(map(str, capture.files)), AS_SENT, Stats())
        for table, row in schema.rows(item)
    ]
    return (one for one in claims("\n".join(lines)) if one.kind == MESSAGE)


def name(row: Row) -> str:
    return f"{row.name}-{6 if row.ipv6 else 4}"


@pytest.mark.parametrize("row", ROWS, ids=name)
def test_no_way_to_send_it_hides_a_message(row: Row, tmp_path: Path) -> None:
    for scenario in row.scenarios:
        made = made_of(row, scenario, tmp_path / scenario)
        scored = score(made.labels, list(said(made)), made.also)

        assert scored.missed == ()
        assert scored.false == () or row.name in CONTRADICTING
        assert scored.found or row.name.startswith("snaplen")
