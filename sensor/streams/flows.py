"""One TCP connection: packets in as they come, bytes out as they were said.

A piece is handed on when its own direction has no gap before it and the other
direction has delivered all that the piece acknowledges.  So the order of packets in
the capture does not matter, only what they say of their order.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Final

from sensor import limits
from sensor.streams.handshakes import Step
from sensor.streams.opening import Opening
from sensor.streams.packet import ACK, FIN, RST, SYN, Packet
from sensor.streams.reassembly import Direction, Piece
from sensor.streams.sequence import MODULUS
from sensor.types import Chunk, Closed, Connection, Flow, Stats

SMB_PORTS: Final = (139, 445)
RST_WINDOW: Final = 1 << 20
# bytes; the peer ignores a reset farther from what is due next


@dataclass(slots=True, eq=False)
class Tracked:
    """A flow that is known, with what its two ends have sent."""

    flow: Flow
    stats: Stats
    opening: Opening
    sides: tuple[Direction, Direction] = field(
        default_factory=lambda: (Direction(), Direction())
    )
    readings: list[int] = field(default_factory=lambda: [0, 0])
    "Other readings opened, per side."
    resting: bool = False
    spare: int = 0
    "Bytes it may still say before it may rest: a message may be under way."
    confirmed: bool = False
    "Whether it is known to speak SMB or NTLM."
    last: Packet | None = None
    "The latest packet that was looked at."
    over: str = ""
    "How it ended (`fin`, `reset`), empty while it goes on."
    closed: bool = False
    "Whether nobody follows it any more."

    @property
    def last_ns(self) -> int:
        """When the latest packet was looked at; 0 before the first."""
        return self.last.ts_ns if self.last else 0

    @property
    def on_smb_port(self) -> bool:
        """Whether one end uses a port of SMB."""
        return any(end.port in SMB_PORTS for end in self.flow.ends)

    def ended(self, now_ns: int) -> str:
        """Tell how it came to its end by *now_ns*; empty while it has not."""
        silent_ns = now_ns - self.last_ns
        if self.over and silent_ns >= limits.LINGER_NS:
            return self.over
        patience = limits.RESTING_IDLE_NS if self.resting else limits.FLOW_IDLE_NS
        return "idle" if silent_ns >= patience else ""

    @property
    def held(self) -> int:
        """Bytes that wait for others before them."""
        return sum(side.held for side in self.sides)

    def reuses(self, packet: Packet) -> bool:
        """Tell whether *packet* opens a new connection between the same ports."""
        if not packet.is_opening:
            return False
        direction = self.sides[packet.side]
        if direction.isn is None:
            return direction.next is not None
        return direction.isn != packet.seq

    # --- packets in ---------------------------------------------------------------

    def take(self, packet: Packet) -> None:
        """Take in the next *packet*, in order of arrival."""
        self.last = packet
        self.opening.take(packet)
        direction = self.sides[packet.side]
        if packet.flags & SYN:
            direction.synchronise(packet.seq)
        if packet.flags & ACK:
            direction.acknowledge(packet.ack)
        if packet.is_answer:
            self.sides[1 - packet.side].answered(packet.ack)
        if (packet.data or packet.missing) and not self.resting:
            self.add(packet)
        if packet.flags & FIN:
            direction.fin = direction.offset_of(packet.end_seq)
            if all(side.fin is not None for side in self.sides):
                self.over = self.over or "fin"
        if packet.flags & RST and self._believes_reset(packet):
            self.over = self.over or "reset"

    def add(self, packet: Packet) -> None:
        """Take in only the payload of *packet*."""
        direction = self.sides[packet.side]
        piece = Piece(
            offset=direction.offset_of(packet.data_seq),
            data=packet.data,
            missing=packet.missing,
            ack=packet.ack if packet.flags & ACK else None,
            ts_ns=packet.ts_ns,
            packet=packet.number,
            file=packet.file,
            wakes=packet.wakes,
        )
        direction.add(piece)

    def _believes_reset(self, packet: Packet) -> bool:
        """Believe a reset only where the peer would (RFC 9293 3.10.7.4)."""
        direction = self.sides[packet.side]
        if self.opening.answer is None or not direction.start_known:
            return True
        astray = direction.offset_of(packet.seq) - (direction.next or 0)
        return abs(astray) <= RST_WINDOW

    def recall(self, syn: Step | None, answer: Step | None) -> None:
        """Learn of a handshake that is no longer there as packets."""
        for step, flags in ((syn, SYN), (answer, SYN | ACK)):
            if step is None:
                continue
            side = int(step.sport != self.flow.ends[0].port)
            packet = _bare_packet(step, side, flags, self.flow.file)
            self.opening.take(packet)
            self.sides[side].isn = step.seq

    # --- steps and bytes out ------------------------------------------------------

    def steps(self, now_ns: int) -> Iterator[Connection]:
        """Tell how the connection came about, each step once."""
        yield from self.opening.steps(now_ns)

    def chunks(self, now_ns: int, *, final: bool = False) -> Iterator[Chunk]:
        """Hand on what is due; pass over gaps that waited too long, or if *final*."""
        while not self.resting:
            side = self._due_side()
            if side is None and (final or self._overdue(now_ns)):
                side = self._pass_over()
            if side is None:
                return
            yield from self._hand_on(side)

    def _due_side(self) -> int | None:
        due = [side for side in (0, 1) if self.sides[side].due() and self._heard(side)]
        return min(due, key=self._head_packet, default=None)

    def _head_packet(self, side: int) -> tuple[int, int]:
        head = self.sides[side].waiting[0]
        return head.ts_ns, head.packet

    def _heard(self, side: int, *, patient: bool = True) -> bool:
        """Whether all that the head of *side* acknowledges was handed on.

        Where the other stream begins nobody may know; to be *patient* is to hold that
        what was acknowledged may be on its way.
        """
        acked = self._acked(side)
        if acked is None:
            alone = (
                self._is_alone(side, self.sides[side].waiting[0])
                and "one-sided" not in self.flow.flags
            )
            return not alone or not patient
        other = self.sides[1 - side]
        if other.start_known:
            return acked <= (other.next or 0)
        if other.waiting:
            return acked <= other.waiting[0].offset and not patient
        return other.skipping or not patient

    def _acked(self, side: int) -> int | None:
        """Offset in the other direction up to which the head of *side* has heard."""
        head, other = self.sides[side].waiting[0], self.sides[1 - side]
        if head.ack is None or other.base is None:
            return None
        acked = other.offset_of(head.ack)
        return acked if other.fin is None else min(acked, other.fin)

    def _overdue(self, now_ns: int) -> bool:
        waiting = [piece for side in self.sides for piece in side.waiting]
        if not waiting:
            return False
        return (
            self.held > limits.REORDER_BYTES
            or len(waiting) > limits.REORDER_PIECES
            or now_ns - min(piece.ts_ns for piece in waiting) > limits.REORDER_NS
        )

    def _pass_over(self) -> int | None:
        """Stop waiting for what comes before the earliest piece; say whose that is.

        One that waits only for its own direction goes first; then one behind a gap:
        others may wait only because they have heard of it.
        """
        waiting = [side for side in (0, 1) if self.sides[side].waiting]
        ready = [side for side in waiting if self._heard(side, patient=False)]
        gapped = [side for side in waiting if not self.sides[side].due()]
        side = min(ready or gapped or waiting, key=self._head_packet, default=None)
        if side is None:
            return None
        lost = self.sides[side].give_up(self.sides[side].waiting[0].offset)
        acked, other = self._acked(side), self.sides[1 - side]
        if acked is not None and not other.waiting:
            lost += other.give_up(acked)
        if lost:
            self.flow.flags.add("gap")
            self.stats.add("streams.gaps")
            self.stats.add("streams.lost_bytes", lost)
        return side

    def _hand_on(self, side: int) -> Iterator[Chunk]:
        direction = self.sides[side]
        piece = direction.take()
        for data in direction.alternatives:
            yield from self._other_reading(side, data)
        direction.alternatives.clear()
        if piece is None:
            return
        self._mark(side, piece)
        self.spare = limits.REST_BYTES if piece.wakes else self.spare - len(piece.data)
        lost, direction.lost = direction.lost, piece.missing
        for reading in sorted({0, self.readings[side]}):
            yield Chunk(
                self.flow,
                side,
                reading,
                piece.data,
                lost,
                piece.ts_ns,
                piece.packet,
                piece.file,
            )

    def _mark(self, side: int, piece: Piece) -> None:
        if piece.missing:
            self.flow.flags.add("truncated")
        if self.sides[side].isn is None:
            self.flow.flags.add("midstream")
        if self._is_alone(side, piece):
            self.flow.flags.add("one-sided")

    def _is_alone(self, side: int, piece: Piece) -> bool:
        """Whether the other end was heard, as *piece* tells, but never seen."""
        other = self.sides[1 - side]
        return other.base is None and self.sides[side].has_heard(piece.ack)

    def _other_reading(self, side: int, data: bytes) -> Iterator[Chunk]:
        self.flow.flags.add("overlap")
        self.stats.add("streams.overlaps")
        if self.readings[side] >= limits.OVERLAP_READINGS or self.last is None:
            self.stats.add("streams.overlaps_unread")
            return
        self.readings[side] += 1
        at = self.last
        reading = self.readings[side]
        yield Chunk(self.flow, side, reading, data, 0, at.ts_ns, at.number, at.file)

    # --- rest and end -------------------------------------------------------------

    def rest(self) -> None:
        """Stop looking at payload, unless a message may be under way."""
        waiting = [piece for side in self.sides for piece in side.waiting]
        if self.spare > 0 or any(piece.wakes for piece in waiting):
            return
        self.resting = True
        self.readings = [0, 0]
        for side in self.sides:
            side.skip()

    def close(self, how: str) -> Iterator[Closed]:
        """Say that the flow is over."""
        self.closed = True
        if self.last is not None:
            last = self.last
            how = self.over or how
            yield Closed(self.flow, how, last.ts_ns, last.number, last.file)


def _bare_packet(step: Step, side: int, flags: int, file: str) -> Packet:
    return Packet(
        side=side,
        seq=step.seq % MODULUS,
        ack=0,
        flags=flags,
        data=b"",
        missing=0,
        ts_ns=step.ts_ns,
        number=step.packet,
        file=file,
        wakes=False,
    )
