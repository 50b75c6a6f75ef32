"""What one frame comes to: a segment's payload and gap, or the reason it is refused."""

from __future__ import annotations

from collections.abc import Sequence

from sensor.columns import Columns
from sensor.types import Stats
from tests.support.batches import batch_of


def payload_of(frame: bytes, linktype: int = 101, wire: int | None = None) -> object:
    """Give (payload, missing), or the name of the one counter that went up.

    The frame lies between two others of itself, so that a read past its end shows.
    """
    stats, lens = Stats(), None if wire is None else [wire] * 3
    (segments,) = Columns(stats).decode(batch_of([frame] * 3, linktype, lens))
    if not len(segments.row):
        ((name, count),) = stats.counts.items()
        assert count == 3, stats.counts
        return name.removeprefix("columns.rejected.")
    assert not stats.counts
    at, length = int(segments.payload[1]), int(segments.length[1])
    payload = segments.batch.data[at : at + length].tobytes()
    return payload, int(segments.missing[1])


def payloads(
    columns: Columns, frames: Sequence[bytes], linktype: int = 101
) -> list[bytes]:
    """Give the payloads of all segments that *frames* come to, in order."""
    return [
        segments.batch.data[at : at + length].tobytes()
        for segments in columns.decode(batch_of(frames, linktype))
        for at, length in zip(
            segments.payload.tolist(), segments.length.tolist(), strict=True
        )
    ]
