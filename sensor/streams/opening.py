"""How a TCP connection came about, step by step (RFC 9293 3.5)."""

from __future__ import annotations

from dataclasses import dataclass, field

from sensor import limits
from sensor.streams.packet import RST, Packet
from sensor.types import Connection, Flow


@dataclass(slots=True)
class Opening:
    """The handshake of one flow, as far as it was seen."""

    flow: Flow
    syn_ns: int | None = None
    "When the first SYN was sent; None while none was seen."
    answered: bool = False
    "Whether a SYN/ACK was seen."
    settled: bool = False
    "Whether the connection is known to have succeeded or failed."
    steps: list[Connection] = field(default_factory=list)
    "Steps nobody was told yet."

    @property
    def seen(self) -> bool:
        """Whether any part of the handshake was."""
        return self.answered or self.syn_ns is not None

    def take(self, packet: Packet) -> None:
        """Note what *packet* does for the handshake."""
        if packet.is_opening:
            self._attempted(packet)
        elif packet.is_answer:
            self._acknowledged(packet)
        elif packet.flags & RST:
            if self.syn_ns is not None and packet.side != self.flow.client:
                self._settle("failed", packet, "refused")
        elif self.answered and packet.side == self.flow.client:
            self._settle("success", packet)

    def unanswered(self, now_ns: int, last: Packet) -> None:
        """Call the attempt failed if nobody has answered it for long enough."""
        if self.syn_ns is None or self.answered:
            return
        if now_ns - self.syn_ns >= limits.UNANSWERED_NS:
            self._settle("failed", last, "unanswered")

    def _attempted(self, packet: Packet) -> None:
        if self.syn_ns is None:
            self.syn_ns = packet.ts_ns
            self._client_is(packet.side)
            self._step("attempt", packet)

    def _acknowledged(self, packet: Packet) -> None:
        if not self.answered:
            self.answered = True
            self._client_is(1 - packet.side)
            self._step("acknowledged", packet)

    def _client_is(self, side: int) -> None:
        if self.flow.client_by != "handshake":
            self.flow.client, self.flow.client_by = side, "handshake"

    def _settle(self, what: str, packet: Packet, reason: str = "") -> None:
        if not self.settled:
            self.settled = True
            self._step(what, packet, reason)

    def _step(self, what: str, packet: Packet, reason: str = "") -> None:
        step = Connection(
            self.flow, what, packet.ts_ns, packet.number, packet.file, reason
        )
        self.steps.append(step)
