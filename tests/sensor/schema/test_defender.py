from __future__ import annotations

from sensor.config import Settings
from sensor.schema import SCHEMAS
from sensor.schema.defender import Defender
from tests.support.findings import alert, event


def test_is_registered() -> None:
    assert [schema.name for schema in SCHEMAS] == ["defender"]


def test_reports_are_numbered_from_one_and_again_the_same() -> None:
    items = [event(), alert(), event()]

    def told() -> list[tuple[str, dict[str, object]]]:
        schema = Defender(Settings())
        return [row for item in items for row in schema.rows(item)]

    assert told() == told()
    assert [(table, row.get("ReportId")) for table, row in told()] == [
        ("DeviceNetworkEvents", 1),
        ("AlertInfo", None),
        ("AlertEvidence", None),
        ("AlertEvidence", None),
        ("DeviceNetworkEvents", 2),
    ]
