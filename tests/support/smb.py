"""SMB messages laid out by hand, field by field as the specifications list them."""

from __future__ import annotations

import struct

MAGIC = b"\xfeSMB"


def nbss(message: bytes) -> bytes:
    """Put a message into a session service frame (MS-SMB2 2.1)."""
    return struct.pack(">I", len(message)) + message


def smb2(
    command: int,
    body: bytes,
    reply: bool = False,
    status: int = 0,
    following: int = 0,
    flags: int = 0,
) -> bytes:
    """Lay out an SMB2 header (MS-SMB2 2.2.1.2) and a body after it."""
    flags |= int(reply)
    header = struct.pack(
        "<4sHHIHHII", MAGIC, 64, 1, status, command, 1, flags, following
    )
    return header + struct.pack("<QIIQ16s", 7, 0xFEFF, 5, 0x1122, b"") + body


def session_setup(blob: bytes) -> bytes:
    """Lay out a session setup request (MS-SMB2 2.2.5)."""
    body = struct.pack("<HBBIIHHQ", 25, 0, 1, 1, 0, 88, len(blob), 0)
    return smb2(1, body + blob)


def session_setup_reply(blob: bytes, status: int = 0xC000_0016) -> bytes:
    """Lay out a session setup reply (MS-SMB2 2.2.6)."""
    return smb2(1, struct.pack("<HHHH", 9, 0, 72, len(blob)) + blob, True, status)


def create(name: str) -> bytes:
    """Lay out a create request (MS-SMB2 2.2.13)."""
    text = name.encode("utf-16-le")
    body = struct.pack(
        "<HBBIQQIIIIIHHII", 57, 0, 0, 2, 0, 0, 1, 0, 7, 1, 0, 120, len(text), 0, 0
    )
    return smb2(5, body + text)


def read_reply(data: bytes) -> bytes:
    """Lay out a read reply (MS-SMB2 2.2.20)."""
    return smb2(8, struct.pack("<HBBIII", 17, 80, 0, len(data), 0, 0) + data, True)


def write(data: bytes) -> bytes:
    """Lay out a write request (MS-SMB2 2.2.21)."""
    body = struct.pack("<HHIQ16sIIHHI", 49, 112, len(data), 0, b"", 0, 0, 0, 0, 0)
    return smb2(9, body + data)


def smb1(
    command: int,
    words: bytes,
    data: bytes,
    reply: bool = False,
    status: int = 0,
    flags2: int = 0xC801,
) -> bytes:
    """Lay out an SMB1 message (MS-CIFS 2.2.3)."""
    flags = 0x18 | 0x80 * reply
    header = struct.pack("<4sBIBH", b"\xffSMB", command, status, flags, flags2)
    header += struct.pack("<H8s2xHHHH", 0, b"", 1, 2, 3, 4)
    counts = bytes([len(words) // 2]) + words + struct.pack("<H", len(data))
    return header + counts + data


def bind(auth: bytes, kind: int = 11) -> bytes:
    """Lay out a DCE/RPC bind with an auth verifier (C706 12.6.4.3)."""
    body = struct.pack("<HHI", 4280, 4280, 0) + bytes(4)
    size = 16 + len(body) + 8 + len(auth)
    header = struct.pack("<BBBB4sHHI", 5, 0, kind, 3, b"\x10\0\0\0", size, len(auth), 1)
    return header + body + struct.pack("<BBBBI", 10, 2, 0, 0, 0) + auth
