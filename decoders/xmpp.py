"""NTLM in XMPP's SASL elements (RFC 6120 section 6)."""

from __future__ import annotations

import re
from functools import partial
from typing import Final

from decoders.carrier import Answer, Carrier, Envelope, Need, Token, facts
from decoders.limits import CONTEXT_BYTES, XMPP_TAG_BYTES

_NAME: Final = rb"<(?:[\w.-]{1,32}:)?"
_REST: Final = rb"(?=[\s/>])[^<>]*"
_SASL: Final = b"urn:ietf:params:xml:ns:xmpp-sasl"
_OPENED: Final = re.compile(
    _NAME + rb"(auth|response|challenge)(" + _REST + rb")>\s*[A-Za-z0-9+/]*\Z"
)
_CLOSED: Final = re.compile(rb"[A-Za-z0-9+/]*=*\s*(?:(</)|<?\Z)")
_MECHANISM: Final = re.compile(
    rb"\smechanism\s*=\s*['\"](?:NTLM|GSS-SPNEGO|GSSAPI)['\"]"
)
_STREAM: Final = re.compile(
    _NAME + rb"stream(?=\s)[^<>]{0,512}?\sto\s*=\s*(?:'([^'<>]+)'|\"([^\"<>]+)\")"
)
_SAID: Final = re.compile(_NAME + rb"(success|failure|challenge)(" + _REST + rb")>")
_CONDITION: Final = re.compile(rb"\s*(?:</|" + _NAME + rb"([a-z-]{1,64})[\s/>])")


def claim(token: Token) -> Envelope | Need | None:
    """Claim a token that is all an element of SASL holds."""
    first = max(0, token.start - XMPP_TAG_BYTES)
    at = token.data.rfind(b"<", first, token.start)
    opened = _OPENED.match(token.data[at : token.start]) if at >= 0 else None
    if opened is None or not _is_sasl(token.type, opened):
        return None
    reach = token.end + CONTEXT_BYTES
    closed = _CLOSED.match(token.data, token.end, reach)
    if closed is None or (len(token.data) >= reach and not closed[1]):
        return None
    if not closed[1] and not token.final:
        return Need(len(token.data) + 1)
    if token.type == 2:
        return Envelope()
    return Envelope(_asked(token.data[:at]), partial(_listen, token.type))


def _is_sasl(kind: int, opened: re.Match[bytes]) -> bool:
    """Tell whether an element that was opened may bring a message of *kind*."""
    name, attributes = opened.groups()
    if _SASL not in attributes or (name == b"challenge") != (kind == 2):
        return False
    return name != b"auth" or _MECHANISM.search(attributes) is not None


def _asked(before: bytes) -> dict[str, str]:
    """Read whom the client's stream is for."""
    streams = [one[1] or one[2] for one in _STREAM.finditer(before)]
    return facts(Host=streams[-1].decode("utf-8", "replace") if streams else "")


def _listen(kind: int, data: bytes, final: bool) -> Answer | Need | None:
    """Read the outcome off the server's next element of SASL (RFC 6120 6.4)."""
    said = next((one for one in _SAID.finditer(data) if _SASL in one[2]), None)
    if said is None:
        return None if final else Need(len(data) + 1)
    if said[1] == b"failure":
        return _failure(said, data, final)
    is_over = said[1] == b"success" and kind == 3
    return Answer(True, "success") if is_over else None


def _failure(said: re.Match[bytes], data: bytes, final: bool) -> Answer | Need:
    """Read why a logon failed (RFC 6120 6.5)."""
    condition = _CONDITION.match(data, said.end())
    if condition is None and not said[2].endswith(b"/") and not final:
        return Need(len(data) + 1)
    name = condition[1] if condition else None
    return Answer(False, name.decode("ascii") if name else "failure")


CARRIER: Final = Carrier("xmpp", (5222, 5269), claim=claim)
