"""TCP headers (RFC 9293 3.1)."""

from __future__ import annotations

from typing import Any, Final

import numpy as np

from sensor.columns.gather import Rows, gather
from sensor.columns.headers import Headers
from sensor.types import I64, U8

HEADER: Final[np.dtype[Any]] = np.dtype(
    {
        "names": ["seq", "ack", "offset", "flags"],
        "formats": [">u4", ">u4", "u1", "u1"],
        "offsets": [4, 8, 12, 13],
        "itemsize": 20,
    }
)


def fill(headers: Headers, rows: Rows, data: U8, at: I64) -> None:
    """Read the TCP headers that begin at the offsets *at* into *rows* of *headers*."""
    header = gather(data, at, HEADER)
    headers.size[rows] = (header["offset"] >> 4) << 2
    headers.seq[rows] = header["seq"]
    headers.ack[rows] = header["ack"]
    headers.flags[rows] = header["flags"]
