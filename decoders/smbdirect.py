"""SMB Direct over iWARP: SMB2 messages in RDMA sends, over TCP.

In a TCP stream lie frames (FPDU, RFC 5044 4): length, ULPDU, padding, CRC; where the
receiver asked for it, a marker stands every 512 bytes.  A ULPDU is a DDP segment
(RFC 5041 4) of an RDMAP message (RFC 5040 4), and a send holds a part of an SMB2
message behind a data transfer header ([MS-SMBD] 2.2.3).  All of it is read from the
SMB2 header that was found backwards, so it does not matter how much was seen before.
"""

from __future__ import annotations

import struct
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from decoders.carrier import Need
from decoders.limits import DIRECT_BYTES

NAME: Final = "smbdirect"
Bytes = bytes | bytearray

_DDP: Final = struct.Struct(">BBIIII")  # control, RDMAP control, STag, queue, MSN, MO
_TRANSFER: Final = struct.Struct("<HHHHIIII")
_UNTAGGED: Final = 0x01  # DDP control but for its L bit: untagged, version 1
_LAST: Final = 0x40
_SENDS: Final = (0x43, 0x44, 0x45, 0x46)  # RDMAP version 1 and its four kinds of send
_DATA_AT: Final = 24  # where [MS-SMBD] 3.1.5.2 has the data begin
_BEFORE: Final = 2 + _DDP.size + _TRANSFER.size
"Bytes of a frame before the first SMB2 message in it."
_MARKER: Final = 4
_MARKED: Final = 512
_CRC: Final = 4


@dataclass(frozen=True, slots=True)
class Sent:
    """An SMB2 message, as far as it is there."""

    data: bytes
    length: int
    "Bytes it has as a whole."
    end: int
    "Offset of what follows the frames that were read."


@dataclass(frozen=True, slots=True)
class _Frame:
    ulpdu: bytes
    end: int
    marker: int | None
    "Offset of the next marker; None while none was seen."


def message(data: Bytes, at: int, wanted: int, final: bool) -> Sent | Need | None:
    """Read *wanted* bytes, or all, of the SMB2 message that begins at *at*.

    None where no frame of SMB Direct has one just there. A Need is of data from its
    start on; if *final*, what is there has to do.
    """
    start, length = _begin(data, at)
    said, end, marker = b"", start, None
    while len(said) < min(wanted, length) and end - start < DIRECT_BYTES:
        frame = _frame(data, end, marker)
        if isinstance(frame, Need) and not final:
            return frame
        if isinstance(frame, Need):
            break
        said += _part(frame.ulpdu)
        end, marker = frame.end, frame.marker
    return Sent(said[:length], length, end) if length else None


def _begin(data: Bytes, at: int) -> tuple[int, int]:
    """Return where the frame begins, and the length of its message; 0 without one."""
    for start in (at - _BEFORE, at - _BEFORE - _MARKER):
        before = bytes(data[start:at]) if start >= 0 else b""
        marker = _first_marker(before, 0, len(before))
        markers = [marker] if marker and len(before) > _BEFORE else []
        length = _promised(_without(before, markers))
        if length:
            return start, length
    return at, 0


def _promised(before: bytes) -> int:
    """Return the length of the message that a frame begins, by its first bytes."""
    if len(before) != _BEFORE:
        return 0
    size = int.from_bytes(before[:2], "big")
    control, kind, _, queue, _, offset = _DDP.unpack_from(before, 2)
    header = _TRANSFER.unpack_from(before, 2 + _DDP.size)
    _, _, flags, reserved, more, data_at, length, _ = header
    held = size - _DDP.size - _DATA_AT
    is_send = _is_send(control, kind) and queue == offset == 0
    is_first = flags | 1 == 1 and reserved == 0 and data_at == _DATA_AT
    is_sized = held == length if control & _LAST else 0 <= held < length
    return length + more if is_send and is_first and is_sized else 0


def _is_send(control: int, kind: int) -> bool:
    return control & ~_LAST == _UNTAGGED and kind in _SENDS


def _part(ulpdu: bytes) -> bytes:
    """Return what a send holds of a message; nothing for other operations."""
    if len(ulpdu) < _DDP.size:
        return b""
    control, kind, _, _, _, offset = _DDP.unpack_from(ulpdu)
    sent = ulpdu[_DDP.size :]
    if not _is_send(control, kind):
        return b""
    if offset or len(sent) < _TRANSFER.size:
        return sent if offset else b""
    _, _, _, _, _, data_at, length, _ = _TRANSFER.unpack_from(sent)
    return sent[data_at : data_at + length]


def _frame(data: Bytes, begin: int, marker: int | None) -> _Frame | Need:
    """Read the frame that begins at *begin*, or the marker before it."""
    if begin == marker or data[begin : begin + _MARKER] == bytes(_MARKER):
        begin, marker = begin + _MARKER, begin + _MARKED
    if len(data) < begin + 2:
        return Need(begin + 2)
    size = int.from_bytes(data[begin : begin + 2], "big")
    end = begin + 2 + size + -(2 + size) % 4 + _CRC
    if len(data) < end:
        return Need(end)
    at = _first_marker(data, begin, end) if marker is None else marker
    markers = []
    while at is not None and at < end:
        markers.append(at)
        at, end = at + _MARKED, end + _MARKER
    if len(data) < end:
        return Need(end)
    read = _without(bytes(data[begin:end]), [one - begin for one in markers])
    return _Frame(read[2 : 2 + size], end, at)


def _first_marker(data: Bytes, begin: int, end: int) -> int | None:
    """Find the marker in a frame by what it says: how far the frame's begin is."""
    for at in range(begin + _MARKER, min(end, begin + _MARKED + 1), _MARKER):
        if data[at : at + _MARKER] == (at - begin).to_bytes(_MARKER, "big"):
            return at
    return None


def _without(frame: bytes, markers: Iterable[int]) -> bytes:
    """Return *frame* without the *markers* at these offsets."""
    for at in sorted(markers, reverse=True):
        frame = frame[:at] + frame[at + _MARKER :]
    return frame
