"""For months: what is added to, what is remembered, what rights are needed."""

from __future__ import annotations

import socket
import subprocess
import sys
from pathlib import Path

import pytest

from sensor.config import Settings
from sensor.lasting import lasting
from sensor.outputs import Output
from sensor.sinks.state import Position
from sensor.types import Stats
from tests.support.findings import TS_NS
from tests.support.outputs import kinds

ROW = {"Timestamp": "2026-03-02T10:00:00.0000000Z", "ReportId": 7}


@pytest.mark.parametrize(
    ("json", "directory", "expected"),
    [
        (False, False, ["Summary"]),
        (True, False, ["LiveLines"]),
        (False, True, ["LiveDirectory"]),
        (True, True, ["LiveDirectory", "LiveLines"]),
    ],
)
def test_every_output_has_its_sink(
    json: bool, directory: bool, expected: list[str], tmp_path: Path
) -> None:
    output = Output(json, tmp_path if directory else None)

    assert kinds(lasting(output, Settings(), Stats())) == expected


def test_a_run_knows_what_the_one_before_it_knew(tmp_path: Path) -> None:
    output = Output(directory=tmp_path)
    first = lasting(output, Settings(), Stats())
    assert (first.last_report, first.captures) == (0, {})
    [sink] = first.sinks
    sink.write("DeviceNetworkEvents", dict(ROW))
    first.note("a.pcap", Position(TS_NS, 57))
    sink.close()
    second = lasting(output, Settings(), Stats())

    assert second.last_report == 7
    assert second.captures == {"a.pcap": Position(TS_NS, 57)}
    second.sinks[0].close()


WITHOUT_IMPORTS = """
import sys
from pathlib import Path
import sensor.lasting, sensor.sinks.metrics
from sensor.config import Settings
from sensor.outputs import Output
from sensor.lasting import lasting
from sensor.sinks.state import Position
from sensor.types import Stats

class Nothing:
    def find_spec(self, name, *_):
        raise ImportError(name)

sys.meta_path[:] = [Nothing()]
stats, out = Stats(), Output(json=True, directory=Path(sys.argv[1]))
opened = lasting(out, Settings(metrics=("127.0.0.1", int(sys.argv[2]))), stats)
with opened.attended():
    for sink in opened.sinks:
        sink.write("DeviceNetworkEvents", {"Timestamp": "x", "ReportId": 1})
    opened.note("a.pcap", Position(1, 2))
    opened.reopen()
    for sink in reversed(opened.sinks):
        sink.close()
assert not stats.counts, stats.counts
"""


def test_all_is_imported_before_rights_are_given_up(tmp_path: Path) -> None:
    """Whom root becomes may not be able to read where Python lies."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    done = subprocess.run(
        [sys.executable, "-c", WITHOUT_IMPORTS, str(tmp_path), str(port)],
        capture_output=True,
        text=True,
        cwd=Path(__file__).resolve().parents[2],
    )

    assert (done.returncode, done.stderr) == (0, "")
    assert (tmp_path / "DeviceNetworkEvents.jsonl").read_text().count("\n") == 1
    assert '"packets": 2' in (tmp_path / "state.json").read_text()
