"""Packets of MS-SQL ([MS-TDS] 2.2.3): messages cut into pieces, each with a header.

Whatever a message holds, an NTLMSSP message too, may be cut by the next header.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from decoders.limits import TDS_PACKETS

HEADER_BYTES: Final = 8
TABULAR: Final = 0x04
LOGIN7: Final = 0x10
SSPI: Final = 0x11
_BEGIN: Final = {
    TABULAR: (b"\xab", b"\xe3", b"\xed"),
    LOGIN7: None,
    SSPI: (b"N", b"\x60", b"\xa1"),
}
_END_OF_MESSAGE: Final = 1


@dataclass(frozen=True, slots=True)
class Message:
    """A message put together, as far as it is there."""

    kind: int
    contents: bytes
    "What its packets hold, without their headers."
    size: int
    "Bytes of contents that the headers promise."
    is_over: bool
    "Whether no packet of it is to come."
    headers: tuple[int, ...]
    "Offset in the data of each packet."

    @property
    def is_complete(self) -> bool:
        """Whether all of it is there."""
        return self.is_over and len(self.contents) == self.size

    def within(self, at: int) -> int:
        """Turn an offset in the data into one in the contents."""
        seen = sum(header < at for header in self.headers)
        return at - self.headers[0] - seen * HEADER_BYTES

    def without(self, offset: int) -> int:
        """Turn an offset in the contents into one in the data."""
        at = offset + self.headers[0] + HEADER_BYTES
        for header in self.headers[1:]:
            at += HEADER_BYTES * (header <= at)
        return at


def message(data: bytes | bytearray, start: int) -> Message | None:
    """Put the message together of which a packet begins at *start*."""
    contents, headers, size, at, is_over = bytearray(), [], 0, start, False
    kind = data[start] if start < len(data) else 0
    while not is_over and is_header(data, at, kind):
        end = at + int.from_bytes(data[at + 2 : at + 4], "big")
        contents += data[at + HEADER_BYTES : end]
        size += end - at - HEADER_BYTES
        headers.append(at)
        is_over = bool(data[at + 1]) or len(headers) == TDS_PACKETS
        at = end
    if not headers:
        return None
    is_over = is_over or len(data) >= at + HEADER_BYTES
    return Message(kind, bytes(contents), size, is_over, tuple(headers))


def is_header(data: bytes | bytearray, at: int, kind: int) -> bool:
    """Tell whether a packet of *kind* begins at *at*, with no status but the last."""
    if len(data) < at + HEADER_BYTES or data[at] != kind or data[at + 7]:
        return False
    size = int.from_bytes(data[at + 2 : at + 4], "big")
    return size > HEADER_BYTES and data[at + 1] <= _END_OF_MESSAGE


def starts(data: bytes | bytearray, first: int, end: int) -> Iterator[int]:
    """Give where from *first* to *end* a message of a logon may begin, last first."""
    for at in range(end - HEADER_BYTES, first - 1, -1):
        if data[at] in _BEGIN and begins(data, at):
            yield at


def begins(data: bytes | bytearray, at: int) -> bool:
    """Tell whether a message of a logon may begin at *at*, by its first bytes.

    The first that it holds is of NTLMSSP or SPNEGO, of a token, or of a size.
    """
    kind = data[at] if at < len(data) else 0
    if kind not in _BEGIN or not is_header(data, at, kind):
        return False
    begin = _BEGIN[kind]
    return begin is None or data[at + HEADER_BYTES : at + HEADER_BYTES + 1] in begin
