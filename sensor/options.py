"""Options that several commands have: what they are called, and what help says."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, TypeAlias

import typer

Out: TypeAlias = Annotated[
    Path | None,
    typer.Option(metavar="DIR", help="Write a file a table into this directory."),
]
Config: TypeAlias = Annotated[
    str | None, typer.Option(metavar="FILE", help="Settings, in TOML.")
]
Local: TypeAlias = Annotated[
    list[str] | None,
    typer.Option(metavar="CIDR", help="A network of monitored devices; repeat."),
]
