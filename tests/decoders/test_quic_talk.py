"""Who asks for SMB over QUIC, however the packets of a handshake come."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import pairwise, permutations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from decoders.limits import (
    HELLO_BYTES,
    QUIC_CONNECTIONS,
    QUIC_EARLY,
    QUIC_INITIALS,
)
from decoders.messages import Found
from decoders.quic_talk import Crypto, QuicTalk
from decoders.tls import ClientHello, ServerHello
from tests.support import quic
from tests.support.quic import CLIENT, SERVER, Datagram

LONG = quic.client_hello(more=1500)
BOTH = [(CLIENT, "ClientHello"), (SERVER, "ServerHello")]


def heard(said: Iterable[Datagram], talk: QuicTalk | None = None) -> list[Found]:
    talk = talk or QuicTalk()
    return [found for side, data in said for _, found in talk.receive(side, data)]


def told(said: Iterable[Datagram]) -> list[tuple[int, str]]:
    talk = QuicTalk()
    found = [one for side, data in said for one in talk.receive(side, data)]
    return [(side, type(one.message).__name__) for side, one in found]


def client(payload: bytes, **how: object) -> Datagram:
    return CLIENT, quic.initial(payload, **how)  # type: ignore[arg-type]


def server(payload: bytes | None = None, **how: object) -> Datagram:
    return SERVER, quic.answer(payload, **how)  # type: ignore[arg-type]


HELLO = client(quic.crypto(0, quic.client_hello()))


# --- real handshakes ---


@pytest.mark.parametrize("version", [quic.V1, quic.V2])
def test_a_handshake_for_smb_is_told_from_both_ends(version: int) -> None:
    said = quic.handshake(version=version)
    first, answer = heard(said)

    assert first.message == ClientHello(quic.NAME, (b"smb",))
    assert first.facts == {"ServerName": quic.NAME, "Alpn": "smb"}
    assert (first.carrier, first.from_client, first.confidence) == (
        "quic",
        True,
        "header",
    )
    assert first.matched == said[0][1][:5]
    assert first.sample == said[0][1][:64]
    assert (answer.message, answer.from_client) == (ServerHello(), False)
    assert answer.matched[1:] == version.to_bytes(4, "big")


def test_another_protocol_is_not_told() -> None:
    assert told(quic.handshake(["h3"], ["h3"])) == []
    assert told(quic.handshake(["smbx", "SMB"], ["SMB"])) == []


def test_smb_among_other_protocols_is_told() -> None:
    first, _ = heard(quic.handshake(["h3", "smb"], ["h3"]))
    assert first.facts["Alpn"] == "h3, smb"


def test_a_server_that_speaks_no_smb_does_not_answer() -> None:
    said = quic.handshake(["smb"], ["h3"])
    assert {side for side, _ in said} == {CLIENT, SERVER}
    assert told(said) == BOTH[:1]


# --- the hello in pieces ---


def pieces(hello: bytes, *cuts: int) -> list[Datagram]:
    edges = [0, *cuts, len(hello)]
    return [
        client(quic.crypto(start, hello[start:end]), number=number)
        for number, (start, end) in enumerate(pairwise(edges))
    ]


@pytest.mark.parametrize("order", [*permutations(range(3))])
def test_a_hello_over_several_packets_is_put_in_order(order: tuple[int, ...]) -> None:
    said = pieces(LONG, 700, 1400)
    assert told([said[n] for n in order] + [server()]) == BOTH


def test_frames_of_one_packet_may_be_in_any_order_and_overlap() -> None:
    hello = quic.client_hello()
    frames = [
        quic.crypto(start, hello[start : start + 40])
        for start in range(0, len(hello), 30)
    ]
    mixed = b"\x01".join(reversed(frames)) + frames[1]
    assert told([client(mixed), server()]) == BOTH


def test_the_first_copy_of_a_byte_counts() -> None:
    crypto = Crypto()
    crypto.add(2, b"cd")
    crypto.add(2, b"XY")
    crypto.add(3, b"?e")
    crypto.add(0, b"ab")
    assert crypto.data == b"abcde"
    crypto.add(1, b"??")
    crypto.add(4, b"?f")
    assert crypto.data == b"abcdef"
    assert crypto.pieces == {}


def test_the_rest_of_a_hello_to_a_server_that_is_not_seen_is_found() -> None:
    one, other = pieces(LONG, 900)
    late = client(
        quic.crypto(900, LONG[900:]),
        destination=quic.SERVER_ID,
        keyed_by=quic.DESTINATION,
        number=1,
    )
    assert told([one, late]) == told([one, other]) == BOTH[:1]


def test_a_hello_of_which_the_end_is_missing_is_told_at_the_end() -> None:
    hello = quic.client_hello()
    talk = QuicTalk()
    assert heard(pieces(hello, len(hello) - 7)[:1], talk) == []
    ((side, found),) = talk.close()
    assert (side, found.truncated) == (CLIENT, True)
    assert found.facts == {"ServerName": quic.NAME, "Alpn": "smb"}
    assert list(talk.close()) == []


# --- order, repetition, keys ---


def test_repeated_packets_tell_nothing_new() -> None:
    assert told([HELLO, HELLO, server(), server(), HELLO]) == BOTH


def test_a_server_before_its_client_is_told_after_it() -> None:
    assert told([server(), HELLO]) == BOTH
    one, other = pieces(LONG, 900)
    assert told([one, server(), other]) == BOTH
    assert told([server(), other, one]) == BOTH


def test_only_a_hello_is_an_answer() -> None:
    closing = b"\x1c\x41\x78\0\0"  # no_application_protocol
    assert told([HELLO, server(b"\x02\0\0\0\0"), server(closing)]) == BOTH[:1]
    assert told([HELLO, server(b"\x02\0\0\0\0"), server()]) == BOTH


def test_an_answer_that_other_keys_seal_is_none() -> None:
    assert told([HELLO, server(keyed_by=b"anything")]) == BOTH[:1]


def test_an_answer_to_somebody_else_is_none() -> None:
    assert told([HELLO, server(destination=b"somebody")]) == BOTH[:1]


def test_ids_may_be_empty() -> None:
    hello = client(quic.crypto(0, quic.client_hello()), source=b"")
    assert told([hello, server(destination=b"")]) == BOTH


def test_a_server_may_answer_in_another_version() -> None:
    """RFC 9368: the keys are of the new version and the client's first destination."""
    assert told([HELLO, server(version=quic.V2)]) == BOTH


