"""What every capture format says of a buffer: where its records are."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final, Protocol

import numpy as np
import numpy.typing as npt

from sensor.types import I32, I64, U8


@dataclass(frozen=True, slots=True)
class Records:
    """Columns of n packet records in a buffer, as Batch has them."""

    start: I64
    end: I64
    wire_len: I64
    ts_ns: I64
    linktype: I32


UNNAMED: Final = 0x10000
"Above all LINKTYPE_ values: link types by the numbers of formats with their own."
NOTHING: Final = np.empty(0, np.int64)
NO_RECORDS: Final = Records(NOTHING, NOTHING, NOTHING, NOTHING, np.empty(0, np.int32))


def join(parts: Sequence[Records]) -> Records:
    """Put records of one buffer together, in the order in which they lie there."""
    filled = [part for part in parts if len(part.start)] or [NO_RECORDS]
    if len(filled) == 1:
        return filled[0]
    order = np.argsort(np.concatenate([part.start for part in filled]))
    return Records(
        start=np.concatenate([part.start for part in filled])[order],
        end=np.concatenate([part.end for part in filled])[order],
        wire_len=np.concatenate([part.wire_len for part in filled])[order],
        ts_ns=np.concatenate([part.ts_ns for part in filled])[order],
        linktype=np.concatenate([part.linktype for part in filled])[order],
    )


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


def gather(data: U8, at: I64, dtype: np.dtype[Any]) -> npt.NDArray[Any]:
    """Read a header of *dtype* at each offset of *at*; all lie inside *data*.

    Shape (n,); a structured dtype gives one column a field.
    """
    places = max(len(data) - dtype.itemsize + 1, 0)
    return np.ndarray((places,), dtype, data, strides=(1,))[at]
