from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest
from typer.testing import CliRunner

from sensor import reading
from sensor.addresses import LocalNetworks
from sensor.cli import app
from sensor.config import Settings
from sensor.hunt import command
from sensor.outputs import Output

ROOT = Path(__file__).resolve().parents[2]


def netsig(
    *arguments: str, python: Sequence[str] = ()
) -> subprocess.CompletedProcess[str]:
    """Run the program itself."""
    return subprocess.run(
        [sys.executable, *python, "-m", "sensor", *arguments],
        capture_output=True,
        text=True,
        cwd=ROOT,
        env={**os.environ, "COLUMNS": "100"},
        check=False,
    )


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> list[object]:
    """Take note of what `read` is asked for, and do nothing."""
    calls: list[object] = []

    def read(
        paths: Sequence[str],
        settings: Settings,
        output: Output,
        *,
        follow: bool,
        reread: Callable[[], Settings],
    ) -> int:
        assert reread() == settings
        calls.extend([paths, settings, output, follow])
        return 1

    monkeypatch.setattr(reading, "read", read)
    return calls


def test_read_passes_on_what_it_was_told(asked: list[object], tmp_path: Path) -> None:
    config = tmp_path / "netsig.toml"
    config.write_text('sample = "verbatim"\nprofile = "hunting"')
    line = (
        f"read a.pcap - --json --out {tmp_path} --follow --config {config} "
        "--profile faithful --orientation packet --local 10.0.0.0/8 --local fd00::/8 "
        "--metrics 9464"
    )

    result = CliRunner().invoke(app, line)

    assert result.exit_code == 1
    assert asked == [
        ["a.pcap", "-"],
        Settings(
            LocalNetworks(("10.0.0.0/8", "fd00::/8")),
            profile="faithful",
            orientation="packet",
            sample="verbatim",
            metrics=("127.0.0.1", 9464),
        ),
        Output(json=True, directory=tmp_path),
        True,
    ]


def test_read_needs_nothing_but_a_path(asked: list[object]) -> None:
    CliRunner().invoke(app, "read a.pcap")

    assert asked == [["a.pcap"], Settings(), Output(), False]


@pytest.mark.parametrize(
    ("line", "passed"),
    [
        ("hunt q d1 d2", ("q", ["d1", "d2"], False, "table", None, None)),
        ("hunt q d --json", ("q", ["d"], False, "json", None, None)),
        ("hunt q d --csv --geo g", ("q", ["d"], False, "csv", "g", None)),
        ("hunt --list", (None, [], True, "table", None, None)),
        ("hunt q d --now 2026-01-01", ("q", ["d"], False, "table", None, "2026-01-01")),
    ],
)
def test_hunt_passes_on_what_it_was_told(
    line: str, passed: tuple[object, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    calls = []
    monkeypatch.setattr(command, "main_hunt", lambda *told: calls.append(told) or 2)

    assert CliRunner().invoke(app, line).exit_code == 2
    assert calls == [passed]


def test_version() -> None:
    assert netsig("--version").stdout.startswith("netsig")


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["read"], "Missing argument"),
        (["read", "--profile", "mde", "x"], "is not one of 'hunting', 'faithful'"),
        (["write"], "No such command 'write'"),
        (
            ["read", "--config", "no\x1bwhere.toml", "x"],
            "netsig: no\\u001bwhere.toml: file: No such file or directory\n",
        ),
        (
            ["read", "--local", "lan", "x"],
            "netsig: command line: local_networks: 'lan' does not appear to be",
        ),
    ],
)
def test_wrong_use_is_told_and_ends_with_2(arguments: list[str], said: str) -> None:
    result = netsig(*arguments)

    assert result.returncode == 2
    assert said in result.stderr
    assert "Traceback" not in result.stderr


def test_a_missing_capture_ends_with_2(tmp_path: Path) -> None:
    result = netsig("read", "--json", str(tmp_path / "missing.pcap"))

    assert (result.returncode, result.stdout) == (2, "")
    assert "missing.pcap: offset 0: " in result.stderr


@pytest.mark.parametrize("arguments", [["--help"], ["read", "--json", "/dev/null"]])
def test_neither_help_nor_json_loads_what_it_does_not_need(
    arguments: list[str],
) -> None:
    loaded = netsig(*arguments, python=["-X", "importtime"]).stderr

    assert "typer" in loaded
    for library in ("rich", "duckdb", "geoip2fast", "maxminddb"):
        assert f" {library}\n" not in loaded
