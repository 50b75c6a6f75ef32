"""Hold detectors against a logon sent in every way there is, side by side.

usage: python -m scripts.matrices [--write FILE]
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from sensor.fixtures import make
from sensor.fixtures.check import examine_all
from sensor.fixtures.claims import MESSAGE
from sensor.fixtures.containers import CONTAINERS
from sensor.fixtures.detectors import detector_named
from sensor.fixtures.detectors.detector import Capture
from sensor.fixtures.model import Flow, Host, Recording
from sensor.fixtures.network import NETWORKS
from sensor.fixtures.scorecard import Result, Tally
from sensor.fixtures.sets import captures
from sensor.fixtures.transport import TRANSPORTS
from sensor.fixtures.variants import PLAIN, Variant, capture, varied

DETECTORS: Final = ("netsig", "tshark-told", "suricata")
LOGONS: Final = ("smb2-logon", "http-ntlm")
OTHERS: Final = ("leak-on-8445", "netbios-session", "socks-proxy", "connect-proxy")
"Scenarios that are ways to send a logon themselves."
BACKGROUND_MB: Final = 2

HEAD = """# Matrix

A whole SMB logon and a whole NTLM logon over HTTP, sent in every way that
`netsig fixtures` knows: the messages that a detector tells, of those that the capture
holds, and those it tells that nobody sent (+). First SMB's, then HTTP's. A message
whose fields a detector tells wrong is not found.

tshark is told what each port speaks: told nothing, it knows SMB by its port alone. The
rules for Suricata are netsig's own, and Suricata picks up connections midway and
ignores checksums. Where segments contradict each other, netsig tells each reading.

Made by `scripts/matrix --write` on {day}.
"""


@dataclass(frozen=True, slots=True)
class Row:
    """One way to send a logon."""

    name: str
    title: str
    variant: Variant = PLAIN
    ipv6: bool = False
    scenarios: tuple[str, ...] = LOGONS


Table = tuple[str, list[Row]]


def tables() -> Iterator[Table]:
    """Give the tables, each with its heading and its rows."""
    yield (
        "How packets are sent",
        [Row(one.name, one.title, Variant(transport=one.name)) for one in TRANSPORTS],
    )
    for version in (4, 6):
        yield (
            f"What frames them, over IPv{version}",
            [
                Row(one.name, one.title, Variant(network=one.name), version == 6)
                for one in NETWORKS
            ],
        )
    noise = f"{BACKGROUND_MB} MB of other traffic around it"
    yield (
        "What kind of file",
        [
            *(Row(c.name, c.title, Variant(container=c.name)) for c in CONTAINERS),
            Row("background", noise, Variant(background=BACKGROUND_MB)),
        ],
    )
    found = make.scenarios_named(OTHERS)
    yield (
        "Where and after what",
        [Row(one.NAME, one.TITLE, scenarios=(one.NAME,)) for one in found],
    )


def main() -> int:
    """Print the tables, or write them; exit status 1 says that netsig's lack some."""
    parser = argparse.ArgumentParser(prog="scripts/matrix")
    parser.add_argument("--write", type=Path, metavar="FILE")
    path: Path | None = parser.parse_args().write
    asked = [detector_named(name) for name in DETECTORS]
    versions = [one.version(argument) for one, argument in asked]
    named = [
        f"- `{name}`: {version}"
        for name, version in zip(DETECTORS, versions, strict=True)
    ]
    day = datetime.now(UTC).date().isoformat()
    parts = [HEAD.format(day=day), "\n".join(named), ""]
    lacking = 0
    for heading, rows in tables():
        sys.stderr.write(f"netsig: {heading}\n")
        measured = [measure(rows, name) for name in DETECTORS]
        parts.append(shown(heading, rows, measured))
        lacking += sum(one.found < one.expected for row in measured[0] for one in row)
    text = "\n".join(parts)
    sys.stdout.write(text) if path is None else path.write_text(text, "utf-8")
    return int(lacking > 0)


def measure(rows: list[Row], name: str) -> list[list[Tally]]:
    """Return what a detector finds of each row's captures, a tally a scenario."""
    detector, argument = detector_named(name)
    with tempfile.TemporaryDirectory(prefix="netsig-matrix-") as directory:
        made = [
            made_of(row, scenario, Path(directory, f"{number}-{scenario}"))
            for number, row in enumerate(rows)
            for scenario in row.scenarios
        ]
        results = iter(examine_all(detector, argument, made))
        return [[tally(next(results)) for _ in row.scenarios] for row in rows]


def made_of(row: Row, scenario: str, directory: Path) -> Capture:
    """Make the capture of a scenario, with its messages as labels."""
    (found,) = make.scenarios_named([scenario])
    played = make.record(found)
    recording = varied(over_ipv6(played) if row.ipv6 else played, row.variant)
    directory.mkdir()
    stem = directory / scenario
    files = capture(recording, row.variant, stem)
    files += make.tell(recording, stem, make.Order(row.variant, ()))
    chosen = {kind: one for kind, one in asdict(row.variant).items() if one}
    entry = {"scenario": scenario, "variant": chosen, "files": make.digests(files)}
    (directory / make.MANIFEST).write_text(make.manifest([entry]), "utf-8")
    (made,) = captures(directory)
    due = tuple(label for label in made.labels if label.kind == MESSAGE)
    return replace(made, labels=due)


def over_ipv6(recording: Recording) -> Recording:
    """Return *recording* between other addresses: its own, in IPv6."""

    def moved(host: Host) -> Host:
        prefix = "fd20::" if host.inside else "2001:218::"
        return replace(host, ip=prefix + host.ip.rpartition(".")[2])

    def carried(flow: Flow) -> Flow:
        ends = flow.client, flow.server
        client, server = (replace(end, host=moved(end.host)) for end in ends)
        return replace(flow, client=client, server=server)

    return replace(recording, flows=list(map(carried, recording.flows)))


def tally(result: Result) -> Tally:
    """Count the messages of a result."""
    score = result.score
    false = sum(one.kind == MESSAGE for one in score.false)
    return Tally(len(score.found), score.expected, false)


def shown(heading: str, rows: list[Row], measured: list[list[list[Tally]]]) -> str:
    """Write a table as Markdown."""
    lines = [
        f"## {heading}",
        "",
        "| | | " + " | ".join(f"`{name}`" for name in DETECTORS) + " |",
        "|---" * 5 + "|",
    ]
    for number, row in enumerate(rows):
        cells = [", ".join(map(str, column[number])) for column in measured]
        lines.append(f"| `{row.name}` | {row.title} | " + " | ".join(cells) + " |")
    return "\n".join([*lines, ""])


if __name__ == "__main__":
    sys.exit(main())
