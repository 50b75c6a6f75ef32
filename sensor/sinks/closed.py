"""Files that are full: named, compressed, and deleted when it is time.

`<table>.<number>.<time>.jsonl.gz`, where the number counts on and the time, in UTC,
says when the file was closed. A thread of its own compresses, for that takes seconds.
"""

from __future__ import annotations

import gzip
import os
import re
import shutil
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from sensor.limits import CLOCK_STEP_SECONDS, CLOCK_TRUST_SECONDS
from sensor.types import Stats

SUFFIX: Final = ".gz"
_NAME: Final = re.compile(r"(\w+)\.(\d{8,})\.\d{8}T\d{6}Z\.jsonl(\.gz)?")


@dataclass(frozen=True, slots=True)
class ClosedFile:
    """One closed file."""

    path: Path
    number: int
    packed: bool


def closed_files(folder: Path) -> list[ClosedFile]:
    """List the closed files in *folder*, oldest first."""
    matches = [(path, _NAME.fullmatch(path.name)) for path in folder.iterdir()]
    found = [ClosedFile(p, int(m[2]), bool(m[3])) for p, m in matches if m]
    return sorted(found, key=lambda file: (file.number, file.path.name))


def next_name(folder: Path, table: str, now: float) -> Path:
    """Return where the file of *table* goes that is closed *now* (seconds, 1970)."""
    files = closed_files(folder)
    number = files[-1].number + 1 if files else 1
    moment = time.strftime("%Y%m%dT%H%M%SZ", time.gmtime(now))
    return folder / f"{table}.{number:08d}.{moment}.jsonl"


def pack(path: Path) -> None:
    """Compress *path* and remove it; what is half done is never taken for a file.

    Raises OSError, for want of room for instance; *path* then stays.
    """
    packed = path.with_name(path.name + SUFFIX)
    half = path.with_name(f".{path.name}.new")
    try:
        handle = os.open(half, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with path.open("rb") as source, os.fdopen(handle, "wb") as raw:
            with gzip.GzipFile(path.name, "wb", 6, raw, path.stat().st_mtime) as target:
                shutil.copyfileobj(source, target, 1 << 20)
            raw.flush()
            os.fsync(raw.fileno())
        shutil.copystat(path, half)
        half.replace(packed)
    except OSError:
        half.unlink(missing_ok=True)
        raise
    path.unlink()


def tidy(folder: Path) -> None:
    """Remove what a run that was killed while it packed left behind."""
    for path in folder.glob(".*.jsonl.new"):
        path.unlink(missing_ok=True)
    for file in closed_files(folder):
        if not file.packed and file.path.with_name(file.path.name + SUFFIX).exists():
            file.path.unlink(missing_ok=True)


def expired(folder: Path, most_bytes: int, oldest: float) -> list[Path]:
    """List closed files last written before *oldest*, and the oldest beyond a size."""
    out, total = [], 0
    for file in reversed(closed_files(folder)):
        seen = file.path.stat()
        total += seen.st_size
        if total > most_bytes or seen.st_mtime < oldest:
            out.append(file.path)
    return out


class Clock:
    """Tells whether the clock of the wall can be trusted to call a file old.

    After it was stepped it is not trusted for CLOCK_TRUST_SECONDS: somebody may yet
    set it right, and what was deleted does not come back.
    """

    def __init__(
        self,
        wall: Callable[[], float] = time.time,
        steady: Callable[[], float] = time.monotonic,
    ) -> None:
        self.steps = 0
        self._wall = wall
        self._steady = steady
        self._offset = wall() - steady()
        self._doubtful_until = steady()

    def oldest(self, keep_seconds: float) -> float:
        """Return the time before which files are too old; 0 while in doubt."""
        wall, steady = self._wall(), self._steady()
        if abs(wall - steady - self._offset) > CLOCK_STEP_SECONDS:
            self.steps += 1
            self._offset = wall - steady
            self._doubtful_until = steady + CLOCK_TRUST_SECONDS
        return 0 if steady < self._doubtful_until else wall - keep_seconds


class Closed:
    """Packs what is closed in *folder* and deletes what need not be kept."""

    def __init__(
        self, folder: Path, keep_bytes: int, keep_seconds: float, stats: Stats
    ) -> None:
        self._folder = folder
        self._keep_bytes = keep_bytes
        self._keep_seconds = keep_seconds
        self._stats = stats
        self._clock = Clock()
        self._due = threading.Event()
        self._stopped = False
        tidy(folder)

    def start(self) -> None:
        """Work from a thread of its own from now on."""
        threading.Thread(target=self._work, name="netsig-closed", daemon=True).start()

    def wake(self) -> None:
        """Say that there is something to do."""
        self._due.set()

    def stop(self) -> None:
        """End the thread when it is done with what it is at."""
        self._stopped = True
        self._due.set()

    def _work(self) -> None:
        while not self._stopped:
            self._due.wait()
            self._due.clear()
            self.turn()

    def turn(self) -> None:
        """Pack what is not packed, and delete what need not be kept.

        If there is no room to pack, what is deleted makes room for the next turn.
        """
        for act in (self._pack, self._delete):
            try:
                act()
            except OSError:
                self._stats.add("sinks.closed.failures")

    def _pack(self) -> None:
        for file in closed_files(self._folder):
            if not file.packed:
                pack(file.path)

    def _delete(self) -> None:
        oldest, steps = self._clock.oldest(self._keep_seconds), self._clock.steps
        self._stats.add(
            "sinks.closed.clock_steps",
            steps - self._stats.counts["sinks.closed.clock_steps"],
        )
        for path in expired(self._folder, self._keep_bytes, oldest):
            path.unlink(missing_ok=True)
            self._stats.add("sinks.closed.deleted_files")
