"""Ordered bytes to observations: one decoder per direction and reading of a flow.

In: Chunk and Closed from streams.  Out: Observation.  Where contradicting copies of
bytes gave a flow other readings, only what they add is told.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from decoders.datagrams import DatagramDecoder
from decoders.messages import Found, Message
from decoders.stream import StreamDecoder
from sensor import limits
from sensor.types import UDP, Chunk, Closed, Flow, Observation, Stats


@dataclass(slots=True)
class Dialogue:
    """The decoders of one flow, by side and reading, and what they found."""

    decoders: dict[tuple[int, int], StreamDecoder] = field(default_factory=dict)
    told: list[tuple[int, Message]] = field(default_factory=list)
    "The latest messages with their side, for readings to be compared with."
    quiet: int = 0
    "Bytes, of both directions, since the last message."

    def decoder(self, side: int, reading: int) -> StreamDecoder:
        """Return the decoder of one direction, new if need be."""
        decoder = self.decoders.get((side, reading))
        if decoder is None:
            decoder = self.decoders[side, reading] = StreamDecoder()
            self._introduce()
        return decoder

    def _introduce(self) -> None:
        """Let the decoders of both directions know of each other."""
        for (own, _), decoder in self.decoders.items():
            decoder.peer = decoder.peer or self.decoders.get((1 - own, 0))

    def receive(self, chunk: Chunk) -> Iterator[Found]:
        """Decode the next bytes of a direction, and let the other end be heard."""
        self.quiet += len(chunk.data)
        decoder = self.decoder(chunk.side, chunk.reading)
        for found in decoder.receive(chunk.data, chunk.lost):
            self.quiet = 0
            if self.is_new(chunk.side, chunk.reading, found):
                yield found
        if decoder.asked:
            self.decoder(1 - chunk.side, 0).listen(*decoder.asked)
            decoder.asked = None

    @property
    def is_quiet(self) -> bool:
        """Whether nothing of interest was said for long, and nothing is awaited."""
        if self.quiet < limits.REST_BYTES:
            return False
        if any(one.listening for one in self.decoders.values()):
            return self.quiet >= limits.ANSWER_BYTES
        return not any(one.waiting for one in self.decoders.values())

    def is_new(self, side: int, reading: int, found: Found) -> bool:
        """Tell whether *found* was not told by another reading; note it."""
        known = (side, found.message) in self.told
        self.told.append((side, found.message))
        del self.told[: -limits.OVERLAP_MESSAGES]
        return reading == 0 or not known


class Dissector:
    """Decodes what followed flows say."""

    def __init__(self, stats: Stats) -> None:
        self._stats = stats
        self._dialogues: dict[Flow, Dialogue] = {}
        self._pairs: dict[Flow, DatagramDecoder] = {}
        "The decoders of UDP endpoints."

    def take(self, chunk: Chunk) -> Iterator[Observation]:
        """Decode the next bytes of a direction."""
        if chunk.flow.proto == UDP:
            pair = self._pairs.setdefault(chunk.flow, DatagramDecoder())
            for side, found in pair.receive(chunk.side, chunk.data):
                yield _observation(chunk.flow, side, found, chunk)
            return
        dialogue = self._dialogues.setdefault(chunk.flow, Dialogue())
        for found in dialogue.receive(chunk):
            yield _observation(chunk.flow, chunk.side, found, chunk)

    def close(self, closed: Closed) -> Iterator[Observation]:
        """Decode what is left of a flow that is over."""
        yield from self._close_pair(closed)
        dialogue = self._dialogues.pop(closed.flow, Dialogue())
        for (side, reading), decoder in dialogue.decoders.items():
            for found in decoder.close():
                if dialogue.is_new(side, reading, found):
                    yield _observation(closed.flow, side, found, closed)
            self._count(decoder.dropped)

    def _close_pair(self, closed: Closed) -> Iterator[Observation]:
        pair = self._pairs.pop(closed.flow, None)
        if pair is None:
            return
        for side, found in pair.close():
            yield _observation(closed.flow, side, found, closed)
        self._count(pair.dropped)

    def _count(self, dropped: Mapping[str, int]) -> None:
        for reason, count in dropped.items():
            self._stats.add(f"decoders.{reason}", count)

    def is_quiet(self, flow: Flow) -> bool:
        """Tell whether a flow has said nothing of interest for REST_BYTES."""
        dialogue = self._dialogues.get(flow)
        return dialogue is not None and dialogue.is_quiet

    def forget(self, flow: Flow) -> None:
        """Let go of what a flow said lately: it is looked at no more for a while."""
        for decoder in self._dialogues[flow].decoders.values():
            decoder.forget()


def _observation(
    flow: Flow, side: int, found: Found, at: Chunk | Closed
) -> Observation:
    flags = flow.flags | ({"truncated"} if found.truncated else set())
    return Observation(
        flow, side, found, at.ts_ns, at.packet, at.file, frozenset(flags)
    )
