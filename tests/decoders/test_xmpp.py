"""Streams as RFC 6120 section 9.1 has them, with NTLM as the mechanism."""

from __future__ import annotations

import base64

import pytest
from hypothesis import given
from hypothesis import strategies as st

from decoders import xmpp
from decoders.carrier import Answer, Envelope, Need, Token
from decoders.limits import CONTEXT_BYTES, FACT_CHARS
from tests.support import ntlm
from tests.support.dialogues import C, S, found, told

NS = b"xmlns='urn:ietf:params:xml:ns:xmpp-sasl'"
MESSAGES = (ntlm.NEGOTIATE, ntlm.CHALLENGE_V2, ntlm.AUTHENTICATE_V2)
T1, T2, T3 = (base64.b64encode(data) for data in MESSAGES)
OPEN = (
    b"<?xml version='1.0'?><stream:stream from='juliet@im.example.com'"
    b" to='im.example.com' version='1.0' xml:lang='en' xmlns='jabber:client'"
    b" xmlns:stream='http://etherx.jabber.org/streams'>"
)
AUTH = b"<auth " + NS + b" mechanism='NTLM'>"
RESPONSE = b"<response " + NS + b">"
CHALLENGE = b"<challenge " + NS + b">"
SUCCESS = b"<success " + NS + b"/>"
FAILURE = b"<failure " + NS + b"><not-authorized/></failure>"


def logon(end: bytes, start: bytes = AUTH) -> list[tuple[int, bytes]]:
    return [
        (C, OPEN),
        (S, OPEN.replace(b" to=", b" id=")),
        (C, start + T1 + b"</auth>"),
        (S, CHALLENGE + T2 + b"</challenge>"),
        (C, RESPONSE + T3 + b"</response>"),
        (S, end),
    ]


@pytest.mark.parametrize(
    ("end", "answer"),
    [
        (SUCCESS, Answer(True, "success")),
        (b"<success " + NS + b">dj1=</success>", Answer(True, "success")),
        (FAILURE, Answer(False, "not-authorized")),
        (b"<failure " + NS + b"/>", Answer(False, "failure")),
        (b"<failure " + NS + b"></failure>", Answer(False, "failure")),
        (b"<s:failure xmlns:s" + NS[5:] + b"> <s:aborted />", Answer(False, "aborted")),
        (b"<failure xmlns='x'><no/></failure>" + SUCCESS, Answer(True, "success")),
    ],
)
def test_success_and_failure_are_told(end: bytes, answer: Answer) -> None:
    talk = logon(end)
    assert told(talk) == [("xmpp", 1), ("xmpp", 2), ("xmpp", 3), answer]
    for size in (1, 2, 5, 64):
        assert found(talk, size) == found(talk)


def test_a_client_names_whom_its_stream_is_for() -> None:
    one, two, three, _ = found(logon(SUCCESS))
    assert one.facts == three.facts == {"Host": "im.example.com"}
    assert two.facts == {}
    again = OPEN.replace(b"to='im.example.com'", b'to="other"')
    assert found([(C, OPEN + again), *logon(SUCCESS)[2:]])[0].facts == {"Host": "other"}
    long = OPEN.replace(b"im.example.com", b"h" * 300)
    (cut,) = found([(C, long), (C, AUTH + T1 + b"</auth>")])
    assert cut.facts == {"Host": "h" * FACT_CHARS}


@pytest.mark.parametrize(
    "start",
    [
        b'<auth mechanism="NTLM" xmlns="urn:ietf:params:xml:ns:xmpp-sasl">\n ',
        b"<sasl:auth xmlns:sasl" + NS[5:] + b"\n mechanism = 'NTLM' >",
        b"<auth " + NS + b" mechanism='GSS-SPNEGO'>",
    ],
)
def test_xml_may_be_written_in_many_ways(start: bytes) -> None:
    assert told(logon(SUCCESS, start))[0] == ("xmpp", 1)


@pytest.mark.parametrize(
    "data",
    [
        b"<body>" + T1 + b"</body>",
        b"<auth mechanism='NTLM'>" + T1 + b"</auth>",
        b"<auth " + NS + b" mechanism='PLAIN'>" + T1 + b"</auth>",
        AUTH + b"<b/>" + T1 + b"</auth>",
        AUTH + T1 + b"!</auth>",
        AUTH + b"!" + T1 + b"</auth>",
        CHALLENGE + T1 + b"</challenge>",
        RESPONSE + T2 + b"</response>",
    ],
)
def test_what_stands_elsewhere_is_raw(data: bytes) -> None:
    assert [one.carrier for one in found([(C, data)])] == ["raw"]


def test_a_refused_type_1_is_an_outcome_and_an_accepted_one_is_not() -> None:
    asked = logon(b"")[:3]
    refusal = FAILURE.replace(b"not-authorized", b"invalid-mechanism")
    refused = [("xmpp", 1), Answer(False, "invalid-mechanism")]
    assert told([*asked, (S, refusal)], 1) == refused
    assert told([*asked, (S, SUCCESS)]) == [("xmpp", 1)]


def token(before: bytes, after: bytes, final: bool = False) -> Token:
    data = before + T3 + after
    return Token(data, len(before), len(before) + len(T3), 3, final, b"")


def test_the_end_of_the_element_is_waited_for_but_not_for_ever() -> None:
    short = token(RESPONSE, b"AAAA=<")
    assert xmpp.claim(short) == Need(len(short.data) + 1)
    assert isinstance(xmpp.claim(token(RESPONSE, b"", True)), Envelope)
    assert xmpp.claim(token(RESPONSE, b"A" * CONTEXT_BYTES)) is None
    assert xmpp.claim(token(RESPONSE, b"A" * CONTEXT_BYTES + b"</")) is None


def listen(data: bytes, final: bool = False) -> Answer | Need | None:
    claim = xmpp.claim(token(RESPONSE, b"</response>"))
    assert isinstance(claim, Envelope)
    assert claim.listen is not None
    return claim.listen(data, final)


def test_a_cut_answer_is_waited_for() -> None:
    assert listen(SUCCESS[:-1]) == Need(len(SUCCESS))
    assert listen(SUCCESS[:-1], final=True) is None
    start = FAILURE.index(b"-auth")
    assert listen(FAILURE[:start]) == Need(start + 1)
    assert listen(FAILURE[:start], final=True) == Answer(False, "failure")
    assert listen(CHALLENGE + T2) is None
    assert listen(b"<failure " + NS + b"/>") == Answer(False, "failure")


@given(
    st.sampled_from([AUTH, RESPONSE, CHALLENGE, b""]),
    st.binary(max_size=100),
    st.binary(max_size=100),
    st.booleans(),
)
def test_any_bytes_around_a_token(
    start: bytes, before: bytes, after: bytes, final: bool
) -> None:
    verdict = xmpp.claim(token(before + start, after, final))
    assert verdict is None or isinstance(verdict, Envelope | Need)
    talk = [(C, before + start + T3 + after), (S, before + after)]
    assert found(talk, 3) == found(talk)
    answered = listen(b"<failure " + NS + after, final)
    assert answered is None or isinstance(answered, Answer | Need)
