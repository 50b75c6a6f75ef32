"""What one pair of UDP endpoints says over QUIC: who asks for SMB, and who answers.

Only hellos can be read, so only they are: that of a client which offers the protocol
`smb` ([MS-SMB2] 2.1), and that of the server which takes it up.  Of other connections
nothing is kept but their ids, so that their further packets cost nothing.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Final

from decoders import quic, tls
from decoders.carrier import facts
from decoders.limits import (
    HELLO_BYTES,
    QUIC_CONNECTIONS,
    QUIC_EARLY,
    QUIC_INITIALS,
    SAMPLE_BYTES,
)
from decoders.messages import Found
from decoders.quic_keys import CLIENT, SERVER, Keys, initial_keys, opened
from decoders.wire import DecodeError

SMB: Final = b"smb"
_MATCHED_BYTES: Final = 5
# first byte and version: they tell an Initial

Said = tuple[int, Found]
"A side, and a message that it said."


@dataclass(slots=True)
class Crypto:
    """What a client says in CRYPTO frames, put in order."""

    data: bytearray = field(default_factory=bytearray)
    "What is whole from the start on."
    pieces: dict[int, bytes] = field(default_factory=dict)
    "What waits for bytes before it, by offset."

    def add(self, offset: int, piece: bytes) -> None:
        """Take in *piece*, up to HELLO_BYTES; the first copy of a byte counts."""
        piece = piece[: max(0, HELLO_BYTES - offset)]
        if len(piece) > len(self.pieces.get(offset, b"")):
            self.pieces[offset] = piece
        for start in sorted(self.pieces):
            if start > len(self.data):
                return
            self.data += self.pieces.pop(start)[len(self.data) - start :]


@dataclass(slots=True)
class Connection:
    """One connection, from its client's first Initial on."""

    side: int
    "Of the client."
    first: bytes
    "The connection id that its client took for the server: the keys derive from it."
    client: bytes
    "Connection id of the client."
    begun: quic.Initial | None
    "The client's first packet, until its hello is read."
    keys: dict[tuple[int, str], Keys] = field(default_factory=dict)
    "By version and sender: a server may answer in another version (RFC 9368 2.1)."
    server: bytes | None = None
    "Connection id that the server chose."
    crypto: Crypto | None = field(default_factory=Crypto)
    "What the client says, until its hello is read."
    is_awaited: bool = False
    "Whether SMB was asked for, and the server's hello is still to come."

    def has(self, side: int, packet: quic.Initial) -> bool:
        """Tell by its ids whether a *packet* of *side* belongs here."""
        if side == self.side:
            return packet.destination in (self.first, self.server)
        return packet.destination == self.client

    def opened(self, packet: quic.Initial, sender: str) -> bytes | None:
        """Decrypt a packet that *sender*, `client` or `server`, has sent."""
        which = packet.version, sender
        if which not in self.keys:
            self.keys[which] = initial_keys(packet.version, self.first, sender)
        return opened(packet.data, packet.number_at, self.keys[which])


