"""Which rows of a batch must be looked at one by one, and for whom."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

import numpy as np

from sensor.streams.known import KnownFlows
from sensor.streams.packet import CONTROL
from sensor.types import BOOL, I64, TCP, Hits, Segments

SMB_PORTS: Final = (139, 445)


def waking_rows(segments: Segments, hits: Hits, cuts: I64, known: KnownFlows) -> BOOL:
    """Tell which rows make a flow followed, or wake it: (n,).

    A hit that wakes nobody counts only where the flow is not known yet.
    """
    waking = np.zeros(len(segments.row), bool)
    waking[hits.row[hits.wakes]] = True
    waking[cuts] = True
    quiet = hits.row[~hits.wakes]
    waking[quiet[_unknown(segments, quiet, known)]] = True
    return waking


def groups(
    segments: Segments, waking: BOOL, known: KnownFlows
) -> Iterator[tuple[int, I64]]:
    """Give the rows to look at by flow, the flow with the earliest row first.

    These are: all rows of followed flows; SYN, FIN and RST of known ones; rows that
    wake; rows of unknown flows on an SMB port.  A few rows of flows that merely share
    a counter with a known one may be among them.
    """
    control = segments.flags & CONTROL != 0
    wanted = waking | known.maybe_followed(segments.flow)
    wanted |= control & known.maybe_known(segments.flow)
    on_port = _on_smb_port(segments)
    wanted[on_port[_unknown(segments, on_port, known)]] = True
    rows = np.flatnonzero(wanted)
    if not len(rows):
        return
    keys, first, of = np.unique(
        segments.flow[rows], return_index=True, return_inverse=True
    )
    for group in np.argsort(first, kind="stable").tolist():
        yield int(keys[group]), rows[of == group]


def rows_of(segments: Segments, key: int) -> I64:
    """Return all rows of one flow."""
    return np.flatnonzero(segments.flow == np.array(key, np.uint64))


def _on_smb_port(segments: Segments) -> I64:
    to_port = _IS_SMB_PORT[segments.dport] | _IS_SMB_PORT[segments.sport]
    return np.flatnonzero(to_port & (segments.proto == TCP))


def _port_table() -> BOOL:
    table = np.zeros(1 << 16, bool)
    table[list(SMB_PORTS)] = True
    return table


_IS_SMB_PORT: Final = _port_table()


def _unknown(segments: Segments, rows: I64, known: KnownFlows) -> BOOL:
    if not len(rows):
        return np.zeros(0, bool)
    keys, of = np.unique(segments.flow[rows], return_inverse=True)
    unknown = [key not in known for key in keys.tolist()]
    return np.array(unknown, bool)[of]
