"""The summary as a person reads it; the only file that draws with rich.

Everything shown goes through `cell`: visible characters only, no markup.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from typing import TYPE_CHECKING, Final, TextIO

from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.table import Table
from rich.text import Text

from sensor.sinks.text import printable
from sensor.types import Stats

if TYPE_CHECKING:
    from sensor.sinks.console import AlertShown, Pair, PairKey

COLOURS: Final = {
    "High": "bold red",
    "Medium": "yellow",
    "Low": "cyan",
    "Informational": "dim",
}
_SEVERITIES: Final = tuple(COLOURS)
_MARGIN: Final = len("Informational")
_WIDTH: Final = 120
"Columns on paper, where no terminal says how many there are."
_SHOWN: Final = 200
"Characters of one cell."
_TOTALS: Final = ("capture.files", "capture.packets", "capture.bytes")


def show(
    stream: TextIO,
    alerts: dict[str, AlertShown],
    pairs: dict[PairKey, Pair],
    stats: Stats,
) -> None:
    """Write the whole summary to *stream*; colour only if that is a terminal."""
    width = None if stream.isatty() else _WIDTH
    console = Console(
        file=stream,
        width=width,
        highlight=False,
        markup=False,
        emoji=False,
        soft_wrap=True,  # a path that is cut in two cannot be copied
    )
    _read(console, stats)
    _alerts(console, alerts.values())
    _pairs(console, pairs)


def cell(text: object, style: str = "") -> Text:
    """Return *text* as it may be shown."""
    return Text(printable(text, _SHOWN), style)


def _read(console: Console, stats: Stats) -> None:
    packets, size = stats.counts["capture.packets"], stats.counts["capture.bytes"]
    files = _many(len(stats.files), "file")
    console.print(f"Read {files}: {_many(packets, 'packet')}, {_bytes(size)}.")
    for damage in stats.damaged:
        where = f"{damage.file}: offset {damage.offset}: {damage.reason}"
        rest = "read up to there" if damage.usable else "nothing read"
        console.print(Text(f"Damaged: {printable(where, 500)} ({rest})", "yellow"))
    rest_of = {n: c for n, c in sorted(stats.counts.items()) if n not in _TOTALS}
    if rest_of:
        told = ", ".join(f"{name} {count:,}" for name, count in rest_of.items())
        console.print(Text(f"Also counted: {printable(told, 2000)}", "dim"))


def _alerts(console: Console, alerts: Iterable[AlertShown]) -> None:
    alike: dict[tuple[object, ...], list[AlertShown]] = {}
    for alert in alerts:
        alike.setdefault(_subject(alert), []).append(alert)
    ranked = sorted(alike.values(), key=lambda same: _rank(same[0]))
    console.print()
    console.print(Text(_many(sum(map(len, ranked)), "alert"), "bold"))
    for same in ranked:
        _alert(console, same[0], len(same))


def _subject(alert: AlertShown) -> tuple[object, ...]:
    """Return what makes alerts one and the same to a person: what, and about whom."""
    who = ("DeviceName", "LocalIP", "RemoteIP", "AccountDomain", "AccountName")
    return alert.info["Title"], *(alert.entities.get(column) for column in who)


def _rank(alert: AlertShown) -> tuple[int, str]:
    return _SEVERITIES.index(alert.info["Severity"]), alert.info["Timestamp"]


def _alert(console: Console, alert: AlertShown, count: int) -> None:
    severity, who = alert.info["Severity"], alert.entities
    title = alert.info["Title"] + (f" (x{count})" if count > 1 else "")
    device = _named(who.get("DeviceName"), who.get("LocalIP"))
    margin = " " * _MARGIN
    console.print(
        cell(f"{severity:<{_MARGIN}}", COLOURS[severity]), cell(title, "bold")
    )
    console.print(margin, cell(f"{device} and {who.get('RemoteIP')}"))
    for reason in alert.reasons:
        console.print(margin, cell(f"- {reason}"))
    console.print(
        margin, cell(f"{alert.info['Timestamp']}, packet {alert.packet}", "dim")
    )


def _pairs(console: Console, pairs: dict[PairKey, Pair]) -> None:
    spoke = {key: pair for key, pair in pairs.items() if pair.names or pair.users}
    console.print()
    console.print(Text(f"{_many(len(spoke), 'pair')} of hosts negotiated", "bold"))
    if spoke:
        console.print(_table(spoke))
    silent = len(pairs) - len(spoke)
    if silent:
        console.print(f"{_many(silent, 'more pair')} of hosts only connected or tried.")


def _table(pairs: dict[PairKey, Pair]) -> Table:
    table = Table(box=SIMPLE_HEAD, pad_edge=False)
    table.add_column("Device", no_wrap=True)
    table.add_column("Remote", no_wrap=True)
    for heading in ("Port", "Seen", "Dialect", "User", "Ended"):
        table.add_column(heading, overflow="fold")
    for (name, local, remote, port), pair in sorted(pairs.items()):
        table.add_row(
            cell(_named(name, local)),
            cell(remote),
            cell(port),
            cell(_counted(pair.names), "cyan"),
            cell(_counted(pair.dialects)),
            cell(_counted(pair.users), "bold"),
            cell(_counted(pair.states)),
        )
    return table


def _named(name: object, address: object) -> str:
    return str(address) if name in (None, "", address) else f"{name} ({address})"


def _counted(counts: Counter[str]) -> str:
    return ", ".join(
        f"{name} x{count}" if count > 1 else name
        for name, count in counts.most_common()
        if name
    )


def _many(count: int, noun: str) -> str:
    return f"{count:,} {noun}" if count == 1 else f"{count:,} {noun}s"


def _bytes(count: int) -> str:
    size, units = float(count), ["bytes", "KB", "MB", "GB", "TB"]
    while size >= 1000 and len(units) > 1:
        size, units = size / 1000, units[1:]
    return f"{size:.1f} {units[0]}" if units[0] != "bytes" else f"{count} bytes"
