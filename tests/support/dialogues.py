"""What is found in a dialogue of two ends, however their words are cut."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from decoders import ntlmssp
from decoders.carrier import Answer
from decoders.messages import Found, Message
from sensor.dissector import Dissector
from sensor.types import TCP, Chunk, Closed, Endpoint, Flow, Stats

C, S = 0, 1
"Client and server."
Turns = Iterable[tuple[int, bytes]]


def heard(
    turns: Turns, size: int | None = None, proto: int = TCP
) -> list[tuple[int, Found]]:
    """Return what is found in *turns*, each said in pieces of *size* bytes, by side."""
    ends = (Endpoint("192.0.2.1", 50000), Endpoint("192.0.2.2", 5000))
    flow = Flow(key=1, proto=proto, ends=ends, file="", community_id="")
    dissector = Dissector(Stats())
    seen = [
        one
        for number, (side, data) in enumerate(_pieces(turns, size))
        for one in dissector.take(Chunk(flow, side, 0, data, 0, number, number, ""))
    ]
    seen += dissector.close(Closed(flow, "fin", 0, 0, ""))
    return [(one.side, one.found) for one in seen]


def found(turns: Turns, size: int | None = None, proto: int = TCP) -> list[Found]:
    """Return what is found in *turns*, whoever says it."""
    return [one for _, one in heard(turns, size, proto)]


def told(turns: Turns, size: int | None = None, proto: int = TCP) -> list[object]:
    """Return carrier and NTLM type of each message, and the Answers."""
    return [_told(one.carrier, one.message) for one in found(turns, size, proto)]


def _told(carrier: str, message: Message) -> object:
    if isinstance(message, Answer):
        return message
    return carrier, ntlmssp.TYPES[type(message)]  # type: ignore[index]


def _pieces(turns: Turns, size: int | None) -> Iterator[tuple[int, bytes]]:
    for side, data in turns:
        step = size or len(data) or 1
        for at in range(0, len(data), step):
            yield side, data[at : at + step]
