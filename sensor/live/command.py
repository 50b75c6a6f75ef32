"""`netsig watch`: arguments -> a run; no logic."""

from __future__ import annotations

import os
import sys
from functools import partial
from typing import Annotated

import typer

from sensor.options import Config, Local, Out


def watch(
    interfaces: Annotated[
        list[str], typer.Argument(metavar="IFACE...", help="Interfaces to watch.")
    ],
    as_json: Annotated[
        bool, typer.Option("--json", help="Print a line a row, on a terminal too.")
    ] = False,
    out: Out = None,
    config: Config = None,
    filter_: Annotated[
        str,
        typer.Option("--filter", metavar="EXPR", help="Packets to see, as in tcpdump."),
    ] = "",
    ring: Annotated[
        int, typer.Option(metavar="MIB", help="Size of the ring of an interface.")
    ] = 64,
    workers: Annotated[
        int, typer.Option(min=1, max=64, help="Processes that share the packets.")
    ] = 1,
    user: Annotated[
        str, typer.Option(metavar="NAME", help="Whom to become once all is open.")
    ] = "",
    local: Local = None,
    metrics: Annotated[
        str | None, typer.Option(metavar="ADDR", help="Serve Prometheus.")
    ] = None,
) -> None:
    """Watch interfaces; write what passes as Defender's tables."""
    # Threads would keep root's rights that this one gives up; and we need none.
    os.environ["OPENBLAS_NUM_THREADS"] = "1"
    from sensor.config import load
    from sensor.live import watching  # numpy and all rooms, which --help does not need
    from sensor.live.watch import How
    from sensor.outputs import Output

    given = {"local_networks": local, "metrics": metrics}
    load_all = partial(load, config, {key: v for key, v in given.items() if v})
    rows = as_json or (not out and not sys.stdout.isatty())
    how, output = How(ring, filter_, workers, user), Output(rows, out)
    raise typer.Exit(watching.watch(interfaces, how, output, load_all))
