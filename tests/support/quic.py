"""QUIC handshakes: whole ones by aioquic, and Initials by hand that aioquic seals."""

from __future__ import annotations

import ssl
import struct
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime, timedelta
from functools import cache
from typing import Any

from aioquic.quic.configuration import QuicConfiguration
from aioquic.quic.connection import QuicConnection
from aioquic.quic.crypto import CryptoPair
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec

V1, V2 = 1, 0x6B3343CF
NAME = "files.example.test"
CLIENT, SERVER = 0, 1
DESTINATION, CLIENT_ID, SERVER_ID = b"destinat", b"client--", b"server--"

Datagram = tuple[int, bytes]
"Who sent it, and what."


def handshake(
    offered: Sequence[str] = ("smb",),
    served: Sequence[str] = ("smb",),
    version: int = V1,
    name: str = NAME,
) -> list[Datagram]:
    """Give what two aioquic ends say to each other, in order."""
    ours = QuicConfiguration(alpn_protocols=[*offered], server_name=name)
    ours.verify_mode = ssl.CERT_NONE
    ours.original_version = version
    ours.supported_versions = [version]
    client = QuicConnection(configuration=ours)
    client.connect(("192.0.2.1", 443), now=0.0)
    said = [(CLIENT, data) for data, _ in client.datagrams_to_send(now=0.0)]
    theirs = QuicConfiguration(is_client=False, alpn_protocols=[*served])
    theirs.supported_versions = [version]
    theirs.private_key, theirs.certificate = _identity()
    first = client.original_destination_connection_id
    server = QuicConnection(
        configuration=theirs, original_destination_connection_id=first
    )
    said += _talk(client, server, said)
    return said


def _talk(
    client: QuicConnection, server: QuicConnection, last: Iterable[Datagram]
) -> Iterator[Datagram]:
    ends = (client, server)
    for turn in range(1, 7):
        one = ends[turn % 2]
        for _, data in last:
            one.receive_datagram(data, ("192.0.2.1", 443), now=0.01 * turn)
        sent = one.datagrams_to_send(now=0.01 * turn)
        last = [(turn % 2, data) for data, _ in sent]
        yield from last


@cache
def _identity() -> tuple[Any, Any]:
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, NAME)])
    begin = datetime(2026, 1, 1)
    draft = x509.CertificateBuilder(name, name, key.public_key(), 1, begin)
    return key, draft.not_valid_after(begin + timedelta(9999)).sign(
        key, hashes.SHA256()
    )


# --- by hand ---


def variable(value: int) -> bytes:
    """RFC 9000 16."""
    for size, (mark, form) in enumerate(((0, ">B"), (1, ">H"), (2, ">I"), (3, ">Q"))):
        if value < 1 << (8 * (1 << size) - 2):
            width = 8 * (1 << size)
            return struct.pack(form, mark << width - 2 | value)
    raise ValueError(value)


def crypto(offset: int, data: bytes) -> bytes:
    """RFC 9000 19.6."""
    return b"\x06" + variable(offset) + variable(len(data)) + data


def initial(
    payload: bytes,
    destination: bytes = DESTINATION,
    source: bytes = CLIENT_ID,
    keyed_by: bytes | None = None,
    sender: int = CLIENT,
    version: int = V1,
    number: int = 0,
    token: bytes = b"",
    fill: int = 1162,
) -> bytes:
    """RFC 9000 17.2.2: an Initial of *sender*, filled up with PADDING."""
    payload = payload.ljust(fill, b"\0")
    kind = 0 if version == V1 else 1
    header = struct.pack(">BI", 0xC1 | kind << 4, version)
    header += bytes([len(destination)]) + destination + bytes([len(source)]) + source
    header += variable(len(token)) + token
    header += variable(2 + len(payload) + 16) + struct.pack(">H", number)
    pair = CryptoPair()
    pair.setup_initial(keyed_by or destination, sender == CLIENT, version)
    return pair.encrypt_packet(header, payload, number)


def client_hello(
    protocols: Sequence[bytes] = (b"smb",), name: bytes = NAME.encode(), more: int = 0
) -> bytes:
    """RFC 8446 4.1.2; *more* bytes of another extension stand first."""
    listed = b"".join(bytes([len(one)]) + one for one in protocols)
    host = b"\0" + struct.pack(">H", len(name)) + name
    extensions = _extension(0xFE0D, bytes(more)) if more else b""
    extensions += _extension(0, struct.pack(">H", len(host)) + host)
    extensions += _extension(16, struct.pack(">H", len(listed)) + listed)
    extensions += _extension(43, b"\x02\x03\x04")
    body = b"\x03\x03" + bytes(range(32)) + b"\0" + b"\0\x02\x13\x01" + b"\x01\0"
    return _handshake(1, body + struct.pack(">H", len(extensions)) + extensions)


def server_hello() -> bytes:
    """RFC 8446 4.1.3."""
    body = b"\x03\x03" + bytes(range(32)) + b"\0" + b"\x13\x01" + b"\0"
    extensions = _extension(43, b"\x03\x04")
    return _handshake(2, body + struct.pack(">H", len(extensions)) + extensions)


def answer(
    payload: bytes | None = None,
    destination: bytes = CLIENT_ID,
    keyed_by: bytes = DESTINATION,
    version: int = V1,
) -> bytes:
    """The server's first Initial: an ACK and its hello, unless *payload* says else."""
    said = b"\x02\0\0\0\0" + crypto(0, server_hello()) if payload is None else payload
    return initial(said, destination, SERVER_ID, keyed_by, SERVER, version)


def _extension(kind: int, body: bytes) -> bytes:
    return struct.pack(">HH", kind, len(body)) + body


def _handshake(kind: int, body: bytes) -> bytes:
    return bytes([kind]) + len(body).to_bytes(3, "big") + body
