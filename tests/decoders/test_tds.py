"""Logons laid out by impacket's structures, answers by hand from [MS-TDS] 2.2.7."""

from __future__ import annotations

import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

from decoders import ntlmssp, raw, tds
from decoders.carrier import Answer, Envelope, Need, Token
from decoders.limits import FACT_CHARS, TDS_PACKETS
from decoders.messages import Found
from tests.support import claims, ntlm
from tests.support.spnego import INIT, RESP
from tests.support.sql import (
    DENIED,
    DONE,
    ENVCHANGE,
    INFO,
    KNOWN,
    LET_IN,
    LOGIN,
    LOGINACK,
    TYPE_2,
    TYPE_3,
    beyond,
    cut,
    error,
    login,
    packets,
    part,
)
from tests.support.turns import Turn, answers, heard

ASKED: list[Turn] = [(0, LOGIN), (1, TYPE_2), (0, TYPE_3)]


def claimed(
    said: bytes, message: bytes, kind: int, final: bool = False
) -> Envelope | None:
    verdict = claims.claimed(tds.claim, said, message, kind, final)
    assert verdict is None or isinstance(verdict, Envelope)
    return verdict


def answer(said: bytes, kind: int = 3, final: bool = False) -> object:
    asked = (LOGIN, ntlm.NEGOTIATE) if kind == 1 else (TYPE_3, ntlm.AUTHENTICATE_V2)
    return claims.answer(claimed(*asked, kind), said, final)


def test_login_names_program_server_and_database() -> None:
    first = claimed(b"said before" + LOGIN, ntlm.NEGOTIATE, 1)
    assert first is not None
    assert dict(first.facts) == KNOWN


def test_the_other_tokens_fill_their_messages() -> None:
    assert claimed(TYPE_2, ntlm.CHALLENGE_V2, 2) == Envelope()
    after = packets(4, ENVCHANGE + part(0xED, ntlm.CHALLENGE_V2))
    assert claimed(after, ntlm.CHALLENGE_V2, 2) == Envelope()
    last = claimed(TYPE_3, ntlm.AUTHENTICATE_V2, 3)
    assert last is not None
    assert dict(last.facts) == {}


def test_spnego_may_be_around_them() -> None:
    first = claimed(packets(0x10, login(INIT)), ntlm.NEGOTIATE, 1)
    assert first is not None
    assert dict(first.facts) == KNOWN
    assert claimed(packets(0x11, RESP), ntlm.AUTHENTICATE_V2, 3) is not None


def test_a_long_token_has_its_size_elsewhere() -> None:
    short = login(ntlm.NEGOTIATE)
    size = struct.pack("<I", len(ntlm.NEGOTIATE))
    long = short[:80] + b"\xff\xff" + short[82:90] + size + short[94:]
    assert claimed(packets(0x10, long), ntlm.NEGOTIATE, 1) is not None


def test_texts_of_a_stranger_are_cut() -> None:
    one = packets(0x10, login(ntlm.NEGOTIATE, app="a" * 999))
    envelope = claimed(one, ntlm.NEGOTIATE, 1)
    assert envelope is not None
    assert envelope.facts["AppName"] == "a" * FACT_CHARS


@pytest.mark.parametrize(
    ("said", "message", "kind"),
    [
        (ntlm.NEGOTIATE, ntlm.NEGOTIATE, 1),
        (packets(0x11, ntlm.NEGOTIATE + b"more"), ntlm.NEGOTIATE, 1),
        (packets(0x11, b"more" + ntlm.NEGOTIATE), ntlm.NEGOTIATE, 1),
        (packets(0x01, ntlm.NEGOTIATE), ntlm.NEGOTIATE, 1),
        (packets(0x10, bytes(99) + ntlm.NEGOTIATE), ntlm.NEGOTIATE, 1),
        (packets(0x10, login(b"") + ntlm.NEGOTIATE), ntlm.NEGOTIATE, 1),
        (packets(0x10, login(ntlm.NEGOTIATE + b"more")), ntlm.NEGOTIATE, 1),
        (packets(0x10, login(b""))[:-1] + b"?" + ntlm.NEGOTIATE, ntlm.NEGOTIATE, 1),
        (packets(0x10, beyond(ntlm.NEGOTIATE)) + ntlm.NEGOTIATE, ntlm.NEGOTIATE, 1),
        (packets(0x10, beyond(INIT)) + INIT, ntlm.NEGOTIATE, 1),
        (packets(0x10, cut(INIT)) + INIT[-50:], ntlm.NEGOTIATE, 1),
        (packets(0x11, ntlm.NEGOTIATE)[:-1] + b"?" + ntlm.NEGOTIATE, ntlm.NEGOTIATE, 2),
        (packets(4, part(0xED, ntlm.NEGOTIATE)), ntlm.NEGOTIATE, 1),
        (packets(4, part(0xEC, ntlm.CHALLENGE_V2)), ntlm.CHALLENGE_V2, 2),
        (packets(0x11, ntlm.CHALLENGE_V2), ntlm.CHALLENGE_V2, 2),
    ],
)
def test_what_stands_elsewhere_is_not(said: bytes, message: bytes, kind: int) -> None:
    assert claimed(said, message, kind) is None


