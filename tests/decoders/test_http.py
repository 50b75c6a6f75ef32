"""Heads by hand as RFC 9112 and [MS-NTHT] have them."""

from __future__ import annotations

import base64

import pytest
from hypothesis import given
from hypothesis import strategies as st

from decoders import http
from decoders.carrier import Answer, Envelope, Need, Token
from decoders.limits import CONTEXT_BYTES, FACT_CHARS
from tests.support import ntlm

TYPES = {1: ntlm.NEGOTIATE, 2: ntlm.CHALLENGE_V2, 3: ntlm.AUTHENTICATE_V2}
ASK = b"PROPFIND /share HTTP/1.1\r\nHost: files.example:8080\r\n"
AGENT = b"User-Agent: Microsoft-WebDAV-MiniRedir/10.0.19045\r\n\r\n"


def token(
    before: bytes, kind: int = 3, after: bytes = b"\r\n\r\n", final: bool = False
) -> Token:
    text = base64.b64encode(TYPES[kind])
    end = len(before) + len(text)
    return Token(before + text + after, len(before), end, kind, final, b"")


def claimed(before: bytes, kind: int = 3, after: bytes = b"\r\n\r\n") -> Envelope:
    envelope = http.claim(token(before, kind, after))
    assert isinstance(envelope, Envelope)
    return envelope


def answer(data: bytes, kind: int = 3, field: bytes = b"Authorization") -> object:
    listen = claimed(ASK + field + b": NTLM ", kind).listen
    assert listen is not None
    return listen(data, False)


@pytest.mark.parametrize(
    ("field", "kind"),
    [
        (b"Authorization: NTLM ", 1),
        (b"authorization:ntlm ", 3),
        (b"Authorization: Negotiate ", 3),
        (b"Proxy-Authorization: NTLM ", 1),
        (b"WWW-Authenticate: NTLM ", 2),
        (b"Proxy-Authenticate: Negotiate ", 2),
        (b"WWW-Authenticate: Basic realm=x, NTLM ", 2),
        (b"Authorization: Negotiate YIGeBgYr", 1),
    ],
)
def test_the_fields_of_authentication_are_claimed(field: bytes, kind: int) -> None:
    assert isinstance(http.claim(token(field, kind)), Envelope)


@pytest.mark.parametrize(
    "before",
    [
        b"X-Authorization-Copy: NTLM ",
        b"Authorization: Basic ",
        b"334 ",
        b"<p>Authorization: NTLM ",
        b"Authorization: NTLM\r\n ",
        b"",
    ],
)
def test_what_stands_elsewhere_is_not(before: bytes) -> None:
    assert http.claim(token(before)) is None


def test_a_request_tells_what_it_asks_for_from_before_and_after() -> None:
    before = b"junk\r\n\r\nGET /old HTTP/1.1\r\nHost: old\r\n\r\n" + ASK
    after = b"\r\n" + AGENT
    assert claimed(before + b"Authorization: NTLM ", 1, after).facts == {
        "Method": "PROPFIND",
        "Host": "files.example:8080",
        "Path": "/share",
        "UserAgent": "Microsoft-WebDAV-MiniRedir/10.0.19045",
        "Service": "WebDAV",
    }


@pytest.mark.parametrize(
    ("line", "service"),
    [
        (b"RPC_IN_DATA /rpc/rpcproxy.dll?dc:593 HTTP/1.1", "RPC over HTTP"),
        (b"RPC_OUT_DATA /rpc/rpcproxy.dll?dc:593 HTTP/1.0", "RPC over HTTP"),
        (b"POST /wsman?PSVersion=5.1 HTTP/1.1", "WinRM"),
        (b"GET /start HTTP/1.1", None),
    ],
)
def test_what_is_spoken_over_http(line: bytes, service: str | None) -> None:
    facts = claimed(line + b"\r\nAuthorization: NTLM ").facts
    assert facts.get("Service") == service


@pytest.mark.parametrize(
    ("before", "method"),
    [
        (b"\x9fXY", "GET"),
        (b"\x9fA-", "GET"),
        (b"body\r\nY", "YGET"),
        (b"", "GET"),
        (b"\x9f", "GET"),
    ],
)
def test_other_bytes_before_a_request_are_not_its_method(
    before: bytes, method: str
) -> None:
    asked = before + b"GET /a HTTP/1.1\r\nAuthorization: NTLM "

    assert claimed(asked).facts["Method"] == method


