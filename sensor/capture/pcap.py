"""pcap: a file header, then records (draft-ietf-opsawg-pcap).

Either byte order, micro- or nanoseconds, and Kuznetzov's modified records.
"""

from __future__ import annotations

import struct
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

import numpy as np

from sensor.capture.stream import Stream, read_up_to
from sensor.capture.walk import Records, Walk, gather
from sensor.errors import CaptureError
from sensor.limits import RECORD_BYTES
from sensor.types import I64, U8

FILE_HEADER: Final = 24
LINKTYPE_MASK: Final = 0xFFFF
"The upper half of the link type field says how long the FCS is."

MICROSECONDS: Final = 0xA1B2C3D4
NANOSECONDS: Final = 0xA1B23C4D
MODIFIED: Final = 0xA1B2CD34

KINDS: Final = {MICROSECONDS: (1000, 16), NANOSECONDS: (1, 16), MODIFIED: (1000, 24)}
"Magic -> nanoseconds in a unit of the fraction, bytes in a record header."

MAGICS: Final = tuple(
    struct.pack(order + "I", magic) for magic in KINDS for order in "<>"
)

FIELDS: Final = ("seconds", "fraction", "captured", "wire")
OLD_FIELDS: Final = ("seconds", "fraction", "wire", "captured")
"Of a record header, 32 bits each; the modified kind has more behind them."
OLD_MINOR: Final = 3
"libpcap wrote the lengths the other way round before version 2.3."


@dataclass(frozen=True, slots=True)
class PcapWalker:
    """What the file header said."""

    order: str
    "`<` or `>`, as struct and numpy write it."
    unit_ns: int
    record: int
    "Bytes in a record header."
    linktype: int
    fields: tuple[str, ...]
    "Of the record header, in order."
    header: int = FILE_HEADER

    def walk(self, data: U8) -> Walk:
        """Find the whole records in *data*."""
        captured_at = 4 * self.fields.index("captured")
        at, used, need = record_offsets(data, self.order, self.record, captured_at)
        records = self._records(data, np.array(at, np.int64))
        if need > self.record + RECORD_BYTES:
            return Walk(records, used, need, f"record of {need - self.record} bytes")
        return Walk(records, used, need)

    def _records(self, data: U8, at: I64) -> Records:
        fields = np.dtype([(name, self.order + "u4") for name in self.fields])
        head = gather(data, at, fields)
        start = at + self.record
        seconds, fraction = (head[x].astype(np.int64) for x in ("seconds", "fraction"))
        return Records(
            start=start,
            end=start + head["captured"],
            wire_len=head["wire"].astype(np.int64),
            ts_ns=seconds * 1_000_000_000 + fraction * self.unit_ns,
            linktype=np.full(len(at), self.linktype, np.int32),
        )


def open_pcap(stream: Stream, file: str) -> PcapWalker:
    """Read the file header; CaptureError where it is cut or of no known version."""
    head = read_up_to(stream, FILE_HEADER)
    if len(head) < FILE_HEADER:
        raise CaptureError(file, len(head), "pcap: cut inside the file header")
    order = "<" if struct.unpack_from("<I", head)[0] in KINDS else ">"
    magic, major, minor = struct.unpack_from(order + "IHH", head)
    if major != 2:
        reason = f"pcap: version {major}.{minor}, and only 2 is known"
        raise CaptureError(file, 4, reason)
    unit_ns, record = KINDS[magic]
    (link,) = struct.unpack_from(order + "I", head, 20)
    fields = OLD_FIELDS if minor < OLD_MINOR else FIELDS
    return PcapWalker(order, unit_ns, record, link & LINKTYPE_MASK, fields)


def record_offsets(
    data: U8, order: str, header: int, captured_at: int
) -> tuple[list[int], int, int]:
    """Walk along the record headers: offsets of the whole records, the end, the need.

    The one loop over packets there is: about 8 million a second.
    """
    captured: Callable[[Any, int], tuple[int]] = struct.Struct(order + "I").unpack_from
    offsets: list[int] = []
    append = offsets.append
    lengths, at, need = data[captured_at:].data, 0, header
    last = len(data) - header
    while at <= last:
        append(at)
        at += header + captured(lengths, at)[0]
    if at > len(data):
        need = at - offsets[-1]
        at = offsets.pop()
    return offsets, at, need
