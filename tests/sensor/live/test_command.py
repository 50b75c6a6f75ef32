"""Arguments of `netsig watch` reach what runs it."""

from __future__ import annotations

from pathlib import Path

import pytest
from typer.testing import CliRunner

from sensor.addresses import LocalNetworks
from sensor.cli import app
from sensor.config import Settings, load
from sensor.live import watching
from sensor.live.watch import How
from sensor.outputs import Output


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> list[tuple[object, ...]]:
    """Take note of what `watch` is asked for, and do nothing."""
    calls: list[tuple[object, ...]] = []
    monkeypatch.setattr(watching, "watch", lambda *told: calls.append(told) or 0)
    return calls


def test_watch_passes_on_what_it_was_told(
    asked: list[tuple[object, ...]], tmp_path: Path
) -> None:
    config = tmp_path / "netsig.toml"
    config.write_text('sample = "verbatim"')
    line = (
        f"watch eth0 eth1 --json --out {tmp_path} --config {config} --ring 256 "
        "--filter 'tcp port 445' --workers 3 --user daemon --local 10.0.0.0/8 "
        "--metrics 9464"
    )

    assert CliRunner().invoke(app, line).exit_code == 0

    ((interfaces, how, output, reread),) = asked
    local = LocalNetworks(("10.0.0.0/8",))
    assert interfaces == ["eth0", "eth1"]
    assert how == How(256, "tcp port 445", workers=3, user="daemon")
    assert output == Output(json=True, directory=tmp_path)
    assert callable(reread)
    assert reread() == load(None, {"local_networks": ["10.0.0.0/8"], "sample":
                                   "verbatim", "metrics": "9464"})  # fmt: skip
    assert reread().local_networks == local


def test_watch_needs_nothing_but_an_interface(
    asked: list[tuple[object, ...]],
) -> None:
    CliRunner().invoke(app, "watch eth0")

    ((interfaces, how, output, reread),) = asked
    assert (interfaces, how) == (["eth0"], How())
    assert output == Output(json=True), "rows, as nobody sits at a terminal"
    assert callable(reread)
    assert reread() == Settings()
