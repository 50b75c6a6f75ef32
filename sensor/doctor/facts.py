"""What there is to know of a feed before it is judged."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field

from sensor.doctor.streams import Sides
from sensor.types import Damage


@dataclass(slots=True)
class Facts:
    """Counts over some seconds of a feed."""

    packets: int = 0
    bytes: int = 0
    first_ns: int = 0
    last_ns: int = 0
    "Earliest and latest packet; nanoseconds since 1970."
    now_ns: int = 0
    "The clock of whoever looks."
    is_live: bool = False
    "Whether packets are of now, by the clock of whoever captures them."
    back_ns: int = 0
    "The farthest a packet's time lay behind an earlier one's, in nanoseconds."
    back_packet: str = ""
    "Where that was."
    truncated: int = 0
    longest_cut: int = 0
    "Bytes that were captured of the packet that was cut least."
    largest: int = 0
    "Bytes on the wire of the largest frame."
    large: int = 0
    "Frames larger than any Ethernet carries."
    sides: Sides = field(default_factory=Sides)
    data_segments: int = 0
    copies: int = 0
    stream_bytes: int = 0
    hole_bytes: int = 0
    smb_port_packets: int = 0
    events: Counter[str] = field(default_factory=Counter)
    "By kind of event."
    counts: Counter[str] = field(default_factory=Counter)
    "What the sensor counted while it looked."
    damaged: list[Damage] = field(default_factory=list)

    @property
    def seconds(self) -> float:
        """How long the feed was looked at, by its packets' times."""
        return (self.last_ns - self.first_ns) / 1e9
