"""One direction of a TCP connection: segments in, contiguous bytes out.

Offsets count payload bytes from the first one (RFC 9293 3.4: the byte after the
SYN).  Segments may come in any order, twice, overlapping, cut by the snaplen or
not at all.  Where two copies of the same bytes differ, both readings are given.
"""

from __future__ import annotations

from bisect import insort
from dataclasses import dataclass, field
from operator import attrgetter
from typing import Final

from sensor import limits
from sensor.streams.sequence import HALF, MODULUS, distance

BEHIND_REST: Final = 1 << 22
# bytes that a segment seen after a rest may lie behind the last one before it
# (WAKE_PIECES of 64 KiB, and to spare); any other is ahead, whatever was left out


@dataclass(slots=True)
class Piece:
    """Payload bytes of one segment, at their place in the stream."""

    offset: int
    data: bytes
    missing: int
    "Bytes that follow in the stream and were cut by the snaplen."
    ack: int | None
    "Bytes of the other direction that the sender had, as a raw ack number."
    ts_ns: int
    packet: int
    file: str = ""
    wakes: bool = False
    "Whether a signature stands in it."

    @property
    def end(self) -> int:
        """Offset of the byte after this piece."""
        return self.offset + len(self.data) + self.missing


@dataclass(slots=True)
class Direction:
    """What one end has sent, and how much of it was handed on."""

    base: int | None = None
    "Sequence number of offset 0; None before the first segment."
    isn: int | None = None
    "Initial sequence number; None when no SYN was seen."
    next: int | None = None
    "Offset of the next byte to hand on; None before the first."
    waiting: list[Piece] = field(default_factory=list)
    "Pieces not handed on yet, by offset."
    held: int = 0
    "Bytes in waiting."
    recent: bytearray = field(default_factory=bytearray)
    "The last bytes handed on, to compare retransmissions with."
    alternatives: list[bytes] = field(default_factory=list)
    "Other readings of the recent bytes, for whoever drains this to take."
    lost: int = 0
    "Bytes passed over since the last piece was handed on."
    skipping: bool = False
    "Whether bytes from *next* on were left out on purpose, at rest."
    fin: int | None = None
    "Offset at which the stream ends; None while no FIN was seen."
    first_ack: int | None = None
    "The lowest acknowledgment number this end has sent."

    @property
    def start_known(self) -> bool:
        """Whether *next* is where the bytes that come will begin."""
        return self.next is not None and not self.skipping

    def synchronise(self, seq: int) -> None:
        """Learn the initial sequence number from a SYN; the first one counts."""
        if self.isn not in (None, seq):
            return
        self.isn = seq
        self._base_on((seq + 1) % MODULUS)
        if self.next is None:
            self.next = 0

    def answered(self, ack: int) -> None:
        """Learn the initial sequence number from the answer to a SYN not seen."""
        if self.isn is None and self.next is None:
            self.synchronise((ack - 1) % MODULUS)

    def _base_on(self, seq: int) -> None:
        """Move offset 0 to *seq*, keeping what waits in its place."""
        if self.base is not None and self.base != seq:
            shift = distance(seq, self.base)
            for piece in self.waiting:
                piece.offset += shift
            if self.next is not None:
                self.next += shift
            if self.fin is not None:
                self.fin += shift
        self.base = seq

    def offset_of(self, seq: int) -> int:
        """Place *seq* in the stream, near what is due next."""
        if self.base is None:
            self.base = seq
        near = self.next or 0
        behind = BEHIND_REST if self.skipping else HALF
        return near + distance((self.base + near) % MODULUS, seq, behind)

    def acknowledge(self, ack: int) -> None:
        """Note what this end says it has received."""
        if self.first_ack is None or distance(self.first_ack, ack) < 0:
            self.first_ack = ack

    def has_heard(self, ack: int | None) -> bool:
        """Tell whether *ack* acknowledges bytes sent since this end was first seen."""
        if ack is None or self.first_ack is None:
            return False
        return distance(self.first_ack, ack) > 0

    def add(self, piece: Piece) -> None:
        """Take in *piece*, to be handed on when its turn comes."""
        insort(self.waiting, piece, key=attrgetter("offset"))
        self.held += len(piece.data)

    def due(self) -> bool:
        """Tell whether the first waiting piece leaves no gap before it.

        While nobody knows where the stream begins, there may be one.
        """
        if not self.waiting or self.next is None:
            return False
        return self.waiting[0].offset <= self.next

    def take(self) -> Piece | None:
        """Hand on the first waiting piece, which is due.

        So it is, too, when the wait for what may come before it is given up.  Bytes
        that were handed on before are cut off, and None is returned when
        nothing is left; where they read differently this time, the other reading is
        noted in *alternatives*.
        """
        piece = self.waiting.pop(0)
        self.held -= len(piece.data)
        if self.next is None:
            self.next = piece.offset
        known = self.next - piece.offset
        if known:
            self._compare(piece)
        if piece.end <= self.next:
            return None
        if known:
            piece.missing -= max(0, known - len(piece.data))
            piece.data = piece.data[known:]
            piece.offset = self.next
        self._hand_on(piece)
        return piece

    def give_up(self, offset: int) -> int:
        """Pass over the bytes before *offset*; return how many went missing."""
        if self.next is None or offset <= self.next:
            return 0
        gap = offset - self.next
        self.next = offset
        self.lost += gap
        self.recent.clear()
        missing, self.skipping = 0 if self.skipping else gap, False
        return missing

    def skip(self) -> None:
        """Drop what is held; what comes next may lie anywhere ahead."""
        self.waiting.clear()
        self.held = 0
        self.recent.clear()
        self.skipping = True

    def _compare(self, piece: Piece) -> None:
        """Note the other reading if *piece* contradicts bytes handed on before."""
        due = self.next or 0
        window = due - len(self.recent)
        start, end = max(window, piece.offset), min(due, piece.offset + len(piece.data))
        if start >= end:
            return
        again = piece.data[start - piece.offset : end - piece.offset]
        if self.recent[start - window : end - window] == again:
            return
        self.alternatives.append(
            bytes(self.recent[: start - window]) + again + self.recent[end - window :]
        )

    def _hand_on(self, piece: Piece) -> None:
        self.next = piece.end
        self.skipping = False
        if piece.missing:
            self.recent.clear()
            return
        self.recent += piece.data
        excess = len(self.recent) - limits.OVERLAP_BYTES
        if excess > 0:
            del self.recent[:excess]
