"""Arguments -> a run -> exit status; no logic.

Exit status: 0 all read, 1 some captures damaged, 2 nothing usable or wrong usage,
130 interrupted, 141 the reader of our output went away.
"""

from __future__ import annotations

import sys
from functools import partial
from typing import Annotated, Final, Literal

import typer

from sensor.doctor.command import doctor
from sensor.errors import NetsigError
from sensor.fixtures.command import fixtures
from sensor.live.command import watch
from sensor.options import Config, Local, Out

WRONG_USE: Final = 2

app = typer.Typer(
    add_completion=False,
    no_args_is_help=True,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
)
app.add_typer(fixtures, name="fixtures")
app.command()(doctor)
app.command()(watch)


def main() -> None:
    """Run the command line and exit with its status."""
    try:
        app(prog_name="netsig")
    except NetsigError as error:
        from sensor.sinks.text import printable

        typer.echo(f"netsig: {printable(error, 1000)}", err=True)
        sys.exit(WRONG_USE)


def _version(wanted: bool) -> None:
    if not wanted:
        return
    from importlib import metadata  # half of the time --help takes

    try:
        typer.echo(f"netsig {metadata.version('netsig')}")
    except metadata.PackageNotFoundError:
        typer.echo("netsig, run from its source without being installed")
    raise typer.Exit


@app.callback()
def netsig(
    version: Annotated[
        bool,
        typer.Option(
            "--version", callback=_version, is_eager=True, help="Show the version."
        ),
    ] = False,
) -> None:
    """Find SMB and NTLM in captures and on interfaces, and hunt in what was found."""


@app.command()
def read(
    paths: Annotated[
        list[str],
        typer.Argument(metavar="PATH...", help="Captures, directories of them, or -."),
    ],
    as_json: Annotated[
        bool,
        typer.Option("--json", help="Print a line a row, as Defender streams them."),
    ] = False,
    out: Out = None,
    follow: Annotated[
        bool, typer.Option("--follow", "-f", help="Wait for the last file to grow.")
    ] = False,
    config: Config = None,
    profile: Annotated[
        Literal["hunting", "faithful"] | None,
        typer.Option(help="Fill columns that Defender leaves null, or leave them."),
    ] = None,
    orientation: Annotated[
        Literal["device", "packet"] | None,
        typer.Option(help="Local is the monitored device, or the packet's sender."),
    ] = None,
    sample: Annotated[
        Literal["truthful", "verbatim"] | None,
        typer.Option(help="Samples that cannot mislead a hunt, or raw ones."),
    ] = None,
    local: Local = None,
    metrics: Annotated[
        str | None, typer.Option(metavar="ADDR", help="Serve Prometheus, if following.")
    ] = None,
) -> None:
    """Read captures; show what they hold, or write it as Defender's tables."""
    from sensor import reading  # numpy and all rooms, which --help does not need
    from sensor.config import load
    from sensor.outputs import Output

    given = {
        "profile": profile,
        "orientation": orientation,
        "sample": sample,
        "local_networks": local,
        "metrics": metrics,
    }
    load_all = partial(load, config, {key: v for key, v in given.items() if v})
    output = Output(as_json, out)
    raise typer.Exit(
        reading.read(paths, load_all(), output, follow=follow, reread=load_all)
    )


@app.command()
def hunt(
    query: Annotated[
        str | None, typer.Argument(help="A .kql file, or the name of a shipped query.")
    ] = None,
    dirs: Annotated[
        list[str] | None,
        typer.Argument(metavar="DIR...", help="Directories that `read --out` wrote."),
    ] = None,
    list_: Annotated[
        bool, typer.Option("--list", help="List the queries that are shipped.")
    ] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
    as_csv: Annotated[bool, typer.Option("--csv", help="Print CSV.")] = False,
    geo: Annotated[
        str | None, typer.Option(metavar="FILE", help="A .mmdb to tell countries by.")
    ] = None,
    now: Annotated[
        str | None, typer.Option(metavar="TIME", help="What ago() and now() go by.")
    ] = None,
) -> None:
    """Run a KQL query on tables that were written."""
    from sensor.hunt.command import main_hunt  # DuckDB, which reading does not need

    fmt = "csv" if as_csv else "json" if as_json else "table"
    raise typer.Exit(main_hunt(query, dirs or [], list_, fmt, geo, now))
