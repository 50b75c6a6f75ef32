"""QUIC packets with long headers, and the frames of Initials (RFC 9000, RFC 9369)."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from decoders.quic_keys import V1, V2
from decoders.wire import DecodeError, Reader

NAME: Final = "quic"
VERSIONS: Final = (V1, V2)
LONG: Final = 0xC0
"The header form bit and the fixed bit (RFC 9000 17.2)."
DATAGRAM_BYTES: Final = 1200
"What a datagram with a hello must have at least, or nobody reads it (RFC 9000 14.1)."

_INITIAL: Final = {V1: 0, V2: 1}  # long packet types: RFC 9000 17.2, RFC 9369 3.2
_RETRY: Final = {V1: 3, V2: 0}
_CONNECTION_ID_BYTES: Final = 20

_ZEROS: Final = re.compile(rb"\0*")
_PADDING, _PING, _ACK, _ACK_ECN, _CRYPTO = 0, 1, 2, 3, 6


@dataclass(frozen=True, slots=True)
class Initial:
    """An Initial packet that is still protected."""

    version: int
    destination: bytes
    "Connection id of the receiver."
    source: bytes
    "Connection id of the sender."
    data: bytes
    "The whole packet."
    number_at: int
    "Offset in data of the packet number."
    start: int
    "Offset of the packet in its datagram."


def initials(datagram: bytes) -> Iterator[Initial]:
    """Give the Initials among the packets of *datagram* (RFC 9000 12.2).

    What has no long header of version 1 or 2 ends it, and so does a cut packet.
    """
    at = 0
    while at < len(datagram):
        try:
            packet, at = _packet(datagram, at)
        except DecodeError:
            return
        if packet:
            yield packet


def crypto_frames(payload: bytes) -> Iterator[tuple[int, bytes]]:
    """Give offset and data of the CRYPTO frames in an Initial's *payload*.

    Any frame that no Initial may have but a close ends it (RFC 9000 12.4, 19).
    """
    reader = Reader(payload, NAME)
    while reader.left:
        try:
            frame = _frame(reader)
        except DecodeError:
            return
        if frame:
            yield frame


def _packet(datagram: bytes, at: int) -> tuple[Initial | None, int]:
    """Read the packet at *at*, and where the next one begins."""
    reader = Reader(datagram, NAME, at)
    first, version = reader.u8(), reader.u32be()
    if first & LONG != LONG or version not in VERSIONS:
        raise reader.error("no long header of version 1 or 2")
    destination, source = _connection_id(reader), _connection_id(reader)
    kind = first >> 4 & 3
    if kind == _RETRY[version]:
        raise reader.error("a Retry, which goes to the end of its datagram")
    if kind == _INITIAL[version]:
        reader.take(_variable(reader))  # token
    size = _variable(reader)
    number_at = reader.pos - at
    reader.take(size)
    data = datagram[at : reader.pos]
    if kind != _INITIAL[version]:
        return None, reader.pos
    packet = Initial(version, destination, source, data, number_at, start=at)
    return packet, reader.pos


def _connection_id(reader: Reader) -> bytes:
    size = reader.u8()
    if size > _CONNECTION_ID_BYTES:
        raise reader.error(f"connection id of {size} bytes, at most 20")
    return reader.take(size)


def _frame(reader: Reader) -> tuple[int, bytes] | None:
    """Read one frame; give what a CRYPTO frame holds."""
    kind = reader.u8()
    if kind == _PADDING:
        reader.take(len(_zeros(reader.data, reader.pos)))
    elif kind in (_ACK, _ACK_ECN):
        _acknowledgement(reader, kind)
    elif kind == _CRYPTO:
        return _variable(reader), reader.take(_variable(reader))
    elif kind != _PING:
        raise reader.error(f"frame of type {kind}")
    return None


def _zeros(data: bytes, at: int) -> bytes:
    zeros = _ZEROS.match(data, at)
    return zeros[0] if zeros else b""


def _acknowledgement(reader: Reader, kind: int) -> None:
    """Step over an ACK frame (RFC 9000 19.3)."""
    _variable(reader), _variable(reader)
    for _ in range(2 * _variable(reader) + 1):
        _variable(reader)
    for _ in range(3 if kind == _ACK_ECN else 0):
        _variable(reader)


def _variable(reader: Reader) -> int:
    """Read a variable-length integer (RFC 9000 16)."""
    first = reader.u8()
    value = first & 0x3F
    for byte in reader.take((1 << (first >> 6)) - 1):
        value = value << 8 | byte
    return value
