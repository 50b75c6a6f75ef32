"""One segment of a followed flow, out of its columns."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from sensor.streams.sequence import MODULUS

FIN: Final = 0x01
SYN: Final = 0x02
RST: Final = 0x04
ACK: Final = 0x10
CONTROL: Final = FIN | SYN | RST


@dataclass(frozen=True, slots=True)
class Packet:
    """What a followed flow needs to know of a segment."""

    side: int
    "Which end of the flow sent it."
    seq: int
    ack: int
    flags: int
    data: bytes
    missing: int
    "Payload bytes cut by the snaplen."
    ts_ns: int
    number: int
    file: str
    wakes: bool
    "Whether a signature stands in it."

    @property
    def data_seq(self) -> int:
        """Sequence number of the first payload byte; a SYN takes one before it."""
        return (self.seq + 1) % MODULUS if self.flags & SYN else self.seq

    @property
    def end_seq(self) -> int:
        """Sequence number after the last payload byte."""
        return (self.data_seq + len(self.data) + self.missing) % MODULUS

    @property
    def is_control(self) -> bool:
        """Whether it opens or ends a connection."""
        return bool(self.flags & CONTROL)

    @property
    def is_opening(self) -> bool:
        """Whether it is a SYN without ACK."""
        return self.flags & (SYN | ACK) == SYN

    @property
    def is_answer(self) -> bool:
        """Whether it is a SYN/ACK."""
        return self.flags & (SYN | ACK) == SYN | ACK
