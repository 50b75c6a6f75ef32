"""NTLM in LDAP binds: Sicily ([MS-ADTS] 5.1.1.1.3) and SASL (RFC 4511 4.2)."""

from __future__ import annotations

from functools import partial
from itertools import islice
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
_FIRST_TAGS: Final = {
    _BIND_REQUEST: [_INTEGER, OCTET_STRING],
    _BIND_RESPONSE: [ENUMERATED, OCTET_STRING],
}
# version and name; resultCode and matchedDN
_FIELDS: Final = 6
# of a bind at most: resultCode, matchedDN, diagnosticMessage, referral, credentials
_SICILY: Final = {_BIND_REQUEST: (0x8A, 0x8B), _BIND_RESPONSE: (OCTET_STRING,)}
# sicilyNegotiate and sicilyResponse; the challenge stands in the place of matchedDN
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
    """Read the LDAPMessage that may begin at *at*; None if the token is not in it.

    Nothing is read behind the token: it may not be there yet.
    """
    try:
        message = element(token.data, at, token.end, truncated=True)
        number, operation = _parts(token.data, message)
        is_held = _is_in_bind(token, operation)
    except DecodeError:
        return None
    if not is_held:
        return None
    if operation.tag == _BIND_RESPONSE:
        return Envelope()
    return Envelope(listen=partial(_listen, _number(token.data, number), token.type))


def _is_in_bind(token: Token, operation: Element) -> bool:
    """Tell whether *operation* is a bind, and the token in the field it may be in."""
    first_tags = _FIRST_TAGS.get(operation.tag)
    fields = _fields(token, operation) if first_tags else []
    if not fields or [field.tag for field in fields[:2]] != first_tags:
        return False
    last = fields[-1]
    if last.tag in _SICILY[operation.tag]:
        return _fills(token, last)
    if last.tag == _SASL:
        parts = [part for part in _fields(token, last) if part.tag == OCTET_STRING]
        return len(parts) == 2 and _surrounds(token, parts[1])
    return last.tag == _SASL_CREDENTIALS and _surrounds(token, last)


def _fields(token: Token, parent: Element) -> list[Element]:
    """Give the elements in *parent* up to the one that reaches the token's end."""
    return list(islice(elements(token.data, parent, truncated=True), _FIELDS))


def _surrounds(token: Token, field: Element) -> bool:
    return field.start <= token.start and field.end == token.end


def _fills(token: Token, field: Element) -> bool:
    """Tell whether the token is all of *field*, or all of it that was captured."""
    is_cut = token.final and token.end == len(token.data)
    is_whole = is_cut or field.length == token.end - token.start
    return is_whole and field.start == token.start


def _parts(data: bytes, message: Element) -> tuple[Element, Element]:
    """Give the message's number and its operation (RFC 4511 4.1.1)."""
    number = element(data, message.start, message.end)
    if number.tag != _INTEGER or number.end - number.start > 4:
        raise DecodeError("ldap", message.start, "no message number")
    return number, element(data, number.end, message.end, truncated=True)


def _number(data: bytes, one: Element) -> int:
    return int.from_bytes(data[one.start : one.end], "big")


def _listen(number: int, kind: int, data: bytes, final: bool) -> Answer | Need | None:
    """Read the outcome off the resultCode of the response to message *number*."""
    at = 0
    try:
        while True:
            message = element(data, at, len(data))
            own, operation = _parts(data, message)
            if _number(data, own) == number:
                return _outcome(data, operation, kind)
            at = message.end
    except TruncatedError:
        return None if final else Need(len(data) + 1)
    except DecodeError:
        return None


def _outcome(data: bytes, operation: Element, kind: int) -> Answer | None:
    if operation.tag != _BIND_RESPONSE:
        return None
    code = _number(data, element(data, operation.start, operation.end))
    if code in (_SUCCESS, _SASL_BIND_IN_PROGRESS):
        is_over = kind == 3 and code == _SUCCESS
        return Answer(True, str(code)) if is_over else None
    return Answer(False, str(code))


CARRIER: Final = Carrier("ldap", (389, 3268), claim=claim)
