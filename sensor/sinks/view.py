"""How it goes, on a terminal, while it goes: rates, losses, negotiations, alerts.

Alerts scroll by and stay; below them a few lines are drawn again and again.
Everything shown goes through `cell`: visible characters only, no markup.
"""

from __future__ import annotations

import json
import time
from collections import deque
from collections.abc import Callable, Iterator
from typing import Any, Final, TextIO

from rich.console import Console, Group, RenderableType
from rich.live import Live
from rich.table import Table
from rich.text import Text

from sensor.sinks.summary import COLOURS, cell
from sensor.sinks.talks import Talk, Talks
from sensor.types import Stats

REDRAWN: Final = 4
"Times a second."
RATE_SECONDS: Final = 3.0
"Over which rates are taken, so that figures can be read."
SHOWN: Final = 8
"Negotiations on screen."
LOSSES: Final = ("drop", "lost", "evict", "unwritten", "failure", "freeze", "damaged")
"Parts of the names of counters that tell of a loss."


class Rates:
    """What a counter grew by a second, over the last RATE_SECONDS."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._seen: deque[tuple[float, int, int]] = deque()

    def of(self, packets: int, size: int) -> tuple[float, float]:
        """Return packets and bytes a second, given how many there are now."""
        now = self._clock()
        self._seen.append((now, packets, size))
        while len(self._seen) > 2 and self._seen[1][0] <= now - RATE_SECONDS:
            self._seen.popleft()
        begun, before, before_size = self._seen[0]
        seconds = now - begun
        if not seconds:
            return 0.0, 0.0
        return (packets - before) / seconds, (size - before_size) / seconds


class View:
    """A sink of Defender's rows that draws on the terminal *stream* until closed.

    *source* names what is watched. Use it from one thread; it draws from another.
    """

    name = "view"

    def __init__(self, stream: TextIO, stats: Stats, source: str) -> None:
        self._stats = stats
        self._source = source
        self._begun = time.monotonic()
        self._rates = Rates()
        self._talks = Talks(stats)
        self._alert: dict[str, Any] | None = None
        "The alert whose evidence is still to come."
        self._console = Console(
            file=stream, highlight=False, markup=False, emoji=False, soft_wrap=True
        )
        self._live = Live(
            get_renderable=self.draw,
            console=self._console,
            refresh_per_second=REDRAWN,
            transient=True,
        )
        self._live.start()

    def write(self, table: str, row: dict[str, Any]) -> None:
        """Take one row; an alert is shown at once."""
        if table == "AlertInfo":
            self._alert = row
        elif table == "AlertEvidence":
            self._evidence(row)
        elif table == "DeviceNetworkEvents":
            self._talks.take(row)

    def close(self) -> None:
        """Draw no more; alerts stay where they are."""
        self._live.stop()

    def draw(self) -> RenderableType:
        """Return the lines below the alerts, as they are now."""
        counts = dict(self._stats.counts)
        return Group(self._head(counts), _losses(counts), *self._negotiations())

    def _evidence(self, row: dict[str, Any]) -> None:
        """Show the alert with the first of its evidence, which has the reasons."""
        alert, self._alert = self._alert, None
        if alert is None:
            return
        severity, at = alert["Severity"], alert["Timestamp"][:19]
        line = Text.assemble(
            (f"{at}  ", "dim"),
            (f"{severity:<14}", COLOURS[severity]),
            cell(alert["Title"]),
        )
        self._console.print(line)
        for reason in json.loads(row["AdditionalFields"])["Netsig"]["Reasons"]:
            self._console.print(cell(f"{'':21}- {reason}", "dim"))

    def _head(self, counts: dict[str, int]) -> Text:
        packets = counts.get("capture.packets", 0)
        size = counts.get("capture.bytes", 0)
        rate, byte_rate = self._rates.of(packets, size)
        spent = int(time.monotonic() - self._begun)
        return Text.assemble(
            cell(self._source, "bold"),
            f"  {spent // 3600}:{spent // 60 % 60:02}:{spent % 60:02}",
            f"  {rate:,.0f} packets/s  {byte_rate / 1e6:,.1f} MB/s",
            (f"  {packets:,} packets in all", "dim"),
        )

    def _negotiations(self) -> Iterator[RenderableType]:
        talks = self._talks.under_way()
        if talks:
            yield _table("Negotiating", talks[:SHOWN])
        if len(talks) > SHOWN:
            yield Text(f"and {len(talks) - SHOWN:,} more", "dim")
        lately = list(self._talks.lately)
        if lately:
            yield _table("Lately", lately)


def _losses(counts: dict[str, int]) -> Text:
    lost = {n: c for n, c in sorted(counts.items()) if any(w in n for w in LOSSES)}
    if not lost:
        return Text("nothing lost", "green")
    told = ", ".join(f"{name} {count:,}" for name, count in lost.items())
    return Text.assemble(("lost: ", "bold red"), cell(told, "red"))


def _table(heading: str, talks: list[Talk]) -> Table:
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0))
    for title in (heading, "", "", "", ""):
        table.add_column(title, no_wrap=True, header_style="bold")
    for talk in talks:
        table.add_row(
            cell(talk.device),
            cell(talk.remote),
            cell(talk.name, "cyan"),
            cell(talk.state, "red" if talk.state == "failure" else ""),
            cell(talk.user, "bold"),
        )
    return table
