"""The columns of transport headers, which TCP and UDP each fill for their rows."""

from __future__ import annotations

from dataclasses import dataclass

from sensor.types import I64, U8, U16, U32


@dataclass(frozen=True, slots=True)
class Headers:
    """Columns of n transport headers."""

    sport: U16
    dport: U16
    size: I64
    "(n,) bytes of the header."
    promised: I64
    "(n,) where the payload ends by what headers say; it may not be captured so far."
    seq: U32
    ack: U32
    flags: U8
