"""Find the messages in the datagrams of one pair of UDP endpoints."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import replace

from decoders import netbios_datagram, ntlmssp, raw
from decoders.carrier import Listen, Token
from decoders.claims import claimed
from decoders.hearing import Hearing
from decoders.messages import Found
from decoders.quic_talk import QuicTalk, Said


class DatagramDecoder:
    """Remembers what a pair of UDP endpoints has said."""

    def __init__(self) -> None:
        self._quic = QuicTalk()
        self._asked: dict[int, tuple[str, Listen]] = {}
        "By the side that is to answer: the carrier, and how to read the answer."
        self._claims: dict[int, bytes] = {}
        "By side, the last datagram that a carrier claimed something in."

    @property
    def dropped(self) -> Counter[str]:
        """What was given up for a limit, by its name in limits.py."""
        return self._quic.dropped

    def receive(self, side: int, datagram: bytes) -> Iterator[Said]:
        """Find the messages that a *datagram* of *side* completes.

        What was not answered in time is sent again as it was (RFC 3261 17.1).
        """
        if datagram == self._claims.get(side):
            return
        for answer in self._hear(side, datagram):
            yield side, answer
        for found in raw.datagram(datagram):
            yield side, self._claimed(side, datagram, found)
        message = netbios_datagram.read(datagram)
        if message:
            yield side, message
        yield from self._quic.receive(side, datagram)

    def close(self) -> Iterator[Said]:
        """Give what is pending: no more datagrams will come."""
        yield from self._quic.close()

    def _hear(self, side: int, datagram: bytes) -> list[Found]:
        """Read the answer that *side* is to give, if *datagram* is that."""
        if side not in self._asked:
            return []
        found, is_over = Hearing(*self._asked[side], 0).hear(datagram, final=False)
        if is_over:
            del self._asked[side]
        return found

    def _claimed(self, side: int, datagram: bytes, found: Found) -> Found:
        """Tell what carrier claims *found*, and wait for an answer to it."""
        kind = ntlmssp.TYPES[type(found.message)]
        end = found.start + found.length
        verdict = claimed(Token(datagram, found.start, end, kind, True, b""))
        if not isinstance(verdict, tuple):
            return found
        self._claims[side] = datagram
        carrier, envelope = verdict
        if envelope.listen:
            self._asked[1 - side] = carrier, envelope.listen
        return replace(found, carrier=carrier, facts=envelope.facts)
