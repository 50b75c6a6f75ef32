"""Find the messages in the datagrams of one pair of UDP endpoints."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from decoders import netbios_datagram, raw
from decoders.quic_talk import QuicTalk, Said


class DatagramDecoder:
    """Remembers what a pair of UDP endpoints has said."""

    def __init__(self) -> None:
        self._quic = QuicTalk()

    @property
    def dropped(self) -> Counter[str]:
        """What was given up for a limit, by its name in limits.py."""
        return self._quic.dropped

    def receive(self, side: int, datagram: bytes) -> Iterator[Said]:
        """Find the messages that a *datagram* of *side* completes."""
        for found in raw.datagram(datagram):
            yield side, found
        message = netbios_datagram.read(datagram)
        if message:
            yield side, message
        yield from self._quic.receive(side, datagram)

    def close(self) -> Iterator[Said]:
        """Give what is pending: no more datagrams will come."""
        yield from self._quic.close()
