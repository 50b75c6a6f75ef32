"""A row a minute that says the sensor lives, and what it saw, refused and lost since.

It is a table of its own, so that no hunt in Defender's tables meets it:
`NetsigHeartbeat | where Packets == 0` finds a feed that has run dry.
"""

from __future__ import annotations

import platform
import threading
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from typing import Final

from sensor.schema.fields import text
from sensor.schema.times import timestamp
from sensor.types import Sink, Stats

TABLE: Final = "NetsigHeartbeat"
COLUMNS: Final = {
    "Timestamp": "datetime",
    "SensorName": "string",
    "Version": "string",
    "UptimeSeconds": "long",
    "Seconds": "real",
    "Packets": "long",
    "Bytes": "long",
    "NewestPacket": "datetime",
    "Counted": "string",
    "Total": "string",
}
"With their KQL types; the last two hold JSON."
BEAT_SECONDS: Final = 60.0
_SEEN: Final = ("capture.packets", "capture.bytes")


class Heart:
    """Makes one row a beat; remembers what was counted up to the last one."""

    def __init__(self, stats: Stats) -> None:
        self._stats = stats
        self._told = Counter(dict(stats.counts))
        self._begun = self._last = time.monotonic()
        self._name = platform.node()
        self._version = version()

    def beat(self) -> dict[str, object]:
        """Return the row of this moment."""
        steady, counts = time.monotonic(), Counter(dict(self._stats.counts))
        since, self._told = counts - self._told, counts
        seconds, self._last = steady - self._last, steady
        newest = self._stats.newest_ns
        return {
            "Timestamp": timestamp(time.time_ns()),
            "SensorName": self._name,
            "Version": self._version,
            "UptimeSeconds": round(steady - self._begun),
            "Seconds": round(seconds, 3),
            "Packets": since["capture.packets"],
            "Bytes": since["capture.bytes"],
            "NewestPacket": timestamp(newest) if newest else None,
            "Counted": text({k: v for k, v in sorted(since.items()) if k not in _SEEN}),
            "Total": text(dict(sorted(counts.items()))),
        }


@contextmanager
def beating(stats: Stats, sinks: Sequence[Sink]) -> Iterator[None]:
    """Give *sinks*, which take rows from any thread, a row each BEAT_SECONDS."""
    heart, ended = Heart(stats), threading.Event()

    def beat() -> None:
        while not ended.wait(BEAT_SECONDS):
            row = heart.beat()
            for sink in sinks:
                with suppress(BrokenPipeError):  # whoever writes rows is told too
                    sink.write(TABLE, row)

    thread = threading.Thread(target=beat, name="netsig-heartbeat", daemon=True)
    thread.start()
    try:
        yield
    finally:
        ended.set()
        thread.join()


def version() -> str:
    """Return the version that is installed, or nothing."""
    try:  # takes 20 ms, which a single pass need not spend
        from importlib import metadata

        return metadata.version("netsig")
    except ImportError:  # not installed, or not to be read by whom root became
        return ""
