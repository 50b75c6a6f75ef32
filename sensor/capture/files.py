"""The captures a user names, in the order of their first packets."""

from __future__ import annotations

import os
import stat
import time
from collections.abc import Callable, Generator, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass
from io import FileIO
from pathlib import Path
from typing import Final

from sensor.capture.batches import Capture
from sensor.capture.formats import NotACaptureError, open_format
from sensor.capture.pool import Pool
from sensor.capture.remote import Raw, is_remote, open_remote
from sensor.capture.stream import Feed, Growing, Stream, unreadable
from sensor.errors import CaptureError
from sensor.limits import BATCH_BYTES, HISTORY_BATCHES
from sensor.types import Batch, Damage, Stats

STDIN: Final = "-"
PEEK_BYTES: Final = 1 << 16
"Bytes read of each file at a time, in search of its first packet."
FOLLOW_SECONDS: Final = 0.2
"Between two looks at a growing file; soon enough for a person who watches."


@dataclass(frozen=True, slots=True)
class Named:
    """A file to read, and how it came to be read."""

    path: str
    listed: bool
    "Found in a directory, so that it need not be a capture."

    @property
    def regular(self) -> bool:
        """Whether it can be read twice; pipes and devices cannot."""
        return self.path != STDIN and Path(self.path).is_file()


@dataclass(frozen=True, slots=True)
class Reading:
    """How captures are read, and where what happens to them is told."""

    stats: Stats
    pool: Pool
    wait: Callable[[], bool]


def pause() -> bool:
    """Wait a little for a growing file to grow; True: go on."""
    time.sleep(FOLLOW_SECONDS)
    return True


def open_captures(
    paths: Sequence[str],
    stats: Stats,
    *,
    follow: bool = False,
    wait: Callable[[], bool] = pause,
    batch_bytes: int = BATCH_BYTES,
) -> Iterator[Batch]:
    """Give the packets of all captures in *paths*, file after file.

    A path is a file, a directory (all captures in it and below), a FIFO, `-` for
    standard input, or a feed by network (`tcp://`, `tzsp://`, `vxlan://`). Files are
    taken in order of their first packet's time, what can
    be read only once comes last. With *follow* the last file is taken to grow: at
    its end *wait* is called, and reading goes on until that returns False or the
    iterator is closed. Nothing is raised for what the files hold: *stats* has the
    damage, with offsets in bytes of the (decompressed) capture, and the counters.
    """
    reading = Reading(stats, Pool(batch_bytes, HISTORY_BATCHES + 2), wait)
    files = in_time_order(find(paths, stats))
    for place, named in enumerate(files):
        growing = follow and named.regular and place == len(files) - 1
        yield from read_file(named, reading, growing)


def find(paths: Sequence[str], stats: Stats) -> list[Named]:
    """List the files in *paths*, each once, directories recursively and sorted."""
    found: dict[str, Named] = {}
    for path in paths:
        if path != STDIN and Path(path).is_dir():
            inside = [Named(name, listed=True) for name in files_below(path, stats)]
        else:
            inside = [Named(path, listed=False)]
        for named in inside:
            found.setdefault(os.path.realpath(named.path), named)
    return list(found.values())


def files_below(directory: str, stats: Stats) -> list[str]:
    """List the regular files below *directory*; what may not be listed is damage."""

    def refused(error: OSError) -> None:
        note(unreadable(str(error.filename), error), stats, usable=False)

    return sorted(
        path
        for root, _, names in os.walk(directory, onerror=refused)
        for path in (os.path.join(root, name) for name in names)  # noqa: PTH118
        if os.path.isfile(path)  # noqa: PTH113 - as os.walk gives them
    )


def in_time_order(files: list[Named]) -> list[Named]:
    """Sort by the time of the first packet; what has none known comes behind."""
    if len(files) < 2:
        return files
    return sorted(files, key=first_time)


def first_time(named: Named) -> tuple[int, int]:
    """Give a key to sort by: 0 and nanoseconds, 1 if unknown, 2 if read only once."""
    if not named.regular:
        return 2, 0
    peek = Reading(Stats(), Pool(PEEK_BYTES, 2), wait=lambda: False)
    with closing(read_file(named, peek, growing=False)) as batches:
        for batch in batches:
            return 0, int(batch.ts_ns[0])
    return 1, 0


def read_file(
    named: Named, reading: Reading, growing: bool
) -> Generator[Batch, None, None]:
    """Give the batches of one file; its damage, if any, goes to the stats."""
    stats = reading.stats
    before = stats.counts["capture.packets"]
    try:
        with open_raw(named.path, stats) as raw:
            capture = open_capture(raw, named.path, reading, growing)
            stats.files.append(named.path)
            stats.add("capture.files")
            yield from capture
    except NotACaptureError as error:
        if named.listed:
            stats.add("capture.not_captures")
            return
        note(error, stats, usable=False)
    except CaptureError as error:
        note(error, stats, usable=stats.counts["capture.packets"] > before)
    except OSError as error:
        note(unreadable(named.path, error), stats, usable=False)


def open_raw(path: str, stats: Stats) -> Raw:
    """Open *path* unbuffered: our own buffers are the only ones."""
    if is_remote(path):
        return open_remote(path, stats)
    return FileIO(0, closefd=False) if path == STDIN else FileIO(path)


def open_capture(raw: Raw, file: str, reading: Reading, growing: bool) -> Capture:
    """Recognise the format of *raw* and make it ready to give batches."""
    regular = stat.S_ISREG(os.fstat(raw.fileno()).st_mode)
    stream: Stream = Growing(raw, reading.wait) if growing else raw
    walker, stream = open_format(stream, file)
    return Capture(
        file,
        Feed(stream, file),
        walker,
        reading.pool,
        reading.stats,
        prompt=growing or not regular,
        growing=growing,
    )


def note(error: CaptureError, stats: Stats, usable: bool) -> None:
    """Record damage."""
    if not usable and error.file not in stats.files:
        stats.files.append(error.file)
    stats.add("capture.damaged_files")
    stats.damaged.append(Damage(error.file, error.offset, error.reason, usable))
