from __future__ import annotations

import pytest
from typer.testing import CliRunner

from sensor.cli import app
from sensor.doctor import examine as module


@pytest.mark.parametrize(
    ("line", "asked"),
    [
        ("doctor a.pcap", ("a.pcap", 10.0)),
        ("doctor eth0 --seconds 2.5", ("eth0", 2.5)),
        ("doctor -", ("-", 10.0)),
    ],
)
def test_the_command_passes_on_what_it_was_told(
    line: str, asked: tuple[str, float], monkeypatch: pytest.MonkeyPatch
) -> None:
    calls: list[tuple[str, float]] = []

    def examine(source: str, seconds: float, opened: object) -> int:
        assert callable(opened)
        calls.append((source, seconds))
        return 1

    monkeypatch.setattr(module, "examine", examine)

    assert CliRunner().invoke(app, line).exit_code == 1
    assert calls == [asked]
