"""Two compact batches put into one, with their segments."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Final

import numpy as np

from sensor.types import Batch, Segments

COLUMNS: Final = (
    *("version", "proto", "sport", "dport", "seq", "ack", "flags"),
    *("length", "missing", "flow"),
)
RECORDS: Final = ("data", "wire_len", "ts_ns", "linktype", "number")


def joined(older: Segments, newer: Segments) -> Segments:
    """Copy both into one: n + m segments, in this order, in a batch of their own.

    Both have a batch of one file that holds their records and nothing of fragments.
    """
    moved = len(older.batch.data)
    return Segments(
        batch=_batch(older.batch, newer.batch),
        row=_both(older.row, newer.row + len(older.batch.start)),
        ip=_both(older.ip, newer.ip + moved),
        payload=_both(older.payload, newer.payload + moved),
        **_columns(older, newer, COLUMNS),
    )


def _batch(older: Batch, newer: Batch) -> Batch:
    moved = len(older.data)
    return Batch(
        start=_both(older.start, newer.start + moved),
        end=_both(older.end, newer.end + moved),
        file=newer.file,
        **_columns(older, newer, RECORDS),
    )


def _columns(older: object, newer: object, names: Iterable[str]) -> dict[str, Any]:
    return {name: _both(getattr(older, name), getattr(newer, name)) for name in names}


def _both(older: Any, newer: Any) -> Any:
    return np.concatenate([older, newer])
