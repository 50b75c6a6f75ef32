"""Defender's advanced-hunting tables: DeviceNetworkEvents, AlertInfo, AlertEvidence."""

from __future__ import annotations

from collections.abc import Iterator

from sensor.config import Settings
from sensor.schema.alerts import alert_rows
from sensor.schema.columns import DEVICE_NETWORK_EVENTS
from sensor.schema.network import network_row
from sensor.types import Alert, Event


class Defender:
    """Turns events and alerts into rows; remembers only the last ReportId.

    The first row is numbered one above *last_report*. *settings* may be changed at any
    time; rows that are still to come are then made by them.
    """

    name = "defender"

    def __init__(self, settings: Settings, last_report: int = 0) -> None:
        self.settings = settings
        self._reports = last_report

    def rows(self, item: Event | Alert) -> Iterator[tuple[str, dict[str, object]]]:
        """Give the rows of *item*, each with the name of its table."""
        if isinstance(item, Alert):
            yield from alert_rows(item, self.settings)
            return
        self._reports += 1
        row = network_row(item, self.settings, self._reports)
        yield DEVICE_NETWORK_EVENTS, row
