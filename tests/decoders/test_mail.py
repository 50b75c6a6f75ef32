"""Dialogues as [MS-SMTPNTLM], [MS-OXIMAP], [MS-POP3] and [MS-NNTP] section 4 have them.

The replies' codes are those of RFC 4954, 3501, 1939 and 4643.
"""

from __future__ import annotations

import base64
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from decoders import mail
from decoders.carrier import Answer, Envelope, Need, Token
from decoders.limits import CONTEXT_BYTES
from tests.support import ntlm
from tests.support.dialogues import C, S, found, told

MESSAGES = {1: ntlm.NEGOTIATE, 2: ntlm.CHALLENGE_V2, 3: ntlm.AUTHENTICATE_V2}
T1, T2, T3 = (base64.b64encode(data) for data in MESSAGES.values())
Turn = tuple[int, bytes]
Way = Callable[..., list[Turn]]


def lines(*turns: tuple[int, bytes]) -> list[Turn]:
    return [(side, data + b"\r\n") for side, data in turns]


def smtp(*end: bytes) -> list[Turn]:
    return lines(
        (S, b"220 mail.example ESMTP"),
        (C, b"EHLO ws"),
        (S, b"250-mail.example\r\n250 AUTH GSSAPI NTLM"),
        (C, b"AUTH NTLM"),
        (S, b"334 ntlm supported"),
        (C, T1),
        (S, b"334 " + T2),
        (C, T3),
        *((S, said) for said in end),
    )


def smtp_at_once(*end: bytes) -> list[Turn]:
    hello = lines((S, b"220 mail.example ESMTP"), (C, b"EHLO ws"), (S, b"250 AUTH"))
    auth = lines((C, b"auth ntlm " + T1), (S, b"334 " + T2), (C, T3))
    return [*hello, *auth, *lines(*((S, said) for said in end))]


def imap(*end: bytes) -> list[Turn]:
    return lines(
        (S, b"* OK IMAP4rev1"),
        (C, b"a1 CAPABILITY"),
        (S, b"* CAPABILITY IMAP4 AUTH=NTLM\r\na1 OK done"),
        (C, b"a2 AUTHENTICATE NTLM"),
        (S, b"+"),
        (C, T1),
        (S, b"+ " + T2),
        (C, T3),
        *((S, said) for said in end),
    )


def imap_at_once(*end: bytes) -> list[Turn]:
    hello = lines((S, b"* OK [CAPABILITY IMAP4 SASL-IR AUTH=NTLM] ready"))
    auth = lines((C, b"A1 authenticate NTLM " + T1), (S, b"+ " + T2), (C, T3))
    return [*hello, *auth, *lines(*((S, said) for said in end))]


def pop3(*end: bytes) -> list[Turn]:
    return lines(
        (S, b"+OK POP3 ready"),
        (C, b"AUTH NTLM"),
        (S, b"+ "),
        (C, T1),
        (S, b"+ " + T2),
        (C, T3),
        *((S, said) for said in end),
    )


def pop3_at_once(*end: bytes) -> list[Turn]:
    hello = lines((S, b"+OK POP3 ready"), (C, b"CAPA"), (S, b"+OK\r\nSASL NTLM\r\n."))
    auth = lines((C, b"AUTH NTLM " + T1), (S, b"+ " + T2), (C, T3))
    return [*hello, *auth, *lines(*((S, said) for said in end))]


def nntp(*end: bytes) -> list[Turn]:
    return lines(
        (S, b"200 news.example"),
        (C, b"AUTHINFO GENERIC NTLM"),
        (S, b"381 Protocol supported, proceed"),
        (C, b"AUTHINFO GENERIC " + T1),
        (S, b"381 " + T2),
        (C, b"AUTHINFO GENERIC " + T3),
        *((S, said) for said in end),
    )


def nntp_sasl(*end: bytes) -> list[Turn]:
    hello = lines((S, b"200 news.example"), (C, b"CAPABILITIES"), (S, b"101 SASL"))
    auth = lines((C, b"AUTHINFO SASL NTLM"), (S, b"383 ="), (C, T1))
    rest = lines((S, b"383 " + T2), (C, T3), *((S, said) for said in end))
    return [*hello, *auth, *rest]


