"""Arguments -> pipeline -> exit status; no logic.

Exit status: 0 all read, 1 some captures damaged, 2 nothing usable or wrong usage,
130 interrupted, 141 the reader of our output went away.
"""

from __future__ import annotations

import sys
from importlib import metadata
from pathlib import Path
from typing import Annotated, Literal

import typer

from sensor.errors import NetsigError

app = typer.Typer(
    add_completion=False,
    no_args_is_help=True,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
)


def main() -> None:
    """Run the command line and exit with its status."""
    try:
        app(prog_name="netsig")
    except NetsigError as error:
        _say(str(error))
        sys.exit(2)


def _say(message: str) -> None:
    from sensor.sinks.text import printable

    typer.echo(f"netsig: {printable(message, 1000)}", err=True)


def _version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"netsig {metadata.version('netsig')}")
        raise typer.Exit


@app.callback()
def netsig(
    version: Annotated[
        bool,
        typer.Option("--version", callback=_version, is_eager=True, help="Say it."),
    ] = False,
) -> None:
    """Find SMB and NTLM in captures, and hunt in what was found."""


@app.command()
def read(
    paths: Annotated[
        list[str], typer.Argument(metavar="PATH...", help="Captures, folders or `-`.")
    ],
    as_json: Annotated[
        bool, typer.Option("--json", help="One line a row, as Defender streams it.")
    ] = False,
    out: Annotated[
        Path | None, typer.Option(help="Write a file a table into this folder.")
    ] = None,
    follow: Annotated[
        bool, typer.Option("--follow", "-f", help="Wait for the last file to grow.")
    ] = False,
    config: Annotated[str | None, typer.Option(help="Settings (TOML).")] = None,
    profile: Annotated[
        Literal["hunting", "faithful"] | None,
        typer.Option(help="Fill what Defender leaves null, or leave it null."),
    ] = None,
    orientation: Annotated[
        Literal["device", "packet"] | None,
        typer.Option(help="Local is the monitored device, or the sender."),
    ] = None,
    sample: Annotated[
        Literal["truthful", "verbatim"] | None,
        typer.Option(help="Samples that cannot mislead hunts, or raw ones."),
    ] = None,
    local: Annotated[
        list[str] | None,
        typer.Option(metavar="CIDR", help="A network of monitored devices."),
    ] = None,
) -> None:
    """Read captures; show what they hold, or write it as Defender's tables."""
    from sensor import config as config_of
    from sensor import reading

    given = {
        "profile": profile,
        "orientation": orientation,
        "sample": sample,
        "local_networks": local or None,
    }
    settings = config_of.load(config, {k: v for k, v in given.items() if v})
    output = reading.Output(as_json, out)
    raise typer.Exit(reading.read(paths, settings, output, follow=follow))
