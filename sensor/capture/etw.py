"""Packets in Windows events (ETW), as `netsh trace` and `pktmon` log them.

An event is an EVENT_HEADER (evntcons.h), then what Network Monitor puts between that
and the event's own data, which come last.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Final, TypeVar
from uuid import UUID

import numpy as np
import numpy.typing as npt

from sensor.capture.walk import UNNAMED, Records, gather
from sensor.types import BOOL, I32, I64, U8

EVENT: Final = UNNAMED + 0xFFE0
"Link type of an event that holds no packet."
ETHERNET, WIFI, RAW = 1, 105, 101

HEADER: Final = np.dtype(
    {
        "names": ["provider", "id", "keyword", "size"],
        "formats": [("<u8", 2), "<u2", "<u8", "<u2"],
        "offsets": [24, 40, 48, 86],
        "itemsize": 89,
    }
)
"size: bytes of the event's own data."

NDIS: Final = UUID("2ed6006e-4729-4609-b423-3ee7bcd678ef")
"Microsoft-Windows-NDIS-PacketCapture."
NDIS_FRAGMENT: Final = 1001
NDIS_DATA: Final = np.dtype([("interfaces", "<u8"), ("size", "<u4")])
NDIS_START: Final = 0x4000_0000
"Keyword of the first fragment of a packet, which mostly is all of it."
NDIS_MEDIA: Final = ((0x1, ETHERNET), (0x200, RAW), (0x1_0000, WIFI))
"Keywords that say of what kind the packet is; wireless WAN carries bare IP."

PKTMON: Final = UUID("4d4f80d9-c8bd-4d73-bb5b-19c90402c5ac")
"Microsoft-Windows-PktMon."
PKTMON_PACKETS: Final = (160, 170)
"Events of packets that went by, and of those that were dropped."
PKTMON_DATA: Final = np.dtype(
    {
        "names": ["type", "wire", "size"],
        "formats": ["<u2", "<u2", "<u2"],
        "offsets": [14, 30, 32],
        "itemsize": 34,
    }
)
PKTMON_TYPES: Final = ((1, ETHERNET), (2, WIFI), (3, RAW))

Columns = npt.NDArray[np.void]
Column = TypeVar("Column", I32, I64)


@dataclass(frozen=True, slots=True)
class Logged:
    """Columns of the n packets that events of one kind hold."""

    row: I64
    "(n,) event."
    start: I64
    size: I64
    wire_len: I64
    linktype: I32
    "(n,) EVENT where the kind of packet is none of those known."


def packets_in_events(data: U8, records: Records) -> Records:
    """Put the packet in the place of each event that holds one.

    Pieces of packets behind the first stay events: nothing says whose they are.
    """
    rows = np.flatnonzero(records.linktype == EVENT)
    rows = rows[records.end[rows] - records.start[rows] >= HEADER.itemsize]
    if not len(rows):
        return records
    head = gather(data, records.start[rows], HEADER)
    at = records.end[rows] - head["size"]
    whole = np.flatnonzero(at - records.start[rows] >= HEADER.itemsize)
    rows, head, at = rows[whole], head[whole], at[whole]
    for found in (_ndis(data, head, at), _pktmon(data, head, at)):
        records = _replaced(records, rows[found.row], found)
    return records


def _ndis(data: U8, head: Columns, at: I64) -> Logged:
    rows = _of(head, NDIS, NDIS_DATA, (NDIS_FRAGMENT,))
    rows = rows[(head["keyword"][rows] & np.uint64(NDIS_START)) != 0]
    own = gather(data, at[rows], NDIS_DATA)
    fits = own["size"] <= head["size"][rows] - NDIS_DATA.itemsize
    rows, size = rows[fits], own["size"][fits].astype(np.int64)
    keyword = head["keyword"][rows]
    kinds = [((keyword & np.uint64(bit)) != 0, link) for bit, link in NDIS_MEDIA]
    return Logged(rows, at[rows] + NDIS_DATA.itemsize, size, size, _linktype(kinds))


def _pktmon(data: U8, head: Columns, at: I64) -> Logged:
    rows = _of(head, PKTMON, PKTMON_DATA, PKTMON_PACKETS)
    own = gather(data, at[rows], PKTMON_DATA)
    fits = own["size"] <= head["size"][rows] - PKTMON_DATA.itemsize
    rows, own = rows[fits], own[fits]
    kinds = [(own["type"] == number, link) for number, link in PKTMON_TYPES]
    size, wire = own["size"].astype(np.int64), own["wire"].astype(np.int64)
    return Logged(rows, at[rows] + PKTMON_DATA.itemsize, size, wire, _linktype(kinds))


def _of(head: Columns, by: UUID, own: np.dtype[np.void], ids: tuple[int, ...]) -> I64:
    """Find the events of a provider with one of *ids* that have room for *own*."""
    provider = np.frombuffer(by.bytes_le, "<u8")
    found = (head["provider"] == provider).all(axis=1) & np.isin(head["id"], ids)
    return np.flatnonzero(found & (head["size"] >= own.itemsize))


def _linktype(kinds: list[tuple[BOOL, int]]) -> I32:
    masks, links = [mask for mask, _ in kinds], [link for _, link in kinds]
    return np.select(masks, links, EVENT).astype(np.int32)


def _replaced(records: Records, rows: I64, found: Logged) -> Records:
    known = found.linktype != EVENT
    rows, start = rows[known], found.start[known]
    return replace(
        records,
        start=_with(records.start, rows, start),
        end=_with(records.end, rows, start + found.size[known]),
        wire_len=_with(records.wire_len, rows, found.wire_len[known]),
        linktype=_with(records.linktype, rows, found.linktype[known]),
    )


def _with(column: Column, rows: I64, values: Column) -> Column:
    column = column.copy()
    column[rows] = values
    return column
