"""What two ends say to each other in turn, heard in pieces of any size."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from decoders.carrier import Answer
from decoders.messages import Message
from sensor.dissector import Dissector
from sensor.types import TCP, Chunk, Closed, Endpoint, Flow, Stats

Turn = tuple[int, bytes]
"Which side speaks (0 is the client), and what it says."


class Heard(NamedTuple):
    """A message, or an answer, and how it was told."""

    side: int
    carrier: str
    message: Message
    facts: dict[str, str]


def heard(turns: Sequence[Turn], size: int = 1 << 20) -> list[Heard]:
    """Hear *turns*, each in pieces of *size* bytes, to the end."""
    ends = (Endpoint("192.0.2.1", 50000), Endpoint("192.0.2.2", 9999))
    flow = Flow(key=1, proto=TCP, ends=ends, file="a", community_id="1:a=")
    dissector, told = Dissector(Stats()), []
    for side, data in turns:
        for at in range(0, len(data), size):
            chunk = Chunk(flow, side, 0, data[at : at + size], 0, 1, 1, "a")
            told += dissector.take(chunk)
    told += dissector.close(Closed(flow, "fin", 2, 2, "a"))
    return [
        Heard(one.side, one.found.carrier, one.found.message, dict(one.found.facts))
        for one in told
    ]


def answers(turns: Sequence[Turn], size: int = 1 << 20) -> list[Answer]:
    """Give the outcomes that are told in *turns*."""
    messages = [one.message for one in heard(turns, size)]
    return [one for one in messages if isinstance(one, Answer)]
