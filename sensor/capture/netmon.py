"""Microsoft Network Monitor 2: a file header, frames, then a table of the frames.

Versions 2.0 to 2.3, as the help of Network Monitor 3.4 describes them. The frames are
read as they lie in the file; of the table only its place is used.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final

import numpy as np

from sensor.capture.etw import EVENT, packets_in_events
from sensor.capture.pcap import record_offsets
from sensor.capture.stream import Stream, read_up_to
from sensor.capture.walk import NO_RECORDS, UNNAMED, Records, Walk, gather
from sensor.errors import CaptureError
from sensor.limits import RECORD_BYTES
from sensor.types import I32, I64, U8

MAGICS: Final = (b"GMBU",)
FILE_HEADER: Final = 72
PADDING: Final = 56
"Zeros behind the header in most versions, where a frame has its lengths."
TRAILERS: Final = (0, 2, 6, 15)
"Bytes behind each frame, by minor version: link type, process, time and its zone."

RECORD: Final = np.dtype([("since", "<i8"), ("wire", "<u4"), ("captured", "<u4")])
"since: microseconds since the capture began."
CAPTURED_AT: Final = 12
TIME_AT: Final = 6
"Offset of the time in the trailer, in 100 ns since 1601."
UNIX_EPOCH: Final = 116_444_736_000_000_000
"1970, in 100 ns since 1601."


def _linktypes() -> I32:
    """Give the LINKTYPE_ of each media type; UNNAMED and above has none."""
    table = np.arange(UNNAMED, UNNAMED + 0x10000, dtype=np.int32)
    table[[0, 1]] = 1  # Ethernet; 0 is written for VPN adapters
    table[[2, 3]] = 6, 10  # Token Ring, FDDI
    table[[7, 8, 9]] = 101  # tunnels, wireless WAN, raw IP
    table[0xE000:0xF000] = np.arange(0x1000)  # converted from pcap
    table[0xE080:0xE08B] = np.arange(UNNAMED + 0xE080, UNNAMED + 0xE08B)
    table[0xE080] = 105  # 802.11
    table[0xFFE0] = EVENT
    return table


LINKTYPES: Final = _linktypes()


@dataclass(slots=True)
class NetmonWalker:
    """What the file header said, and how far the frames were read."""

    minor: int
    media: int
    "Of all frames, in version 2.0."
    began_ns: int
    table: int
    "Offset of the frame table in the file; the frames end there."
    at: int = FILE_HEADER
    "Offset in the file of what comes next."

    @property
    def header(self) -> int:
        """Bytes read before the first walk."""
        return FILE_HEADER

    def walk(self, data: U8) -> Walk:
        """Find the whole frames in *data*; what follows the last is passed over."""
        room = self.table - self.at
        if room <= 0:
            return Walk(NO_RECORDS, len(data), 1)
        frames, size = data[:room], RECORD.itemsize + TRAILERS[self.minor]
        skipped = self._padding(frames)
        offsets, used, need = record_offsets(frames[skipped:], "<", size, CAPTURED_AT)
        used += skipped
        records = self._records(data, np.array(offsets, np.int64) + skipped)
        fault = ""
        if need > size + RECORD_BYTES:
            fault = f"frame of {need - size} bytes"
        elif used < room <= len(data):
            fault = "netmon: the last frame does not end at the frame table"
        self.at += used
        return Walk(records, len(data) if used == room else used, need, fault)

    def _padding(self, frames: U8) -> int:
        if self.at != FILE_HEADER or len(frames) < RECORD.itemsize:
            return 0
        is_frame = frames[CAPTURED_AT : RECORD.itemsize].any()
        return 0 if is_frame else min(PADDING, len(frames))

    def _records(self, data: U8, at: I64) -> Records:
        head = gather(data, at, RECORD)
        start = at + RECORD.itemsize
        end = start + head["captured"]
        media = np.full(len(at), self.media)
        ts_ns = self.began_ns + head["since"] * 1000
        if self.minor >= 1:
            media = gather(data, end, np.dtype("<u2"))
        if self.minor >= 3:
            stamp = gather(data, end + TIME_AT, np.dtype("<i8"))
            ts_ns = (stamp - UNIX_EPOCH) * 100
        wire = head["wire"].astype(np.int64)
        return packets_in_events(
            data, Records(start, end, wire, ts_ns, LINKTYPES[media])
        )


def open_netmon(stream: Stream, file: str) -> NetmonWalker:
    """Read the file header; CaptureError where it is cut or of no known version.

    It has the time of day where the capture was made, and not in which zone: UTC is
    taken. Version 2.3 says the time of each frame, in UTC.
    """
    head = read_up_to(stream, FILE_HEADER)
    if len(head) < FILE_HEADER:
        raise CaptureError(file, len(head), "netmon: cut inside the file header")
    minor, major, media = struct.unpack_from("<BBH", head, 4)
    if major != 2 or minor >= len(TRAILERS):
        reason = f"netmon: version {major}.{minor}, and only 2.0 to 2.3 are known"
        raise CaptureError(file, 4, reason)
    (table,) = struct.unpack_from("<I", head, 24)
    if table < FILE_HEADER:
        raise CaptureError(file, 24, f"netmon: frame table at offset {table}")
    return NetmonWalker(minor, media, _began_ns(head, file), table)


def _began_ns(head: bytes, file: str) -> int:
    year, month, _, *rest, milli = struct.unpack_from("<8H", head, 8)
    day, hour, minute, second = rest
    try:
        began = datetime(year, month, day, hour, minute, second, tzinfo=UTC)
    except ValueError as error:
        raise CaptureError(file, 8, f"netmon: no time to begin at: {error}") from error
    return int(began.timestamp()) * 1_000_000_000 + int(milli) * 1_000_000