class QuicTalk:
    """Remembers the connections between one pair of UDP endpoints."""

    def __init__(self) -> None:
        self.dropped: Counter[str] = Counter()
        "What was given up for a limit, by its name in limits.py."
        self._connections: list[Connection] = []
        self._early: list[tuple[int, quic.Initial]] = []
        "Packets with their side that came before what they answer."
        self._tried = 0

    def receive(self, side: int, datagram: bytes) -> Iterator[Said]:
        """Read the Initials in a *datagram* that *side* sent."""
        for packet in quic.initials(datagram):
            yield from self._packet(side, packet)

    def close(self) -> Iterator[Said]:
        """Give what hellos say of which the end was never seen."""
        for connection in self._connections:
            yield from self._hello(connection, final=True)

    def _packet(self, side: int, packet: quic.Initial) -> Iterator[Said]:
        for connection in reversed(self._connections):
            if connection.has(side, packet):
                is_client = side == connection.side
                take = self._from_client if is_client else self._from_server
                yield from take(connection, packet)
                return
        yield from self._from_unknown(side, packet)

    def _from_client(
        self, connection: Connection, packet: quic.Initial
    ) -> Iterator[Said]:
        payload = self._opened(connection, packet, CLIENT)
        if payload is not None:
            yield from self._hear(connection, payload)

    def _from_server(
        self, connection: Connection, packet: quic.Initial
    ) -> Iterator[Said]:
        """Note the server's id, and wait for its hello where SMB was asked for."""
        connection.server = packet.source
        if connection.crypto:
            self._keep(1 - connection.side, packet)
        if not connection.is_awaited:
            return
        payload = self._opened(connection, packet, SERVER) or b""
        if any(
            offset == 0 and piece[:1] == bytes([tls.SERVER_HELLO])
            for offset, piece in quic.crypto_frames(payload)
        ):
            connection.is_awaited = False
            yield 1 - connection.side, _found(tls.ServerHello(), packet)

    def _from_unknown(self, side: int, packet: quic.Initial) -> Iterator[Said]:
        """Find what *packet* belongs to by its keys: its own, or those of a hello.

        A client sends the rest of its hello to an id of a server that may be unseen.
        """
        begun = Connection(side, packet.destination, packet.source, packet)
        open_hellos = [one for one in self._connections if one.side == side]
        for connection in (*open_hellos, begun):
            payload = self._opened(connection, packet, CLIENT)
            if payload is None:
                continue
            connection.server = packet.destination
            if connection is begun:
                self._begin(begun)
            yield from self._hear(connection, payload)
            return
        self._keep(side, packet)

    def _opened(
        self, connection: Connection, packet: quic.Initial, sender: str
    ) -> bytes | None:
        """Decrypt *packet* if it may tell something, and not too many were."""
        if sender == CLIENT and connection.crypto is None:
            return None
        if self._tried >= QUIC_INITIALS:
            self.dropped["quic_initials"] += 1
            return None
        self._tried += 1
        return connection.opened(packet, sender)

    def _hear(self, connection: Connection, payload: bytes) -> Iterator[Said]:
        """Read more of a hello; once it is whole, look at what came too early."""
        if connection.crypto is None:
            return
        for offset, piece in quic.crypto_frames(payload):
            connection.crypto.add(offset, piece)
        yield from self._hello(connection, final=False)
        if connection.crypto is None:
            early, self._early = self._early, []
            for side, packet in early:
                yield from self._packet(side, packet)

    def _hello(self, connection: Connection, final: bool) -> Iterator[Said]:
        if connection.crypto is None:
            return
        data = bytes(connection.crypto.data)
        size = tls.extent(data)
        if len(data) < min(size, HELLO_BYTES) and not final:
            return
        self.dropped["hello_bytes"] += size > HELLO_BYTES
        begun, connection.begun, connection.crypto = connection.begun, None, None
        try:
            hello = tls.client_hello(data)
        except DecodeError:
            return
        if begun and SMB in hello.protocols:
            connection.is_awaited = True
            yield connection.side, _found(hello, begun, len(data) < size)

    def _begin(self, connection: Connection) -> None:
        self._connections.append(connection)
        if len(self._connections) > QUIC_CONNECTIONS:
            del self._connections[0]
            self.dropped["quic_connections"] += 1

    def _keep(self, side: int, packet: quic.Initial) -> None:
        self._early.append((side, packet))
        if len(self._early) > QUIC_EARLY:
            del self._early[0]
            self.dropped["quic_early"] += 1


def _found(
    message: tls.Hello,
    packet: quic.Initial,
    truncated: bool = False,
) -> Found:
    return Found(
        carrier=quic.NAME,
        message=message,
        start=packet.start,
        length=len(packet.data),
        matched=packet.data[:_MATCHED_BYTES],
        sample=packet.data[:SAMPLE_BYTES],
        from_client=isinstance(message, tls.ClientHello),
        confidence="header",
        truncated=truncated,
        facts=_facts(message),
    )


def _facts(message: tls.Hello) -> dict[str, str]:
    if isinstance(message, tls.ServerHello):
        return {}
    offered = ", ".join(one.decode("latin-1") for one in message.protocols)
    return facts(ServerName=message.server_name, Alpn=offered)
