"""The hellos of a TLS handshake: what is asked for in the clear (RFC 8446 4.1)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from decoders.limits import FACT_CHARS
from decoders.wire import DecodeError, Reader

NAME: Final = "tls"
SERVER_HELLO: Final = 2
_CLIENT_HELLO: Final = 1
_HEADER_BYTES: Final = 4
_SERVER_NAME: Final = 0
_PROTOCOLS: Final = 16
_RANDOM_AT_END: Final = 2 + 32  # version and random


@dataclass(frozen=True, slots=True)
class ClientHello:
    """Whom a client asks for, and what it wants to speak there."""

    server_name: str = ""
    "SNI (RFC 6066 3), empty without one."
    protocols: tuple[bytes, ...] = ()
    "ALPN, in the client's order (RFC 7301 3.1)."


@dataclass(frozen=True, slots=True)
class ServerHello:
    """A server that takes up the handshake."""


Hello = ClientHello | ServerHello


def extent(data: bytes) -> int:
    """Tell how many bytes the handshake message at the start of *data* has.

    At least _HEADER_BYTES: with fewer it cannot be told yet.
    """
    if len(data) < _HEADER_BYTES:
        return _HEADER_BYTES
    return _HEADER_BYTES + int.from_bytes(data[1:_HEADER_BYTES], "big")


def client_hello(data: bytes) -> ClientHello:
    """Read a ClientHello; of one that is cut, what its whole extensions say.

    Raise DecodeError where *data* is none, or ends before its extensions.
    """
    reader = Reader(data[: extent(data)], NAME)
    kind = reader.u8()
    if kind != _CLIENT_HELLO:
        raise reader.error(f"handshake type {kind} is not 1, a ClientHello")
    reader.take(_HEADER_BYTES - 1 + _RANDOM_AT_END)
    reader.take(reader.u8())  # session id
    reader.take(reader.u16be())  # cipher suites
    reader.take(reader.u8())  # compression methods
    reader.u16be()
    bodies = dict(_extensions(reader))
    return ClientHello(
        _server_name(bodies.get(_SERVER_NAME, b"")),
        tuple(_protocols(bodies.get(_PROTOCOLS, b""))),
    )


def _extensions(reader: Reader) -> Iterator[tuple[int, bytes]]:
    while reader.left:
        try:
            extension = reader.u16be(), reader.take(reader.u16be())
        except DecodeError:
            return
        yield extension


def _server_name(body: bytes) -> str:
    """Read the first host name of a list (RFC 6066 3): length, type 0, length, name."""
    name = body[5 : 5 + int.from_bytes(body[3:5], "big")]
    return name.decode("latin-1")[:FACT_CHARS] if body[2:3] == b"\0" else ""


def _protocols(body: bytes) -> Iterator[bytes]:
    at = 2
    while at < len(body):
        end = at + 1 + body[at]
        yield body[at + 1 : end]
        at = end
