"""Batches built by hand from frames, for every test that needs one."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from sensor.types import Batch

GAP = b"\xaa" * 16
"Lies before each record, as pcap record headers do."


def batch_of(
    frames: Sequence[bytes],
    linktype: int | Sequence[int] = 1,
    wire_lens: Sequence[int] | None = None,
    ts: Sequence[int] | None = None,
) -> Batch:
    """Build the Batch that a capture of *frames* gives.

    *linktype* is one for all or one a frame, *wire_lens* defaults to the captured
    lengths, *ts* (nanoseconds) to one millisecond a packet from 2020-09-13.
    The last record ends where the buffer ends, as in a real read.
    """
    n = len(frames)
    lengths = np.array([len(frame) for frame in frames], np.int64)
    end = np.cumsum(lengths + len(GAP), dtype=np.int64)
    stamps = [1_600_000_000_000_000_000 + i * 1_000_000 for i in range(n)]
    return Batch(
        data=np.frombuffer(b"".join(GAP + frame for frame in frames), np.uint8),
        start=end - lengths,
        end=end,
        wire_len=lengths if wire_lens is None else np.array(wire_lens, np.int64),
        ts_ns=np.array(stamps if ts is None else ts, np.int64),
        linktype=np.broadcast_to(np.array(linktype, np.int32), (n,)).copy(),
        number=np.arange(1, n + 1, dtype=np.int64),
        file="test.pcap",
    )