WAYS = {
    "smtp": (smtp, smtp_at_once),
    "imap": (imap, imap_at_once),
    "pop3": (pop3, pop3_at_once),
    "nntp": (nntp, nntp_sasl),
}
ENDS = {
    "smtp": {
        b"235 2.7.0 Authentication successful": (True, "235"),
        b"235-first\r\n235 second": (True, "235"),
        b"535 5.7.3 Authentication unsuccessful": (False, "535"),
        b"535": (False, "535"),
        b"454 4.7.0 Temporary authentication failure": (False, "454"),
    },
    "imap": {
        b"a2 OK AUTHENTICATE completed.": (True, "OK"),
        b"* CAPABILITY IMAP4rev1\r\nA1 ok done": (True, "OK"),
        b"a2 NO AUTHENTICATE failed": (False, "NO"),
        b"a2 BAD Command": (False, "BAD"),
    },
    "pop3": {
        b"+OK User successfully logged on": (True, "+OK"),
        b"+OK": (True, "+OK"),
        b"-ERR Logon failure": (False, "-ERR"),
    },
    "nntp": {
        b"281 Authentication ok": (True, "281"),
        b"283 TlRM": (True, "283"),
        b"481 Authentication failed": (False, "481"),
        b"502 Permission denied": (False, "502"),
    },
}
ALL = [(name, way) for name, ways in WAYS.items() for way in ways]
CASES = [
    pytest.param(name, way, end, Answer(*outcome), id=f"{name}-{end.decode()}")
    for name, way in ALL
    for end, outcome in ENDS[name].items()
]


@pytest.mark.parametrize(("name", "way", "end", "answer"), CASES)
def test_each_protocol_is_named_and_tells_its_outcome(
    name: str, way: Way, end: bytes, answer: Answer
) -> None:
    assert told(way(end)) == [(name, 1), (name, 2), (name, 3), answer]


@pytest.mark.parametrize(("name", "way"), ALL)
@pytest.mark.parametrize("size", [1, 2, 3, 7, 64])
def test_cuts_do_not_matter(name: str, way: Way, size: int) -> None:
    for end in ENDS[name]:
        talk = way(end, b"250 more\r\n* OK more\r\n+OK more")
        assert found(talk, size) == found(talk)


@pytest.mark.parametrize(("name", "way"), ALL)
def test_one_direction_alone_is_enough_where_it_says_what_it_is(
    name: str, way: Way
) -> None:
    end = next(iter(ENDS[name]))
    talk = way(end)
    server = [turn for turn in talk if turn[0] == S]
    assert told(server) == [(name, 2)]
    client = [turn for turn in talk if turn[0] == C]
    known = "raw" if way is pop3 else name  # AUTH NTLM alone is SMTP's as well
    assert told(client) == [(known, 1), (known, 3)]


@pytest.mark.parametrize(("name", "way"), ALL)
def test_one_who_comes_after_the_greeting_hears_the_same(name: str, way: Way) -> None:
    end, outcome = next(iter(ENDS[name].items()))
    talk = way(end)
    first = next(
        n
        for n, (side, data) in enumerate(talk)
        if side == C and b"NTLM" in data[:30].upper()
    )
    seen = told(talk[first:])
    assert seen[1:] == [(name, 2), (name, 3), Answer(*outcome)]
    assert seen[0] in [(name, 1), ("raw", 1)]


@pytest.mark.parametrize(
    ("name", "way", "refusal", "status"),
    [
        ("smtp", smtp_at_once, b"504 5.7.4 Unrecognized", "504"),
        ("imap", imap, b"a2 NO no", "NO"),
        ("pop3", pop3, b"-ERR no", "-ERR"),
        ("nntp", nntp, b"482 out of sequence", "482"),
    ],
)
def test_a_refusal_of_the_first_token_is_an_outcome(
    name: str, way: Way, refusal: bytes, status: str
) -> None:
    talk = way()[:-2]
    assert told([*talk, (S, refusal + b"\r\n")]) == [(name, 1), Answer(False, status)]


def test_no_success_without_a_type_3() -> None:
    talk = smtp()[:6]
    assert told([*talk, (S, b"235 how so?\r\n")]) == [("smtp", 1)]


