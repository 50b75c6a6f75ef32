"""What the decoders of a flow find, however its two directions are cut."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from decoders.messages import Found
from sensor.dissector import Dialogue
from sensor.types import TCP, Chunk, Endpoint, Flow

Talk = Sequence[tuple[int, bytes]]
"Sides (0 is the client) and what they say, in turn."


def heard(talk: Talk, size: int = 1 << 16) -> list[tuple[int, Found]]:
    """Let two ends talk in segments of *size* bytes; give what is found, by side."""
    dialogue = Dialogue()
    found = [
        (chunk.side, one)
        for chunk in _chunks(talk, size)
        for one in dialogue.receive(chunk)
    ]
    ends = dialogue.decoders.items()
    return found + [(side, one) for (side, _), end in ends for one in end.close()]


def _chunks(talk: Talk, size: int) -> Iterator[Chunk]:
    ends = (Endpoint("192.0.2.1", 50000), Endpoint("192.0.2.2", 49152))
    flow = Flow(key=1, proto=TCP, ends=ends, file="a.pcap", community_id="1:abc=")
    for side, words in talk:
        for start in range(0, len(words), size):
            data = words[start : start + size]
            yield Chunk(flow, side, 0, data, 0, ts_ns=0, packet=1, file="a.pcap")