def test_the_first_error_or_acknowledgement_is_the_outcome() -> None:
    assert answer(LET_IN) == Answer(True, "LOGINACK")
    assert answer(DENIED) == Answer(False, "18456")
    assert answer(packets(4, INFO + error(18452))) == Answer(False, "18452")


def test_only_a_refusal_answers_type_1() -> None:
    assert answer(TYPE_2, 1) is None
    assert answer(LET_IN, 1) is None
    assert answer(DENIED, 1) == Answer(False, "18456")


def test_what_tells_nothing_is_no_outcome() -> None:
    assert answer(b"HTTP/1.1 200 OK\r\n\r\n") is None
    assert answer(packets(4, DONE)) is None
    assert answer(packets(1, LOGINACK)) is None
    assert answer(LET_IN[:9], final=True) is None


def test_a_cut_answer_is_waited_for() -> None:
    before = len(packets(4, ENVCHANGE + INFO)) + 3
    for size in range(before):
        verdict = answer(LET_IN[:size])
        assert isinstance(verdict, Need)
        assert size < verdict.size <= len(LET_IN)


@pytest.mark.parametrize("size", [17, 20, 40, 100, 222])
def test_headers_within_a_token_are_left_out(size: int) -> None:
    said = packets(0x11, ntlm.AUTHENTICATE_V2, max(size, 8 + 232 // TDS_PACKETS + 1))
    start = said.index(b"NTLMSSP\0")
    found = raw.at(said, start, final=False)
    assert isinstance(found, Found)
    assert found.message == ntlmssp.decode(ntlm.AUTHENTICATE_V2)
    assert (found.start, found.start + found.length) == (start, len(said))
    token = Token(said, start, len(said), 3, False, b"")
    assert isinstance(tds.claim(token), Envelope)


def test_a_packet_that_is_not_continued_holds_nothing_up() -> None:
    said = packets(0x11, ntlm.AUTHENTICATE_V2, 100)[:100] + b"something else"
    found = raw.at(said, 8, final=False)
    assert found == Need(len(ntlm.AUTHENTICATE_V2))


@pytest.mark.parametrize("size", [4096, 222, 128])
@pytest.mark.parametrize(
    ("last", "outcome"),
    [
        (LET_IN, [Answer(True, "LOGINACK")]),
        (DENIED, [Answer(False, "18456")]),
        (b"", []),
    ],
)
def test_however_it_is_cut(last: bytes, outcome: list[Answer], size: int) -> None:
    turns = [
        (0, packets(0x10, login(INIT), size)),
        (1, packets(4, part(0xED, ntlm.CHALLENGE_V2), size)),
        (0, packets(0x11, ntlm.AUTHENTICATE_V2, size)),
        (1, last),
    ]
    assert answers(turns) == outcome
    told = heard(turns)
    assert [one.message for one in told[:3]] == [
        ntlmssp.decode(one)
        for one in (ntlm.NEGOTIATE, ntlm.CHALLENGE_V2, ntlm.AUTHENTICATE_V2)
    ]
    assert [one.carrier for one in told] == ["tds"] * (3 + len(outcome))
    assert told[0].facts == KNOWN
    for piece in (1, 2, 3, 7):
        assert heard(turns, piece) == told


def test_a_refused_login_ends_it() -> None:
    assert answers([(0, LOGIN), (1, DENIED)]) == [Answer(False, "18456")]


def test_a_message_that_was_cut_short_is_told_all_the_same() -> None:
    told = heard([(0, TYPE_3[:150])])
    assert [(one.carrier, type(one.message)) for one in told] == [
        ("tds", ntlmssp.Authenticate)
    ]


@given(st.binary(max_size=99), st.binary(max_size=99), st.booleans())
def test_any_bytes(before: bytes, after: bytes, final: bool) -> None:
    for front in (
        b"",
        LOGIN[:99],
        b"\x11\0\0\x20" + before[:4],
        b"\4\1\0\x40\0\0\1\0",
    ):
        said = front + before + ntlm.NEGOTIATE + after
        for kind in (1, 2):
            verdict = claimed(said, ntlm.NEGOTIATE, kind, final)
            assert verdict is None or isinstance(verdict, Envelope)
        start = said.index(ntlm.NEGOTIATE)
        assert isinstance(raw.at(said, start, final), Found | Need | None)
    for said in (before + after, LET_IN[:8] + before, LET_IN[:30] + before):
        assert isinstance(answer(said, 3, final), Answer | Need | None)


def test_hostile_headers_take_bounded_time() -> None:
    front = b"\x11\0\0\x09\0\0\1\0?" * 1000
    for _ in range(20):
        assert tds.holder(front + ntlm.NEGOTIATE, len(front)) is None
