"""NTLM in LDAP binds: Sicily ([MS-ADTS] 5.1.1.1.3) and SASL (RFC 4511 4.2)."""

from __future__ import annotations

from functools import partial
from typing import Final

from decoders.carrier import Answer, Carrier, Envelope, Need, Token
from decoders.der import (
    ENUMERATED,
    OCTET_STRING,
    SEQUENCE,
    Element,
    element,
    elements,
)
from decoders.limits import LDAP_HEAD_BYTES
from decoders.wire import DecodeError, TruncatedError

_INTEGER: Final = 0x02
_BIND_REQUEST: Final = 0x60
_BIND_RESPONSE: Final = 0x61
_SICILY: Final = (0x89, 0x8A, 0x8B)
_SASL: Final = 0xA3
_SASL_CREDENTIALS: Final = 0x87
_SUCCESS: Final = 0
_SASL_BIND_IN_PROGRESS: Final = 14


def claim(token: Token) -> Envelope | None:
    """Claim a token that fills a field of a bind, or stands in its SPNEGO."""
    first = max(0, token.start - LDAP_HEAD_BYTES)
    at = token.data.rfind(SEQUENCE, first, token.start)
    while at >= 0:
        envelope = _bind_at(token, at)
        if envelope:
            return envelope
        at = token.data.rfind(SEQUENCE, first, at)
    return None


def _bind_at(token: Token, at: int) -> Envelope | None:
    """Read the LDAPMessage that may begin at *at*; None if the token is not in it."""
    try:
        message = element(token.data, at, len(token.data), truncated=True)
        number, operation = _parts(token.data, message)
        fields = list(elements(token.data, operation, truncated=True))
    except DecodeError:
        return None
    if message.end < token.end or not _is_bind(operation.tag, fields):
        return None
    if not any(_holds(token, field) for field in fields[1:]):
        return None
    if operation.tag == _BIND_RESPONSE:
        return Envelope()
    name = token.data[number.start : number.end]
    return Envelope(listen=partial(_listen, name, token.type))


def _parts(data: bytes, message: Element) -> tuple[Element, Element]:
    """Give the message's number and its operation (RFC 4511 4.1.1)."""
    number = element(data, message.start, message.end)
    if number.tag != _INTEGER or number.end - number.start > 4:
        raise DecodeError("ldap", message.start, "no message number")
    return number, element(data, number.end, message.end, truncated=True)


def _is_bind(tag: int, fields: list[Element]) -> bool:
    tags = [field.tag for field in fields[:2]]
    if tag == _BIND_REQUEST:
        return tags == [_INTEGER, OCTET_STRING]
    return tag == _BIND_RESPONSE and tags == [ENUMERATED, OCTET_STRING]


def _holds(token: Token, field: Element) -> bool:
    """Tell whether the token fills a Sicily field, or lies in SASL credentials."""
    if field.tag in _SICILY:
        return (field.start, field.end) == (token.start, token.end)
    may_hold = field.tag in (_SASL, _SASL_CREDENTIALS, OCTET_STRING)
    return may_hold and field.start <= token.start and token.end <= field.end


def _listen(number: bytes, kind: int, data: bytes, final: bool) -> Answer | Need | None:
    """Read the outcome off the resultCode of the response to message *number*."""
    at = 0
    try:
        while True:
            message = element(data, at, len(data))
            own, operation = _parts(data, message)
            if data[own.start : own.end] == number:
                return _outcome(data, operation, kind)
            at = message.end
    except TruncatedError:
        return None if final else Need(len(data) + 1)
    except DecodeError:
        return None


def _outcome(data: bytes, operation: Element, kind: int) -> Answer | None:
    if operation.tag != _BIND_RESPONSE:
        return None
    result = element(data, operation.start, operation.end)
    code = int.from_bytes(data[result.start : result.end], "big")
    if code in (_SUCCESS, _SASL_BIND_IN_PROGRESS):
        is_over = kind == 3 and code == _SUCCESS
        return Answer(True, str(code)) if is_over else None
    return Answer(False, str(code))


CARRIER: Final = Carrier("ldap", (389, 3268), claim=claim)
