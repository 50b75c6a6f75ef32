"""DCE/RPC fragments laid out by hand, as C706 12.6 and [MS-RPCE] 2.2.2 have them."""

from __future__ import annotations

import struct
from uuid import UUID

SVCCTL = UUID("367abb81-9844-35f1-ad32-98f038001003")
NDR = UUID("8a885d04-1ceb-11c9-9fe8-08002b104860")
BIND, BIND_ACK, BIND_NAK, ALTER, ALTER_RESP, AUTH3 = range(11, 17)
RESPONSE, FAULT, RTS = 2, 3, 20
SPNEGO, NTLM = 9, 10


def pdu(
    kind: int,
    body: bytes = b"",
    auth: bytes = b"",
    auth_type: int = NTLM,
    *,
    order: str = "<",
    call: int = 7,
    context: int = 79231,
) -> bytes:
    """Lay out a fragment (C706 12.6.3.1), with its verifier if there is an *auth*."""
    drep = b"\x10\0\0\0" if order == "<" else bytes(4)
    trailer = struct.pack(order + "BBBBI", auth_type, 6, 0, 0, context) if auth else b""
    size = 16 + len(body) + len(trailer) + len(auth)
    head = struct.pack("BBBB4s", 5, 0, kind, 3, drep)
    head += struct.pack(order + "HHI", size, len(auth), call)
    return head + body + trailer + auth


def contexts(order: str = "<", interface: UUID = SVCCTL) -> bytes:
    """Lay out the body of a bind (C706 12.6.4.3)."""
    number, ndr = (
        one.bytes_le if order == "<" else one.bytes for one in (interface, NDR)
    )
    sizes = struct.pack(order + "HHIB3x", 4280, 4280, 0, 1)
    item = struct.pack(order + "HBx", 0, 1) + number + struct.pack(order + "I", 2)
    return sizes + item + ndr + struct.pack(order + "I", 2)


def fault(status: int, order: str = "<", call: int = 7) -> bytes:
    """Lay out a fault (C706 12.6.4.7)."""
    body = struct.pack(order + "IHBxI4x", 32, 0, 0, status)
    return pdu(FAULT, body, order=order, call=call)


def response(
    auth: bytes = b"", context: int = 79231, call: int = 8, stub: bytes = b"stub"
) -> bytes:
    """Lay out a response (C706 12.6.4.10)."""
    body = struct.pack("<IHBx", len(stub), 0, 0) + stub
    return pdu(RESPONSE, body, auth, NTLM, call=call, context=context)


def agreed(state: int, kind: int = ALTER_RESP, call: int = 7) -> bytes:
    """Lay out an answer with a negState only (RFC 4178 4.2.2)."""
    token = bytes([0xA1, 7, 0x30, 5, 0xA0, 3, 0x0A, 1, state])
    return pdu(kind, bytes(12), token, SPNEGO, call=call)
