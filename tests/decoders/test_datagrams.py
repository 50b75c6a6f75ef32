"""What a pair of UDP endpoints says, datagram by datagram."""

from __future__ import annotations

from collections import Counter

from decoders.datagrams import DatagramDecoder
from decoders.limits import QUIC_EARLY
from tests.support import ntlm, quic


def test_every_kind_of_datagram_is_read() -> None:
    said = [*quic.handshake(), (1, b".." + ntlm.CHALLENGE_V2), (0, b"nothing")]
    pair = DatagramDecoder()
    found = [one for side, data in said for one in pair.receive(side, data)]

    assert [(side, type(one.message).__name__, one.carrier) for side, one in found] == [
        (0, "ClientHello", "quic"),
        (1, "ServerHello", "quic"),
        (1, "Challenge", "raw"),
    ]
    assert list(pair.close()) == []
    assert pair.dropped.total() == 0


def test_what_is_pending_is_told_at_the_end_and_what_was_dropped() -> None:
    hello = quic.client_hello()
    pair = DatagramDecoder()
    for _ in range(QUIC_EARLY + 1):
        assert list(pair.receive(1, quic.answer())) == []
    cut = quic.initial(quic.crypto(0, hello[:-7]), source=b"another")
    assert list(pair.receive(0, cut)) == []
    assert [(side, one.truncated) for side, one in pair.close()] == [(0, True)]
    assert +pair.dropped == Counter(quic_early=1)
