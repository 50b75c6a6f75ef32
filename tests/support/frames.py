"""Frames built field by field with struct, so that a test knows what is in them."""

from __future__ import annotations

import socket
import struct

CLIENT4, SERVER4 = "192.0.2.10", "198.51.100.20"
CLIENT6, SERVER6 = "2001:db8::10", "2001:db8:0:1::20"
TCP, UDP = 6, 17


def tcp(
    payload: bytes = b"",
    ports: tuple[int, int] = (49152, 445),
    numbers: tuple[int, int] = (1000, 2000),
    flags: int = 0x18,
    options: bytes = b"",
) -> bytes:
    """Build a TCP segment; *options* are whole 32-bit words."""
    offset = (20 + len(options)) // 4 << 4
    head = struct.pack(">HHIIBBHHH", *ports, *numbers, offset, flags, 8192, 0, 0)
    return head + options + payload


def udp(
    payload: bytes = b"",
    ports: tuple[int, int] = (49152, 137),
    length: int | None = None,
) -> bytes:
    """Build a UDP datagram."""
    size = 8 + len(payload) if length is None else length
    return struct.pack(">HHHH", *ports, size, 0) + payload


def ipv4(
    carried: bytes,
    proto: int = TCP,
    ends: tuple[str, str] = (CLIENT4, SERVER4),
    options: bytes = b"",
    total: int | None = None,
    ident: int = 1,
    fragment: int = 0x4000,
) -> bytes:
    """Build an IPv4 packet; *fragment* is the flags and offset field."""
    size = 20 + len(options)
    total = size + len(carried) if total is None else total
    lead = 0x40 | size // 4
    head = struct.pack(">BBHHHBBH", lead, 0, total, ident, fragment, 64, proto, 0)
    addresses = b"".join(socket.inet_aton(end) for end in ends)
    return head + addresses + options + carried


def ipv6(
    carried: bytes,
    proto: int = TCP,
    ends: tuple[str, str] = (CLIENT6, SERVER6),
    length: int | None = None,
) -> bytes:
    """Build an IPv6 packet; *carried* begins with the extension headers, if any."""
    size = len(carried) if length is None else length
    head = struct.pack(">IHBB", 0x6000_0000, size, proto, 64)
    return head + b"".join(socket.inet_pton(socket.AF_INET6, e) for e in ends) + carried


def ethernet(packet: bytes, tags: tuple[int, ...] = (), pad: bytes = b"") -> bytes:
    """Build an Ethernet frame; *tags* are its VLAN TPIDs, outermost first."""
    kind = b"\x86\xdd" if packet[0] >> 4 == 6 else b"\x08\x00"
    vlans = b"".join(struct.pack(">HH", tpid, 100 + i) for i, tpid in enumerate(tags))
    return b"\x02" * 6 + b"\x04" * 6 + vlans + kind + packet + pad


def fragments4(packet: bytes, size: int, ident: int = 7) -> list[bytes]:
    """Cut an IPv4 packet without options into fragments of *size* (8-byte units)."""
    body = packet[20:]
    cuts = range(0, len(body), size)
    return [
        packet[:2]
        + struct.pack(">HH", 20 + len(body[at : at + size]), ident)
        + struct.pack(">H", at // 8 | (0x2000 if at + size < len(body) else 0))
        + packet[8:20]
        + body[at : at + size]
        for at in cuts
    ]


def fragments6(packet: bytes, size: int, ident: int = 7) -> list[bytes]:
    """Cut an IPv6 packet without extension headers into fragments of *size*."""
    body, proto = packet[40:], packet[6]
    pieces = []
    for at in range(0, len(body), size):
        more = at + size < len(body)
        head = struct.pack(">BxHI", proto, at | more, ident)
        piece = head + body[at : at + size]
        lead = packet[:4] + struct.pack(">HB", len(piece), 44) + packet[7:40]
        pieces.append(lead + piece)
    return pieces
