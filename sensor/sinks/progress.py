"""A progress bar on standard error while captures are read."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from rich.console import Console
from rich.live import Live
from rich.progress_bar import ProgressBar
from rich.table import Table

from sensor.types import Stats

RECORD_HEADER: Final = 16
"Bytes before each record of a pcap, which capture.bytes leaves out."
_COMPRESSED: Final = (b"\x1f\x8b", b"\x28\xb5\x2f\xfd")  # gzip, zstd


@contextmanager
def shown(paths: Sequence[str], stats: Stats) -> Iterator[None]:
    """Show how much of *paths* is read, by the counters of *stats*, until done."""
    total = size(paths)
    console = Console(stderr=True)
    with Live(
        get_renderable=lambda: _bar(stats, total),
        console=console,
        transient=True,
        refresh_per_second=4,
    ):
        yield


def size(paths: Sequence[str]) -> int | None:
    """Return the bytes to read, None if nobody can know (pipes, compressed files)."""
    files = [file for path in paths for file in _files(Path(path))]
    if not files or not all(_plain(file) for file in files):
        return None
    return sum(file.stat().st_size for file in files)


def _files(path: Path) -> list[Path]:
    return [f for f in path.rglob("*") if f.is_file()] if path.is_dir() else [path]


def _plain(file: Path) -> bool:
    if not file.is_file():
        return False
    try:
        with file.open("rb") as stream:
            return not stream.read(4).startswith(_COMPRESSED)
    except OSError:  # reading it will say why
        return False


def _bar(stats: Stats, total: int | None) -> Table:
    packets, captured = stats.counts["capture.packets"], stats.counts["capture.bytes"]
    done = captured + packets * RECORD_HEADER
    line = Table.grid(padding=(0, 1))
    bar = ProgressBar(total=total, completed=done, pulse=total is None, width=40)
    line.add_row(bar, f"{done / 1e6:,.0f} MB", f"{packets:,} packets")
    return line
