"""Shared by all tests: the root is importable, nothing is timed, tables are printed."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

# How long an example takes says how busy the machine is, and nothing about the code.
settings.register_profile(
    "netsig", deadline=None, suppress_health_check=[HealthCheck.too_slow]
)
settings.load_profile("netsig")


@pytest.fixture(scope="module")
def _cable() -> Iterator[None]:
    """Have a cable of our own to send on and to watch."""
    from tests.support.wire import cable

    with cable():
        yield


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Print the table of captures that tests compared with Wireshark's findings."""
    rows = [
        value
        for reports in terminalreporter.stats.values()
        for report in reports
        for name, value in getattr(report, "user_properties", ())
        if name == "agreement"
    ]
    if not rows:
        return
    terminalreporter.section("NTLMSSP messages: Wireshark, netsig")
    for capture, theirs, ours in sorted(set(map(tuple, rows))):
        terminalreporter.line(f"{theirs:5} {ours:5}  {capture}")
