"""What lately passed by: whole segments for a while, then only telling ends.

A flow is found to be of interest by a needle somewhere in it, and by then its
handshake, the frame header before the needle or the half of a cut needle may be
past.  The last HISTORY_BATCHES batches are still there whole (nothing is copied).
Of what is older, only segments that are tiny, or whose end can begin a frame or a
needle, are kept: the IP header and the last bytes, in slots of a compact batch.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from typing import Final

import numpy as np

from sensor import limits
from sensor.columns.gather import gather
from sensor.streams.cuts import LEFT
from sensor.streams.joining import joined
from sensor.types import I64, TCP, U8, U64, Batch, Segments

IP_HEADER: Final = 40  # bytes: a whole IPv6 header, or an IPv4 header's addresses
TAIL: Final = 24  # bytes: a 4-byte frame header and the longest needle, and to spare
SLOT: Final = IP_HEADER + TAIL
NO_LINK: Final = -1  # link type of what is kept without its link layer
SHARE: Final = 16  # of what is kept at most, a piece that others were joined to has one
FRAME_HEADER: Final = 4  # bytes; a NetBIOS session header starts with 0 (RFC 1002 4.3)


class History:
    """Recent segments whole, older ones by their ends."""

    def __init__(self) -> None:
        self._recent: deque[Segments] = deque()
        self._tails: deque[Segments] = deque()
        self._tail_rows = 0

    def remember(self, segments: Segments) -> None:
        """Take in the newest *segments*; condense those about to be overwritten."""
        self._recent.append(segments)
        while len(self._recent) > limits.HISTORY_BATCHES:
            self._condense(self._recent.popleft())

    def of_flow(self, flow: int) -> Iterator[tuple[Segments, list[int]]]:
        """Give the whole segments of *flow* still there, oldest first."""
        yield from _rows_of(self._recent, flow)

    def tails_of(self, flow: int) -> Iterator[tuple[Segments, list[int]]]:
        """Give the remembered ends of older segments of *flow*, oldest first."""
        yield from _rows_of(self._tails, flow)

    def _condense(self, segments: Segments) -> None:
        rows = _telling(segments)
        if not len(rows):
            return
        self._tails.append(_compact(segments, rows))
        self._join_tiny()
        self._tail_rows += len(rows)
        while self._tail_rows > limits.HISTORY_TAIL_ROWS:
            self._tail_rows -= len(self._tails.popleft().row)

    def _join_tiny(self) -> None:
        """Join pieces until each is larger than the next: there are never many.

        Live, a batch may hold a few packets; each flow is looked up in all pieces.
        """
        while len(self._tails) > 1 and _is_tiny(self._tails[-2], self._tails[-1]):
            newer, older = self._tails.pop(), self._tails.pop()
            self._tails.append(joined(older, newer))


def _is_tiny(older: Segments, newer: Segments) -> bool:
    rows = len(older.row), len(newer.row)
    is_one_file = older.batch.file == newer.batch.file
    return (
        is_one_file
        and rows[0] <= 2 * rows[1]
        and sum(rows) <= limits.HISTORY_TAIL_ROWS // SHARE
    )


def _rows_of(kept: deque[Segments], flow: int) -> Iterator[tuple[Segments, list[int]]]:
    wanted: U64 = np.array(flow, np.uint64)
    for segments in kept:
        rows = np.flatnonzero(segments.flow == wanted)
        if len(rows):
            yield segments, rows.tolist()


def _telling(segments: Segments) -> I64:
    """Return the rows that end in what can begin a frame or a needle.

    Whatever is shorter than a frame header may be the middle of one.
    """
    some = np.flatnonzero((segments.length > 0) & (segments.proto == TCP))
    length = segments.length[some]
    # Headers lie before any payload, so reaching back stays inside the buffer.
    end = segments.payload[some] + length
    last = _octets(segments.batch.data, end - FRAME_HEADER, FRAME_HEADER)
    telling = LEFT[last[:, -1]] | (last == 0).any(axis=1) | (length < FRAME_HEADER)
    rows: I64 = some[telling]
    return rows


def _octets(data: U8, at: I64, size: int) -> U8:
    """Copy *size* octets from each offset: (n, size)."""
    items = gather(data, at, np.dtype(f"V{size}"))
    return items.view(np.uint8).reshape(-1, size)


def _compact(segments: Segments, rows: I64) -> Segments:
    data, length = segments.batch.data, segments.length[rows]
    kept = np.minimum(length, TAIL)
    end = segments.payload[rows] + length
    slots = np.empty((len(rows), SLOT), np.uint8)
    slots[:, :IP_HEADER] = _octets(data, segments.ip[rows], IP_HEADER)
    slots[:, IP_HEADER:] = _octets(data, end - TAIL, TAIL)
    at = np.arange(len(rows), dtype=np.int64) * SLOT
    of = segments.batch
    record = segments.row[rows]
    batch = Batch(
        data=slots.reshape(-1),
        start=at,
        end=at + SLOT,
        wire_len=of.wire_len[record],
        ts_ns=of.ts_ns[record],
        linktype=np.full(len(rows), NO_LINK, np.int32),
        number=of.number[record],
        file=of.file,
    )
    skipped = (length - kept).astype(np.uint32)
    return Segments(
        batch=batch,
        row=np.arange(len(rows), dtype=np.int64),
        ip=at,
        version=segments.version[rows],
        proto=segments.proto[rows],
        sport=segments.sport[rows],
        dport=segments.dport[rows],
        seq=segments.seq[rows] + skipped,
        ack=segments.ack[rows],
        flags=segments.flags[rows],
        payload=at + SLOT - kept,
        length=kept,
        missing=segments.missing[rows],
        flow=segments.flow[rows],
    )
