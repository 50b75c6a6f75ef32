"""NTLM in HTTP/1.x heads ([MS-NTHT], RFC 4559, RFC 9112): who asks whom for what.

The same heads carry WebDAV, WinRM and RPC over HTTP.
"""

from __future__ import annotations

import re
from functools import partial
from typing import Final

from decoders.base64text import LETTER
from decoders.carrier import Answer, Carrier, Envelope, Need, Token, facts
from decoders.limits import CONTEXT_BYTES, FACT_CHARS

_FIELD: Final = re.compile(
    rb"(?i)(?:(proxy-)?authorization|(?:www|proxy)-authenticate)[ \t]*:"
    rb"(?:[^\r\n]*,)?[ \t]*(?:ntlm|negotiate)[ \t]+" + LETTER + rb"*\Z"
)
_REQUEST: Final = re.compile(rb"([A-Z_-]{1,32}) ([^ \r\n]+) HTTP/1\.[01]\r?\n")
_RESPONSE: Final = re.compile(rb"HTTP/1\.[01] (\d{3})[^\r\n]*\r?\n")
_END: Final = re.compile(rb"\r?\n\r?\n")
_TOKEN: Final = re.compile(
    rb"(?i)authenticate[ \t]*:[^\r\n]*\b(?:ntlm|negotiate)[ \t]+[A-Za-z0-9+/]{16}"
)
_UNHEARD: Final = frozenset({400, 408, 411, 413, 414, 431})
# the request was refused before anybody looked at who sent it; so it is with 5xx


def claim(token: Token) -> Envelope | Need | None:
    """Claim a token in a header field of authentication, and read its whole head."""
    line = token.data.rfind(b"\n", 0, token.start) + 1
    field = _FIELD.match(token.data[line : token.start])
    if field is None:
        return None
    reach = token.end + CONTEXT_BYTES
    end = _END.search(token.data, token.end, reach)
    if end is None and not token.final and len(token.data) < reach:
        return Need(len(token.data) + 1)
    if token.type == 2:
        return Envelope()
    head = token.data[: end.start() + 2 if end else reach]
    refusal = 407 if field[1] else 401
    listen = partial(_listen, refusal, token.type)
    return Envelope(_asked(head, line), listen)


def _asked(head: bytes, line: int) -> dict[str, str]:
    """Read what the last request that begins before *line* asks for."""
    starts = [*_REQUEST.finditer(head, 0, line)]
    if not starts:
        return {}
    method, target = _method(head, starts[-1]), _text(starts[-1][2])
    host, agent = (
        _value(head[starts[-1].end() :], name) for name in (b"host", b"user-agent")
    )
    service = _service(method, target, agent)
    return facts(
        Method=method, Host=host, Path=target, UserAgent=agent, Service=service
    )


def _method(head: bytes, line: re.Match[bytes]) -> str:
    """Return the method of a request line; other bytes may stand right before it.

    Where it does not begin a line, only a method that is known can be told from them.
    """
    text = _text(line[1])
    if line.start() == 0 or head[line.start() - 1] == ord("\n"):
        return text
    known = (name for name in _METHODS if text.endswith(name))
    return max(known, key=len, default=text)


def _service(method: str, target: str, agent: str) -> str:
    """Name what is spoken over HTTP, where that is known."""
    if method in ("RPC_IN_DATA", "RPC_OUT_DATA"):
        return "RPC over HTTP"
    if "/wsman" in target.lower():
        return "WinRM"
    is_dav = method in _DAV_METHODS or agent.startswith("Microsoft-WebDAV-MiniRedir")
    return "WebDAV" if is_dav else ""


_DAV_METHODS: Final = frozenset(
    {"PROPFIND", "PROPPATCH", "MKCOL", "COPY", "MOVE", "LOCK", "UNLOCK"}
)
_METHODS: Final = _DAV_METHODS | {
    *("GET", "HEAD", "POST", "PUT", "DELETE", "CONNECT", "OPTIONS", "TRACE", "PATCH"),
    *("RPC_IN_DATA", "RPC_OUT_DATA"),
}


def _value(head: bytes, name: bytes) -> str:
    match = re.search(rb"(?im)^" + name + rb"[ \t]*:[ \t]*([^\r\n]*)", head)
    return _text(match[1]) if match else ""


def _text(raw: bytes) -> str:
    return raw.decode("latin-1").strip()[:FACT_CHARS]


def _listen(refusal: int, kind: int, data: bytes, final: bool) -> Answer | Need | None:
    """Read the outcome off the status code of the response (RFC 9110 11.6, 11.7)."""
    response = _final_response(data)
    if response is None:
        return None if final else Need(len(data) + 1)
    code, head = int(response[1]), data[response.end() :]
    if code != refusal:
        is_told = kind == 3 and code < 500 and code not in _UNHEARD
        return Answer(True, str(code)) if is_told else None
    end = _END.search(data, response.end() - 2)
    if end is None and not final:
        return Need(len(data) + 1)
    goes_on = _TOKEN.search(head[: end.start()] if end else head)
    return None if goes_on else Answer(False, str(code))


def _final_response(data: bytes) -> re.Match[bytes] | None:
    """Find the first status line that is not interim (RFC 9110 15.2)."""
    responses = _RESPONSE.finditer(data)
    return next((one for one in responses if one[1][:1] != b"1"), None)


CARRIER: Final = Carrier("http", (80, 3128, 5985, 8080), claim=claim)
