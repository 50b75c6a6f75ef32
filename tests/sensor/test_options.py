"""What several commands take is called alike, and means the same."""

from __future__ import annotations

import pytest
import typer.main

from sensor.cli import app


@pytest.mark.parametrize(
    ("name", "metavar"), [("out", "DIR"), ("config", "FILE"), ("local", "CIDR")]
)
def test_read_and_watch_take_the_same(name: str, metavar: str) -> None:
    commands = typer.main.get_command(app).commands  # type: ignore[attr-defined]
    taken = [
        (option.opts, option.metavar, option.help)
        for command in (commands["read"], commands["watch"])
        for option in command.params
        if option.name == name
    ]

    assert len(taken) == 2
    assert taken[0] == taken[1]
    assert taken[0][:2] == ([f"--{name}"], metavar)