def test_after_a_retry_the_keys_derive_from_the_new_destination() -> None:
    again = client(
        quic.crypto(0, quic.client_hello()), destination=b"retried", token=b"token"
    )
    said = told([HELLO, again, server(keyed_by=b"retried")])
    assert said == [BOTH[0], *BOTH]


def test_a_second_connection_of_the_same_pair_is_read() -> None:
    hello = quic.crypto(0, quic.client_hello([b"h3"]))
    web = client(hello, destination=b"anything", source=b"another")
    assert told([web, HELLO, server()]) == BOTH
    assert told([HELLO, web, server()]) == BOTH


def test_what_follows_in_a_connection_that_is_not_smb_is_not_decrypted() -> None:
    hello = client(quic.crypto(0, quic.client_hello([b"h3"])))
    late = client(b"\x01", destination=quic.SERVER_ID, keyed_by=quic.DESTINATION)
    talk = QuicTalk()
    assert (
        heard([hello, server(), *[late, server(), hello] * QUIC_INITIALS], talk) == []
    )
    assert talk._tried == 1


# --- limits ---


def test_no_more_than_quic_initials_are_decrypted() -> None:
    junk = [client(b"", keyed_by=b"%d" % n) for n in range(QUIC_INITIALS)]
    talk = QuicTalk()
    assert heard([*junk[1:], HELLO], talk) != []
    talk = QuicTalk()
    assert heard([*junk, HELLO], talk) == []
    assert talk.dropped["quic_initials"] == 1


def test_no_more_than_quic_early_wait() -> None:
    talk = QuicTalk()
    waiting = [server(b"\x01")] * (QUIC_EARLY - 1)
    assert len(heard([server(), *waiting, HELLO], talk)) == 2
    talk = QuicTalk()
    assert len(heard([server(), *waiting, server(b"\x01"), HELLO], talk)) == 1
    assert talk.dropped["quic_early"] == 1


def test_no_more_than_quic_connections_are_known() -> None:
    hello = quic.crypto(0, quic.client_hello())
    many = [
        client(hello, destination=b"number %d" % n, source=b"%d" % n)
        for n in range(QUIC_CONNECTIONS + 1)
    ]
    talk = QuicTalk()
    heard(many, talk)
    assert talk.dropped["quic_connections"] == 1
    assert heard([server(destination=b"0", keyed_by=b"number 0")], talk) == []
    assert heard([server(destination=b"1", keyed_by=b"number 1")], talk) != []


def test_of_a_hello_beyond_hello_bytes_what_fits_is_read() -> None:
    hello = quic.client_hello(more=10)
    huge = hello[:1] + b"\x01\0\0" + hello[4:]
    huge = huge.ljust(HELLO_BYTES + 1000, b"\0")
    said = pieces(huge, *range(1000, len(huge), 1000))
    talk = QuicTalk()
    (found,) = heard(said, talk)
    assert found.truncated
    assert talk.dropped["hello_bytes"] == 1


# --- hostile ---


@given(st.lists(st.tuples(st.sampled_from([0, 1]), st.binary(max_size=60)), max_size=9))
def test_any_bytes_are_heard_without_an_error(said: list[Datagram]) -> None:
    headed = [(side, HELLO[1][:6] + data) for side, data in said]
    talk = QuicTalk()
    assert heard([*said, *headed], talk) == []
    assert list(talk.close()) == []


@settings(max_examples=50)
@given(st.binary(max_size=1100))
def test_any_payload_is_heard_without_an_error(payload: bytes) -> None:
    talk = QuicTalk()
    heard([client(payload), server(payload), client(quic.crypto(0, payload))], talk)
    assert all(found.truncated for _, found in talk.close())


@settings(max_examples=30)
@given(st.permutations(range(5)))
def test_the_order_of_datagrams_does_not_matter(order: list[int]) -> None:
    one, other = pieces(LONG, 900)
    said = [one, other, server(b"\x02\0\0\0\0"), server(), one]
    assert told([said[n] for n in order]) == BOTH
