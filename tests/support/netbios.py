"""NetBIOS datagrams, octet by octet as the standards draw them."""

from __future__ import annotations

import struct

NAME = b"\x20" + b"CKFDENECFDEFFCFGEFFCCACACACACACA" + b"\0"
BROWSE = b"\\MAILSLOT\\BROWSE"


def transaction(name: bytes = BROWSE + b"\0", flags2: int = 0) -> bytes:
    """[MS-CIFS] 2.2.4.33.1, as [MS-MAIL] 2.2.1 fills it."""
    words = struct.pack("<14H", 0, 3, 0, 0, 0, 0, 1000, 0, 0, 0, 0, 3, 86, 3)
    words += struct.pack("<3H", 1, 1, 2)
    header = b"\xffSMB\x25" + bytes(5) + struct.pack("<H", flags2) + bytes(20)
    data = name + b"\x01\x02\x03"
    return header + bytes([17]) + words + struct.pack("<H", len(data)) + data


def datagram(
    message: bytes,
    kind: int = 0x11,
    offset: int = 0,
    names: bytes = NAME * 2,
    length: int | None = None,
) -> bytes:
    """RFC 1002 4.4.1 and 4.4.2."""
    size = len(names) + len(message) if length is None else length
    head = struct.pack(">BBH4sHHH", kind, 2, 7, b"\x0a\0\0\5", 138, size, offset)
    return head + names + message