def test_a_logon_that_is_taken_up_again_has_an_outcome_of_its_own() -> None:
    failed, passed = b"535 no", b"235 yes"
    again = [(C, b"AUTH NTLM " + T1), (S, b"334 " + T2), (C, T3), (S, passed)]
    three: list[object] = [("smtp", kind) for kind in (1, 2, 3)]
    assert told([*smtp(failed), *lines(*again)]) == [
        *three,
        Answer(False, "535"),
        *three,
        Answer(True, "235"),
    ]


def test_spnego_is_known_by_its_line_too() -> None:
    token = base64.b64encode(b"\x60\x28" + bytes(17) + ntlm.NEGOTIATE)
    talk = lines((S, b"220 x"), (C, b"EHLO ws"), (S, b"250 AUTH"))
    assert told([*talk, (C, b"X-EXPS GSSAPI " + token + b"\r\n")]) == [("smtp", 1)]


@pytest.mark.parametrize(
    "talk",
    [
        lines((S, b"354 go on"), (C, b"attached:"), (C, T3), (C, b".")),
        lines((S, b"220 x"), (C, b"EHLO x"), (S, b"250 x"), (C, b"X: " + T1)),
        lines((S, b"220 x"), (S, b"334 " + T2 + b" and more")),
        lines((C, b"EHLO x"), (C, b"AUTH NTLM"), (C, T1 + b"!")),
        lines((C, b"EHLO x"), (C, b"AUTH PLAIN " + T1)),
        lines((S, b"+ " + T2)),
        lines((C, b"AUTH NTLM " + T1)),
        lines((S, b"* OK x"), (C, b"a1 NOOP"), (C, T1)),
    ],
)
def test_what_stands_elsewhere_is_raw(talk: list[Turn]) -> None:
    assert [one.carrier for one in found(talk)] == ["raw"]


def token(before: bytes, after: bytes, final: bool = False) -> Token:
    data = before + T1 + after
    return Token(data, len(before), len(before) + len(T1), 1, final, b"334 \r\n")


SMTP = mail.PROTOCOLS[0]


def test_the_end_of_the_line_is_waited_for_but_not_for_ever() -> None:
    short = token(b"EHLO x\r\n", b"AAAA")
    assert mail.claim(SMTP, short) == Need(len(short.data) + 1)
    assert isinstance(mail.claim(SMTP, token(b"EHLO x\r\n", b"", True)), Envelope)
    assert mail.claim(SMTP, token(b"", b"A" * CONTEXT_BYTES)) is None
    assert mail.claim(SMTP, token(b"", b"A" * CONTEXT_BYTES + b"\r\n")) is None


def test_a_cut_answer_is_waited_for() -> None:
    claim = mail.claim(SMTP, token(b"EHLO x\r\n", b"\r\n"))
    assert isinstance(claim, Envelope)
    assert claim.listen is not None
    assert claim.listen(b"535 no", False) == Need(7)
    assert claim.listen(b"535 no", True) == Answer(False, "535")
    assert claim.listen(b"5", True) is None


def test_a_challenge_is_no_outcome() -> None:
    claim = mail.claim(SMTP, token(b"EHLO x\r\n", b"\r\n"))
    assert isinstance(claim, Envelope)
    assert claim.listen is not None
    assert claim.listen(b"334 " + T2 + b"\r\n", False) is None


@given(
    st.sampled_from(mail.PROTOCOLS),
    st.sampled_from([b"", b"334 ", b"+ ", b"AUTH NTLM ", b"a AUTHENTICATE NTLM "]),
    st.binary(max_size=200),
    st.binary(max_size=200),
    st.integers(1, 3),
    st.booleans(),
)
def test_any_bytes_around_a_token(
    protocol: mail.Protocol,
    before: bytes,
    earlier: bytes,
    after: bytes,
    kind: int,
    final: bool,
) -> None:
    said = earlier + b"\r\n" + before
    data = said + T1 + after
    one = Token(data, len(said), len(said) + len(T1), kind, final, earlier + b"\n")
    verdict = mail.claim(protocol, one)
    assert verdict is None or isinstance(verdict, Envelope | Need)
    talk = [(C, b"EHLO x\r\nAUTH NTLM " + T1 + b"\r\n"), (S, after), (C, said + T3)]
    assert found(talk, 5) == found(talk)
