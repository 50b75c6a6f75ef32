"""`netsig doctor`: arguments -> a look at a feed -> exit status; no logic."""

from __future__ import annotations

import os
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
    # Threads would keep root's rights that this one gives up; and we need none.
    os.environ["OPENBLAS_NUM_THREADS"] = "1"
    from sensor.doctor.examine import examine  # all rooms, which --help does not need
    from sensor.live.privileges import account, drop

    raise typer.Exit(examine(source, seconds, lambda: drop(account(""))))
