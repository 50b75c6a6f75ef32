"""Reading one header of every packet at once, and dropping rows with a reason."""

from __future__ import annotations

from dataclasses import fields, replace
from typing import Any, TypeAlias, TypeVar

import numpy as np
import numpy.typing as npt

from sensor.types import BOOL, I32, I64, U8, Stats

Columns = TypeVar("Columns", bound=Any)
"A frozen dataclass of arrays of one length (and perhaps the batch they are from)."


Rows: TypeAlias = I64 | slice
"Indices, or the slice of all rows, which numpy reads and writes without a copy."


def gather(data: U8, at: I64, header: np.dtype[Any]) -> npt.NDArray[Any]:
    """Copy the *header* (a packed dtype) that begins at each offset.

    *at* is (n,), every header must lie inside *data*; gives (n,) of that dtype.
    Gathering the header whole, as opaque items, costs a fifth of gathering its
    octets one by one.
    """
    size = header.itemsize
    places = max(len(data) - size + 1, 0)
    windows: npt.NDArray[Any] = np.ndarray((places,), f"V{size}", data, 0, (1,))
    return windows[at].view(header)


def octet(data: U8, at: I64) -> I32:
    """Read one octet at each offset; past the end of *data* the last one is read."""
    return data.take(at, mode="clip").astype(np.int32)


def word(data: U8, at: I64) -> I32:
    """Read 16 bits in network order at each offset, (n,); clips as `octet` does."""
    return (octet(data, at) << 8) | octet(data, at + 1)


def rows_where(mask: BOOL) -> Rows:
    """Give the rows where *mask* is true."""
    return slice(None) if mask.all() else np.flatnonzero(mask)


def select(columns: Columns, keep: BOOL) -> Columns:
    """Keep the rows where *keep*; nothing is copied when that is all of them."""
    if keep.all():
        return columns
    return pick(columns, np.flatnonzero(keep))


def pick(columns: Columns, rows: I64) -> Columns:
    """Take *rows* (indices, in that order) of every array of *columns*."""
    names = _arrays(columns)
    return replace(columns, **{name: getattr(columns, name)[rows] for name in names})


def reject(stats: Stats, reason: str, bad: BOOL, columns: Columns) -> Columns:
    """Drop the rows where *bad*, counted as `columns.rejected.<reason>`."""
    count = np.count_nonzero(bad)
    if not count:
        return columns
    stats.add(f"columns.rejected.{reason}", int(count))
    return pick(columns, np.flatnonzero(~bad))


def join(parts: list[Columns]) -> Columns:
    """Put *parts* (at least one, each with a `row` in order) together in row order."""
    parts = [part for part in parts if len(part.row)] or parts[:1]
    if len(parts) == 1:
        return parts[0]
    whole = replace(
        parts[0],
        **{
            name: np.concatenate([getattr(part, name) for part in parts])
            for name in _arrays(parts[0])
        },
    )
    return pick(whole, np.argsort(whole.row, kind="stable"))


def _arrays(columns: Any) -> list[str]:
    return [field.name for field in fields(columns) if field.name != "batch"]
