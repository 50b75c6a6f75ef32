"""Logons to MS-SQL laid out by impacket's structures, answers by hand: 2.2.7."""

from __future__ import annotations

import struct
from collections.abc import Iterator

from impacket import tds as impacket

from tests.support import ntlm

KNOWN = {"AppName": "sqlcmd", "ServerName": "db.example", "Database": "sales"}


def packets(kind: int, contents: bytes, size: int = 4096) -> bytes:
    """Cut *contents* as [MS-TDS] 2.2.3 does: *size* counts the header too."""
    return b"".join(_packets(kind, contents, size - 8))


def _packets(kind: int, contents: bytes, size: int) -> Iterator[bytes]:
    for number, at in enumerate(range(0, len(contents), size), start=1):
        packet = impacket.TDSPacket()
        packet["Type"] = kind
        packet["Status"] = int(at + size >= len(contents))
        packet["PacketID"] = number
        packet["Data"] = contents[at : at + size]
        yield packet.getData()


def login(blob: bytes, app: str = "sqlcmd") -> bytes:
    """Lay out Login7 as impacket's client does, for a database too."""
    one = impacket.TDS_LOGIN()
    at = 36 + 50 + 8
    texts = {
        "HostName": "PC",
        "UserName": "",
        "Password": "",
        "AppName": app,
        "ServerName": "db.example",
        "CltIntName": "ODBC",
        "Language": "",
        "Database": "sales",
    }
    for name, text in texts.items():
        one[name] = text.encode("utf-16le")
        one[f"{name}Offset"] = at
        at += len(one[name])
    one["OptionFlags2"] = impacket.TDS_INTEGRATED_SECURITY_ON
    one["SSPI"], one["SSPIOffset"] = blob, at
    one["AtchDBFileOffset"] = at + len(blob)
    one["Length"] = at + len(blob)
    data: bytes = one.getData()
    assert len(data) == at + len(blob)
    return data


def beyond(blob: bytes) -> bytes:
    """Lay out a Login7 that says that it holds *blob*, and does not."""
    return login(blob).removesuffix(blob)


def cut(blob: bytes) -> bytes:
    """Lay out a Login7 that holds *blob* but for its last 50 bytes."""
    return login(blob)[:-50]


def part(kind: int, contents: bytes) -> bytes:
    return bytes([kind]) + struct.pack("<H", len(contents)) + contents


def error(number: int) -> bytes:
    return part(
        0xAA, struct.pack("<IBBH", number, 1, 14, 3) + b"N\0o\0.\0\0\0" + bytes(4)
    )


ENVCHANGE = part(0xE3, b"\1\3d\0b\0o\0\0")
INFO = part(0xAB, struct.pack("<IBBH", 5701, 2, 0, 0) + bytes(6))
LOGINACK = part(0xAD, b"\1\x74\0\0\4\0" + b"\x10\0\0\0")
DONE = b"\xfd" + bytes(12)
LOGIN = packets(0x10, login(ntlm.NEGOTIATE))
TYPE_2 = packets(4, part(0xED, ntlm.CHALLENGE_V2))
TYPE_3 = packets(0x11, ntlm.AUTHENTICATE_V2)
LET_IN = packets(4, ENVCHANGE + INFO + LOGINACK + DONE)
DENIED = packets(4, error(18456) + DONE)
