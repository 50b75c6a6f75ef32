"""SMB Direct over iWARP, octet by octet as the standards draw it."""

from __future__ import annotations

import struct
from collections.abc import Iterable

REQUEST, REPLY = b"MPA ID Req Frame", b"MPA ID Rep Frame"
MARKERS, CRC = 0x80, 0x40


def connect(key: bytes, markers: bool = False) -> bytes:
    """RFC 5044 7.1.1: the frame that opens the connection."""
    return key + struct.pack(">BBH", CRC | (MARKERS if markers else 0), 1, 0)


def transfer(data: bytes, more: int = 0, credits_granted: int = 0) -> bytes:
    """[MS-SMBD] 2.2.3: *more* bytes of the message are still to come."""
    at = 24 if data else 0
    head = struct.pack("<HHHHIII4x", 255, credits_granted, 0, 0, more, at, len(data))
    return head + data if data else head[:20]


def transfers(message: bytes, size: int) -> list[bytes]:
    """Cut *message* into data transfers of *size* bytes of it."""
    cuts = range(0, len(message), size)
    return [
        transfer(message[at : at + size], max(0, len(message) - at - size))
        for at in cuts
    ]


def segment(
    payload: bytes, number: int = 1, offset: int = 0, last: bool = True
) -> bytes:
    """RFC 5041 4.2, RFC 5040 4.1: a send, or a part of one."""
    control = 0x41 if last else 0x01
    return struct.pack(">BBIIII", control, 0x43, 0, 0, number, offset) + payload


def tagged(payload: bytes) -> bytes:
    """RFC 5041 4.1: a part of an RDMA write."""
    return struct.pack(">BBIQ", 0xC1, 0x40, 7, 0) + payload


def frame(ulpdu: bytes) -> bytes:
    """RFC 5044 4.1, without markers."""
    body = struct.pack(">H", len(ulpdu)) + ulpdu
    return body + bytes(-len(body) % 4)


def stream(
    ulpdus: Iterable[bytes], opening: bytes = b"", marked: bool = False
) -> bytes:
    """Put frames behind *opening*; markers count from the first of them."""
    out = bytearray()
    for ulpdu in ulpdus:
        _add(out, frame(ulpdu), marked)
    return opening + bytes(out)


def _add(out: bytearray, body: bytes, marked: bool) -> None:
    """RFC 5044 4.3: a marker says how far back its frame begins."""
    if marked and len(out) % 512 == 0:
        out += bytes(4)
    begin = len(out)
    for at in range(0, len(body), 4):
        if marked and at and len(out) % 512 == 0:
            out += (len(out) - begin).to_bytes(4, "big")
        out += body[at : at + 4]
    if marked and len(out) % 512 == 0:
        out += (len(out) - begin).to_bytes(4, "big")
    out += crc32c(out[begin:]).to_bytes(4, "little")


def crc32c(data: bytes | bytearray) -> int:
    """RFC 3720 B.4."""
    crc = 0xFFFFFFFF
    for octet in data:
        crc ^= octet
        for _ in range(8):
            crc = crc >> 1 ^ 0x82F63B78 * (crc & 1)
    return crc ^ 0xFFFFFFFF
