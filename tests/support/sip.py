"""A registration as [MS-SIPAE] 4.1 has it."""

from __future__ import annotations

import base64

from tests.support import ntlm
from tests.support.dialogues import C, S

MESSAGES = (ntlm.NEGOTIATE, ntlm.CHALLENGE_V2, ntlm.AUTHENTICATE_V2)
T1, T2, T3 = (base64.b64encode(data) for data in MESSAGES)
REALM = b'realm="SIP Communications Service", targetname="server.contoso.com", '
AUTHORIZATION = b'Authorization: NTLM qop="auth", ' + REALM + b'gssapi-data="'
AUTHENTICATE = b'WWW-Authenticate: NTLM opaque="BCDC0C9D", ' + REALM
LINE = b"REGISTER sip:contoso.com SIP/2.0\r\n"
UNAUTHORIZED = b"401 Unauthorized"


def dialog(number: int = 171) -> bytes:
    return (
        b"Via: SIP/2.0/TCP 192.0.2.1:4320\r\nTo: <sip:alice@contoso.com>\r\n"
        b"Call-ID: d5f2b95d5be64c2cbfb38aa5d3a87ae7\r\nCSeq: %d REGISTER\r\n" % number
    )


def request(
    token: bytes, line: bytes = LINE, number: int = 171, field: bytes = AUTHORIZATION
) -> bytes:
    head = line + dialog(number) + field + token + b'", version=3\r\n'
    return (
        head + b"UserAgent: UCCP/2.0.6362.0 OC/2.0.6362.0\r\nContent-Length: 0\r\n\r\n"
    )


def response(status: bytes, field: bytes = b"", number: int = 171) -> bytes:
    field += b"\r\n" if field else b""
    return b"SIP/2.0 " + status + b"\r\n" + dialog(number) + field + b"\r\n"


CHALLENGE = AUTHENTICATE + b'gssapi-data="' + T2 + b'", version=3'


def logon(*end: bytes) -> list[tuple[int, bytes]]:
    return [
        (C, LINE + dialog(169) + b"\r\n"),
        (S, response(UNAUTHORIZED, AUTHENTICATE + b"version=3", 169)),
        (C, request(b"", number=170)),
        (S, response(UNAUTHORIZED, CHALLENGE, 170)),
        (C, request(T3)),
        *((S, said) for said in end),
    ]
