"""Compact batches put into one say what they said apart."""

from __future__ import annotations

import numpy as np

from sensor.columns import endpoints
from sensor.streams.joining import joined
from sensor.types import Segments
from tests.support.conversations import ELSEWHERE, Conversation, segments_of


def said(number: int, *payloads: bytes) -> Segments:
    talk = Conversation(("192.0.2.10", 49152 + number), ELSEWHERE)
    for payload in payloads:
        talk.say(0, payload)
    return segments_of(talk.packets, number)


def facts(segments: Segments) -> list[tuple[object, ...]]:
    """What each segment says, by whatever is read of it."""
    batch = segments.batch
    return [
        (
            endpoints(segments, row),
            batch.data[at : at + int(segments.length[row])].tobytes(),
            int(segments.seq[row]),
            int(segments.flow[row]),
            int(batch.ts_ns[segments.row[row]]),
            int(batch.number[segments.row[row]]),
        )
        for row, at in enumerate(segments.payload.tolist())
    ]


def test_segments_of_both_come_in_order() -> None:
    older, newer = said(1, b"one", b"two"), said(7, b"three")
    both = joined(older, newer)

    assert facts(both) == facts(older) + facts(newer)
    assert np.array_equal(both.batch.end - both.batch.start, both.batch.wire_len)