def test_a_response_tells_nothing_of_a_request() -> None:
    head = b"HTTP/1.1 401 Unauthorized\r\nHost: x\r\nWWW-Authenticate: NTLM "
    envelope = claimed(head, 2)
    assert (dict(envelope.facts), envelope.listen) == ({}, None)


def test_texts_of_a_stranger_are_cut() -> None:
    head = b"GET /" + b"a" * 5000 + b" HTTP/1.1\r\nAuthorization: NTLM "
    assert claimed(head).facts["Path"] == "/" + "a" * (FACT_CHARS - 1)


def test_the_rest_of_the_head_is_waited_for_but_not_for_ever() -> None:
    before = ASK + b"Authorization: NTLM "
    short = token(before, after=b"\r\nUser-Agent: x\r\n")
    assert http.claim(short) == Need(len(short.data) + 1)
    ended = token(before, after=b"\r\nUser-Agent: x\r\n", final=True)
    envelope = http.claim(ended)
    assert isinstance(envelope, Envelope)
    assert envelope.facts["UserAgent"] == "x"
    cookie = b"\r\nCookie: " + b"a" * 2 * CONTEXT_BYTES
    for more in (b"", b"\r\nUser-Agent: late\r\n\r\n"):
        endless = http.claim(token(before, after=cookie + more))
        assert isinstance(endless, Envelope)
        assert "UserAgent" not in endless.facts


@pytest.mark.parametrize(
    ("status", "success"),
    [
        (b"200 OK", True),
        (b"207 Multi-Status", True),
        (b"302 Found", True),
        (b"403 Forbidden", True),
        (b"404 Not Found", True),
        (b"401 Unauthorized", False),
    ],
)
def test_the_status_code_is_the_outcome(status: bytes, success: bool) -> None:
    response = b"HTTP/1.1 " + status + b"\r\nContent-Length: 0\r\n\r\n"
    assert answer(response) == Answer(success, status[:3].decode())


@pytest.mark.parametrize("status", [b"400 Bad Request", b"503 Busy", b"413 Too Large"])
def test_a_request_nobody_looked_at_has_no_outcome(status: bytes) -> None:
    assert answer(b"HTTP/1.1 " + status + b"\r\n\r\n") is None


def test_a_proxy_refuses_with_407_and_lets_the_401_of_a_server_through() -> None:
    refused, passed = b"HTTP/1.1 407 No\r\n\r\n", b"HTTP/1.1 401 No\r\n\r\n"
    assert answer(refused, field=b"Proxy-Authorization") == Answer(False, "407")
    assert answer(passed, field=b"Proxy-Authorization") == Answer(True, "401")


def test_a_challenge_is_no_outcome_and_a_mere_offer_is_a_refusal() -> None:
    text = base64.b64encode(ntlm.CHALLENGE_V2)
    challenge = b"HTTP/1.1 401 No\r\nWWW-Authenticate: NTLM " + text + b"\r\n\r\n"
    offer = b"HTTP/1.1 401 No\r\nWWW-Authenticate: NTLM\r\n\r\n"
    assert answer(challenge, 1) is None
    assert answer(offer, 1) == Answer(False, "401")
    assert answer(b"HTTP/1.1 200 OK\r\n\r\n", 1) is None


def test_an_interim_response_is_passed_over() -> None:
    interim = b"HTTP/1.1 100 Continue\r\n\r\n"
    assert answer(interim) == Need(len(interim) + 1)
    assert answer(interim + b"HTTP/1.1 200 OK\r\n\r\n") == Answer(True, "200")


def test_a_cut_status_line_or_refusal_is_waited_for() -> None:
    assert answer(b"HTTP/1.1 20") == Need(12)
    assert answer(b"HTTP/1.1 401 No\r\nWWW-A") == Need(23)


@given(st.binary(max_size=200), st.binary(max_size=200), st.booleans())
def test_any_bytes_around_a_token(before: bytes, after: bytes, final: bool) -> None:
    head = b"GET / HTTP/1.1\r\n" + before + b"\r\nAuthorization: NTLM "
    verdict = http.claim(token(head, after=after, final=final))
    assert isinstance(verdict, Envelope | Need)
    listen = claimed(head).listen
    assert listen is not None
    answered = listen(b"HTTP/1.1 4" + before + after, final)
    assert answered is None or isinstance(answered, Answer | Need)
