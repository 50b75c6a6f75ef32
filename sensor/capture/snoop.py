"""snoop (RFC 1761): a file header, then records, big-endian."""

from __future__ import annotations

import struct
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

from sensor.capture.blocks import walk_lengths
from sensor.capture.stream import Stream, read_up_to
from sensor.capture.walk import UNNAMED, Records, Walk, gather
from sensor.errors import CaptureError
from sensor.limits import RECORD_BYTES
from sensor.types import I64, U8

MAGICS: Final = (b"snoop\0\0\0",)
FILE_HEADER: Final = 16
VERSION: Final = 2
LINKTYPES: Final = {0: 1, 2: 6, 4: 1, 8: 10}
"Datalink types that have a LINKTYPE_: 802.3 and Ethernet, Token Ring, FDDI."
OTHER: Final = UNNAMED + 0x10000
"Behind the numbers of Network Monitor."

FIELDS: Final = ("wire", "captured", "size", "drops", "seconds", "microseconds")
RECORD: Final = np.dtype([(name, ">u4") for name in FIELDS])
"size: bytes to the next record, with header and padding."
SIZE_AT: Final = 8

Columns = npt.NDArray[np.void]


@dataclass(frozen=True, slots=True)
class SnoopWalker:
    """What the file header said."""

    linktype: int
    header: int = FILE_HEADER

    def walk(self, data: U8) -> Walk:
        """Find the whole records in *data*."""
        offsets, used, need = walk_lengths(data, 0, ">", SIZE_AT, RECORD.itemsize)
        at = np.array(offsets, np.int64)
        head = gather(data, at, RECORD)
        room = head["size"].astype(np.int64) - RECORD.itemsize
        bad = np.flatnonzero(head["captured"] > room)
        if len(bad):
            first = int(bad[0])
            fault = f"snoop: packet of {head['captured'][first]} bytes in {room[first]}"
            return Walk(self._records(at, head, first), offsets[first], need, fault)
        return Walk(self._records(at, head, len(at)), used, need, _impossible(need))

    def _records(self, at: I64, head: Columns, count: int) -> Records:
        start, head = at[:count] + RECORD.itemsize, head[:count]
        seconds, micro = (
            head[name].astype(np.int64) for name in ("seconds", "microseconds")
        )
        return Records(
            start=start,
            end=start + head["captured"],
            wire_len=head["wire"].astype(np.int64),
            ts_ns=seconds * 1_000_000_000 + micro * 1000,
            linktype=np.full(count, self.linktype, np.int32),
        )


def open_snoop(stream: Stream, file: str) -> SnoopWalker:
    """Read the file header; CaptureError where it is cut or of no known version."""
    head = read_up_to(stream, FILE_HEADER)
    if len(head) < FILE_HEADER:
        raise CaptureError(file, len(head), "snoop: cut inside the file header")
    version, datalink = struct.unpack_from(">II", head, 8)
    if version != VERSION:
        reason = f"snoop: version {version}, and only {VERSION} is known"
        raise CaptureError(file, 8, reason)
    return SnoopWalker(LINKTYPES.get(datalink, OTHER + min(datalink, 0xFFFF)))


def _impossible(size: int) -> str:
    if RECORD.itemsize <= size <= RECORD_BYTES:
        return ""
    return f"snoop: record of {size} bytes"
