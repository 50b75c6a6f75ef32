"""UDP headers (RFC 768)."""

from __future__ import annotations

from typing import Any, Final

import numpy as np

from sensor.columns.gather import Rows, gather
from sensor.columns.headers import Headers
from sensor.types import I64, U8

HEADER: Final[np.dtype[Any]] = np.dtype(
    {"names": ["length"], "formats": [">u2"], "offsets": [4], "itemsize": 8}
)


def fill(headers: Headers, rows: Rows, data: U8, at: I64) -> None:
    """Read the UDP headers that begin at the offsets *at* into *rows* of *headers*.

    A length beyond the IP packet is cut to it; 0 is a jumbogram (RFC 2675) or was
    left to an adapter, and goes to the packet's end.
    """
    length = gather(data, at, HEADER)["length"].astype(np.int64)
    packet = headers.promised[rows]
    said = np.where(length, at + length, packet)
    headers.promised[rows] = np.minimum(said, packet)
