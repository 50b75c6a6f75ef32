"""What every capture format says of a buffer: where its records are."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt

from sensor.types import I32, I64, U8

Headers = npt.NDArray[np.void]
"(n,) records of a structured dtype: one column a field."


@dataclass(frozen=True, slots=True)
class Records:
    """Columns of n packet records in a buffer, as Batch has them."""

    start: I64
    end: I64
    wire_len: I64
    ts_ns: I64
    linktype: I32


@dataclass(frozen=True, slots=True)
class Walk:
    """What a buffer was found to hold."""

    records: Records
    used: int
    "Bytes of whole records and blocks, at the front."
    need: int
    "Bytes that must be there, from `used` on, for the walk to go on."
    fault: str = ""
    "Why what comes at `used` cannot be read; empty where it may be."
    lost: int = 0
    "Whole packets that no interface was described for (pcapng)."


class Walker(Protocol):
    """Knows one format, and what this file said of itself so far."""

    @property
    def header(self) -> int:
        """Bytes read before the first walk."""
        ...

    def walk(self, data: U8) -> Walk:
        """Find the whole records in *data*, which goes on where the last walk ended."""
        ...


def gather(data: U8, at: I64, dtype: np.dtype[Any]) -> Headers:
    """Read a header of *dtype* at each offset of *at*; all lie inside *data*."""
    places = max(len(data) - dtype.itemsize + 1, 0)
    return np.ndarray((places,), dtype, data, strides=(1,))[at]
