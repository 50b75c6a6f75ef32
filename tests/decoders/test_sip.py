"""Registrations as [MS-SIPAE] 4.1 has them; status codes are those of RFC 3261 21."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from decoders import sip
from decoders.carrier import Answer, Envelope, Need, Token
from decoders.limits import CONTEXT_BYTES, FACT_CHARS
from sensor.types import UDP
from tests.support.dialogues import C, S, found, told
from tests.support.sip import (
    AUTHENTICATE,
    AUTHORIZATION,
    CHALLENGE,
    LINE,
    T1,
    T2,
    T3,
    UNAUTHORIZED,
    dialog,
    logon,
    request,
    response,
)


@pytest.mark.parametrize(
    ("end", "answer"),
    [
        ([response(b"200 OK")], Answer(True, "200")),
        ([response(b"100 Trying"), response(b"200 OK")], Answer(True, "200")),
        ([response(b"302 Moved")], None),
        ([response(b"480 Temporarily Unavailable")], None),
        ([response(b"407 Proxy Authentication Required")], None),
        ([response(UNAUTHORIZED, AUTHENTICATE)], Answer(False, "401")),
        ([response(b"403 Forbidden")], Answer(False, "403")),
        ([response(b"200 OK", b"", 12), response(b"403 No")], Answer(False, "403")),
    ],
)
def test_the_status_code_is_the_outcome(
    end: list[bytes], answer: Answer | None
) -> None:
    talk = logon(*end)
    assert told(talk) == [("sip", 2), ("sip", 3), *([answer] if answer else [])]
    for size in (1, 2, 5, 64):
        assert found(talk, size) == found(talk)


def test_a_request_tells_what_it_asks_for() -> None:
    two, three, _ = found(logon(response(b"200 OK")))
    assert two.facts == {}
    assert three.facts == {
        "Method": "REGISTER",
        "Host": "contoso.com",
        "UserAgent": "UCCP/2.0.6362.0 OC/2.0.6362.0",
    }


@pytest.mark.parametrize(
    ("uri", "host"),
    [
        (b"sip:alice@contoso.com:5061;transport=tls", "contoso.com"),
        (b"sips:alice:secret@contoso.com?subject=x", "contoso.com"),
        (b"sip:[2001:db8::1]:5060", "[2001:db8::1]"),
        (b"sip:" + b"h" * 300, "h" * FACT_CHARS),
        (b"tel:+1", None),
    ],
)
def test_the_host_of_a_uri(uri: bytes, host: str | None) -> None:
    data = b"junk SIP/2.0\r\n\r\nv=0\r\n" + request(
        T3, b"INVITE " + uri + b" SIP/2.0\r\n"
    )
    (one,) = found([(C, data)])
    assert one.facts.get("Host") == host


@pytest.mark.parametrize(
    ("field", "token", "kind"),
    [
        (b'authorization:ntlm gssapi-data = "', T1, 1),
        (b'Proxy-Authorization: NTLM realm="a,b",\r\n gssapi-data="', T3, 3),
        (b'WWW-Authenticate: NTLM gssapi-data="', T2, 2),
        (b'Proxy-Authenticate: NTLM\r\n\tgssapi-data="', T2, 2),
        (b'Authorization: NTLM gssapi-data="YIGeBgYr', T1, 1),
    ],
)
def test_the_fields_of_authentication_are_claimed(
    field: bytes, token: bytes, kind: int
) -> None:
    assert told([(C, request(token, field=field))], 1) == [("sip", kind)]


@pytest.mark.parametrize(
    "data",
    [
        request(T2),
        request(T3, field=b'X-Authorization: NTLM gssapi-data="'),
        request(T3, field=b'Authorization: Kerberos gssapi-data="'),
        request(T3, field=b'Authorization: NTLM\r\nX: gssapi-data="'),
        request(T3, field=b'Authorization: NTLM x="gssapi-data=\\"'),
        request(T3, field=b'Authorization: NTLM response="'),
        request(T3 + b"!"),
        response(UNAUTHORIZED, AUTHENTICATE + b'gssapi-data="' + T3 + b'"'),
    ],
)
def test_what_stands_elsewhere_is_raw(data: bytes) -> None:
    assert [one.carrier for one in found([(C, data)])] == ["raw"]


def test_a_proxy_refuses_with_407() -> None:
    asked = request(T3, field=AUTHORIZATION.replace(b"Auth", b"Proxy-Auth", 1))
    refused = response(b"407 Proxy Authentication Required")
    assert told([(C, asked), (S, refused)]) == [("sip", 3), Answer(False, "407")]
    assert told([(C, asked), (S, response(UNAUTHORIZED))]) == [("sip", 3)]


def test_a_type_1_may_be_refused_but_not_accepted() -> None:
    asked = request(T1)
    refused = [("sip", 1), Answer(False, "401")]
    assert told([(C, asked), (S, response(UNAUTHORIZED, AUTHENTICATE))]) == refused
    assert told([(C, asked), (S, response(b"200 OK"))]) == [("sip", 1)]
    talk = [(C, asked), (S, response(UNAUTHORIZED, CHALLENGE))]
    assert told(talk) == [("sip", 1), ("sip", 2)]


def test_of_a_request_whose_beginning_was_lost_any_final_response_is_the_answer() -> (
    None
):
    whole = request(T3)
    asked = whole[whole.index(b"Authorization") :]
    talk = [(C, asked), (S, response(b"200 OK", number=9))]
    assert told(talk) == [("sip", 3), Answer(True, "200")]


def token(after: bytes, final: bool = False) -> Token:
    before = LINE + dialog() + AUTHORIZATION
    data = before + T3 + after
    return Token(data, len(before), len(before) + len(T3), 3, final, b"")


def listen(data: bytes, final: bool = False) -> Answer | Need | None:
    claim = sip.claim(token(b'"\r\n\r\n'))
    assert isinstance(claim, Envelope)
    assert claim.listen is not None
    return claim.listen(data, final)


def test_the_rest_of_the_head_is_waited_for_but_not_for_ever() -> None:
    short = token(b'", version=3\r\nUser-Agent: x')
    assert sip.claim(short) == Need(len(short.data) + 1)
    ended = sip.claim(token(b'", version=3\r\nUser-Agent: x', final=True))
    assert isinstance(ended, Envelope)
    assert ended.facts["UserAgent"] == "x"
    padding = b'"\r\nX: ' + b"x" * CONTEXT_BYTES
    for more in (b"", b"\r\nUser-Agent: late\r\n\r\n"):
        endless = sip.claim(token(padding + more))
        assert isinstance(endless, Envelope)
        assert "UserAgent" not in endless.facts


def test_a_cut_answer_is_waited_for() -> None:
    whole = response(b"403 Forbidden")
    assert listen(whole[:-1]) == Need(len(whole))
    assert listen(whole[:-1], final=True) == Answer(False, "403")
    assert listen(b"SIP/2.0 40", final=True) is None


@given(
    st.sampled_from([AUTHORIZATION, b'Proxy-Authenticate: NTLM gssapi-data="', b""]),
    st.binary(max_size=100),
    st.binary(max_size=100),
    st.booleans(),
)
def test_any_bytes_around_a_token(
    field: bytes, before: bytes, after: bytes, final: bool
) -> None:
    data = before + b"\r\n" + field + T3 + after
    start = len(data) - len(after) - len(T3)
    one = Token(data, start, start + len(T3), 3, final, b"")
    verdict = sip.claim(one)
    assert verdict is None or isinstance(verdict, Envelope | Need)
    talk = [(C, data), (S, b"SIP/2.0 403\r\n" + before + after)]
    assert found(talk, 3) == found(talk)
    answered = listen(b"SIP/2.0 403" + before + after, final)
    assert answered is None or isinstance(answered, Answer | Need)


@pytest.mark.parametrize(
    ("end", "answer"),
    [
        ([response(b"100 Trying"), response(b"200 OK")], Answer(True, "200")),
        ([response(b"403 Forbidden")], Answer(False, "403")),
        ([response(b"200 OK", number=1), response(b"401 No")], Answer(False, "401")),
        ([response(b"480 Busy"), response(b"200 OK")], None),
    ],
)
def test_a_logon_in_datagrams(end: list[bytes], answer: Answer | None) -> None:
    expected = [("sip", 2), ("sip", 3), *([answer] if answer else [])]
    assert told(logon(*end), proto=UDP) == expected


def test_a_request_that_is_sent_again_is_told_once() -> None:
    *before, (_, last) = logon()
    talk = [*before, (C, last), (C, last), (S, response(b"200 OK"))]
    expected = [("sip", 2), ("sip", 3), Answer(True, "200")]
    assert told(talk, proto=UDP) == expected
