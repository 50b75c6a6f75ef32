"""One JSON line a row, in the envelope of Defender's streaming API."""

from __future__ import annotations

from typing import Final, TextIO

from sensor.sinks.text import json_line

_CATEGORY: Final = "AdvancedHunting-"


class JsonLines:
    """Writes rows to an open text stream."""

    name = "jsonl"

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream

    def write(self, table: str, row: dict[str, object]) -> None:
        """Write one row of *table* as a line."""
        self._stream.write(json_line(envelope(table, row)))

    def close(self) -> None:
        """Flush; the stream stays open."""
        self._stream.flush()


def envelope(table: str, row: dict[str, object]) -> dict[str, object]:
    """Return *row* as Defender streams it.

    Defender's `time` is when the service received the row; ours is the row's own
    Timestamp, so that the same capture always gives the same lines.
    """
    return {
        "time": row["Timestamp"],
        "operationName": "Publish",
        "category": _CATEGORY + table,
        "properties": row,
    }
