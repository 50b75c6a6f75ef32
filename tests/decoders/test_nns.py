"""Handshakes laid out from [MS-NNS] 2.2.1, preambles from [MC-NMF] 2.2.3."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from decoders import nns
from decoders.carrier import Answer, Envelope, Need
from decoders.limits import FACT_CHARS
from tests.support import claims, ntlm
from tests.support.spnego import INIT, RESP
from tests.support.turns import Turn, answers, heard

URI = b"net.tcp://dc1.example:9389/ActiveDirectoryWebServices/Windows/Resource"
KNOWN = {
    "Host": "dc1.example:9389",
    "Path": "/ActiveDirectoryWebServices/Windows/Resource",
    "Service": "ADWS",
}


def sized(contents: bytes) -> bytes:
    low, high = len(contents) & 0x7F, len(contents) >> 7
    return bytes([low | 0x80, high] if high else [low]) + contents


def preamble(uri: bytes = URI) -> bytes:
    upgrade = b"\x09" + sized(b"application/negotiate")
    return b"\0\1\0\1\2\2" + sized(uri) + b"\3\x08" + upgrade


def handshake(kind: int, payload: bytes) -> bytes:
    return bytes([kind, 1, 0]) + len(payload).to_bytes(2, "big") + payload


TYPE_1 = handshake(0x16, ntlm.NEGOTIATE)
TYPE_2 = handshake(0x16, ntlm.CHALLENGE_V2)
TYPE_3 = handshake(0x14, ntlm.AUTHENTICATE_V2)
DONE = handshake(0x14, b"")
DENIED = handshake(0x15, bytes.fromhex("000000008009030c"))


def claimed(
    said: bytes, message: bytes, kind: int, final: bool = False
) -> Envelope | None:
    verdict = claims.claimed(nns.claim, said, message, kind, final)
    assert verdict is None or isinstance(verdict, Envelope)
    return verdict


def answer(said: bytes, kind: int = 3, final: bool = False) -> object:
    asked = (TYPE_1, ntlm.NEGOTIATE) if kind == 1 else (TYPE_3, ntlm.AUTHENTICATE_V2)
    return claims.answer(claimed(*asked, kind), said, final)


def test_the_preamble_says_where_to() -> None:
    first = claimed(preamble() + TYPE_1, ntlm.NEGOTIATE, 1)
    assert first is not None
    assert dict(first.facts) == KNOWN
    long = claimed(preamble(b"net.tcp://h/" + b"a" * 400) + TYPE_1, ntlm.NEGOTIATE, 1)
    assert long is not None
    assert dict(long.facts) == {"Host": "h", "Path": "/" + "a" * (FACT_CHARS - 1)}


def test_a_name_that_no_record_holds_is_not_believed() -> None:
    envelope = claimed(URI + TYPE_1, ntlm.NEGOTIATE, 1)
    assert envelope is not None
    assert dict(envelope.facts) == {}


@pytest.mark.parametrize("kind", [0x14, 0x16])
def test_tokens_fill_their_messages(kind: int) -> None:
    assert claimed(TYPE_2, ntlm.CHALLENGE_V2, 2) == Envelope()
    last = handshake(kind, ntlm.AUTHENTICATE_V2)
    assert claimed(last, ntlm.AUTHENTICATE_V2, 3) is not None
    last = handshake(kind, RESP)
    assert claimed(last, ntlm.AUTHENTICATE_V2, 3) is not None
    assert claimed(handshake(kind, INIT), ntlm.NEGOTIATE, 1) is not None


@pytest.mark.parametrize(
    "said",
    [
        ntlm.NEGOTIATE,
        handshake(0x15, ntlm.NEGOTIATE),
        handshake(0x16, ntlm.NEGOTIATE + b"more"),
        handshake(0x16, b"more" + ntlm.NEGOTIATE),
        handshake(0x16, INIT + b"more"),
        b"\x16\3" + TYPE_1[2:],
        handshake(0x16, b"") + ntlm.NEGOTIATE,
    ],
)
def test_what_stands_elsewhere_is_not(said: bytes) -> None:
    assert claimed(said, ntlm.NEGOTIATE, 1) is None


def test_the_next_handshake_message_is_the_outcome() -> None:
    assert answer(DONE) == Answer(True, "HandshakeDone")
    assert answer(handshake(0x14, b"mechListMIC")) == Answer(True, "HandshakeDone")
    assert answer(DENIED) == Answer(False, "0x8009030c")
    assert answer(handshake(0x15, b"")) == Answer(False, "HandshakeError")
    assert answer(DENIED[:9], final=True) == Answer(False, "HandshakeError")


def test_only_a_refusal_answers_type_1() -> None:
    assert answer(TYPE_2, 1) is None
    assert answer(DONE, 1) is None
    assert answer(DENIED, 1) == Answer(False, "0x8009030c")
    assert answer(b"\x0a" + DENIED, 1) == Answer(False, "0x8009030c")


def test_what_is_not_of_this_protocol_tells_nothing() -> None:
    assert answer(b"HTTP/1.1 200 OK\r\n") is None
    assert answer(b"\x14\3\3\0\1\1") is None
    assert answer(b"\x0a", final=True) is None


@pytest.mark.parametrize("before", [b"", b"\x0a"])
def test_a_cut_answer_is_waited_for(before: bytes) -> None:
    whole = before + DENIED
    for size in range(len(whole)):
        verdict = answer(whole[:size])
        assert isinstance(verdict, Need)
        assert size < verdict.size


@pytest.mark.parametrize("wrapped", [False, True])
@pytest.mark.parametrize(
    ("last", "outcome"),
    [
        (DONE, [Answer(True, "HandshakeDone")]),
        (DENIED, [Answer(False, "0x8009030c")]),
        (b"", []),
    ],
)
def test_however_it_is_cut(last: bytes, outcome: list[Answer], wrapped: bool) -> None:
    turns: list[Turn] = [
        (0, preamble()),
        (1, b"\x0a"),
        (0, handshake(0x16, INIT) if wrapped else TYPE_1),
        (1, TYPE_2),
        (0, handshake(0x16, RESP) if wrapped else TYPE_3),
        (1, last),
    ]
    assert answers(turns) == outcome
    assert [one.carrier for one in heard(turns)] == ["nns"] * (3 + len(outcome))
    assert heard(turns)[0].facts == KNOWN
    for size in (1, 2, 3, 7):
        assert heard(turns, size) == heard(turns)


def test_a_message_that_was_cut_short_is_told_all_the_same() -> None:
    told = heard([(0, TYPE_3[:150])])
    assert [one.carrier for one in told] == ["nns"]


@given(st.binary(max_size=99), st.binary(max_size=99), st.booleans())
def test_any_bytes(before: bytes, after: bytes, final: bool) -> None:
    for front in (
        b"",
        b"\x16\1\0\0\x99\x60",
        b"\2" + before[:2] + URI[:12] + TYPE_1[:5],
    ):
        said = front + before + ntlm.NEGOTIATE + after
        verdict = claimed(said, ntlm.NEGOTIATE, 1, final)
        assert verdict is None or isinstance(verdict, Envelope)
    for said in (before + after, b"\x15" + before, b"\x0a\x15\1\0" + before):
        assert isinstance(answer(said, 3, final), Answer | Need | None)
