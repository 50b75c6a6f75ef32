"""How a TCP connection came about, step by step (RFC 9293 3.5).

What the packets show is collected first and told after, so that it does not matter
in which order they were captured.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from sensor import limits
from sensor.streams.packet import ACK, RST, Packet
from sensor.types import Connection, Flow


@dataclass(slots=True)
class Opening:
    """The handshake of one flow, as far as it was seen."""

    flow: Flow
    syn: Packet | None = None
    answer: Packet | None = None
    "The SYN/ACK."
    acks: list[Packet | None] = field(default_factory=lambda: [None, None])
    "The first segment after the handshake, per side."
    resets: list[Packet | None] = field(default_factory=lambda: [None, None])
    "The first reset, per side."
    told: set[str] = field(default_factory=set)
    "Steps that were told."

    @property
    def seen(self) -> bool:
        """Whether any part of the handshake was."""
        return self.syn is not None or self.answer is not None

    def take(self, packet: Packet) -> None:
        """Note what *packet* does for the handshake."""
        side = packet.side
        if packet.is_opening:
            self.syn = self.syn or packet
            self._client_is(self.syn.side)
        elif packet.is_answer:
            self.answer = self.answer or packet
            self._client_is(1 - self.answer.side)
        elif packet.flags & RST:
            self.resets[side] = self.resets[side] or packet
        elif packet.flags & ACK:
            self.acks[side] = self.acks[side] or packet

    def _client_is(self, side: int) -> None:
        if self.flow.client_by != "handshake":
            self.flow.client, self.flow.client_by = side, "handshake"

    def steps(self, now_ns: int) -> Iterator[Connection]:
        """Tell the steps that were made and not told yet."""
        for what, packet, reason in self._made(now_ns):
            if packet is not None and what not in self.told:
                self.told.add(what)
                at = packet.ts_ns, packet.number, packet.file
                yield Connection(self.flow, what, *at, reason)

    def _made(self, now_ns: int) -> Iterator[tuple[str, Packet | None, str]]:
        yield "attempt", self.syn, ""
        yield "acknowledged", self.answer, ""
        client = self.flow.client
        if client is None or not self.seen or "failed" in self.told:
            return
        if self.answer is not None and self.acks[client] is not None:
            yield "success", self.acks[client], ""
        elif self.resets[1 - client] is not None and "success" not in self.told:
            yield "failed", self.resets[1 - client], "refused"
        elif self._is_unanswered(now_ns):
            yield "failed", self.syn, "unanswered"

    def _is_unanswered(self, now_ns: int) -> bool:
        if self.syn is None or self.answer is not None:
            return False
        return now_ns - self.syn.ts_ns >= limits.UNANSWERED_NS
