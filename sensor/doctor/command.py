"""`netsig doctor`: arguments -> a look at a feed -> exit status; no logic."""

from __future__ import annotations

from typing import Annotated

import typer


def doctor(
    source: Annotated[
        str, typer.Argument(help="A capture, a directory of them, - or an interface.")
    ],
    seconds: Annotated[
        float, typer.Option(metavar="N", help="How long to look at what is live.")
    ] = 10.0,
) -> None:
    """Say what is wrong with a feed, and how to put it right."""
    from sensor.doctor.examine import examine  # all rooms, which --help does not need

    raise typer.Exit(examine(source, seconds))
