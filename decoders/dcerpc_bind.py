"""NTLM in DCE/RPC binds (C706 12.6, MS-RPCE 2.2.2.11): for what, and how it ends.

On TCP ports of its own, and in the bodies of RPC over HTTP ([MS-RPCH]), where fragments
stand as they are.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import partial
from typing import Final
from uuid import UUID

from decoders import interfaces, spnego
from decoders.carrier import Answer, Carrier, Envelope, Listen, Need, Token, facts
from decoders.dcerpc import (
    ALTER_CONTEXT,
    ALTER_CONTEXT_RESP,
    AUTH3,
    BIND,
    BIND_ACK,
    BIND_NAK,
    BINDING,
    FAULT,
    HEADER_BYTES,
    RESPONSE,
    Fragment,
    fragment,
)

_HEAD: Final = re.compile(rb"\x05[\0\1][\x0b-\x10]", re.DOTALL)
_SPNEGO: Final = 9
_NTLM: Final = 10
# auth_type: RPC_C_AUTHN_GSS_NEGOTIATE and _WINNT, MS-RPCE 2.2.1.1.7
_FROM_CLIENT: Final = frozenset({BIND, ALTER_CONTEXT, AUTH3})
_UUID_AT: Final = 32
# of the first abstract syntax, C706 12.6.4.3
_STATUS_AT: Final = 24
_REASON_AT: Final = 16
# of a fault's status and a bind_nak's reason, C706 12.6.4.7 and 12.6.4.5
_ACCEPTED: Final = 0
_REJECTED: Final = 2
# negState, RFC 4178 4.2.2
_REFUSALS: Final = frozenset({0x5, 0x721, 0x1C00001D, 0x1C00001F, 0x1C01000B})
# access denied, security package error, unsupported level, invalid checksum, protocol
# error (a call before the logon ended): a server knows no caller. Access denied may be
# meant for one that it knows; the wire does not tell
_UNHEARD: Final = frozenset({1, 2, 4})
# congestion, limit, protocol version: the bind was refused whoever sent it


@dataclass(frozen=True, slots=True)
class Asked:
    """What is remembered of a client's fragment, to know the answer by."""

    kind: int
    "The NTLM message in it: 1 or 3."
    call: int | None
    """Its call_id. None for an auth3, which has no answer of its own: only how the
    server takes the next call shows whether it knows the caller."""
    context: int
    "Its auth_context_id, which tells apart the logons of one connection."


def claim(token: Token) -> Envelope | None:
    """Claim a token that lies where a fragment's lengths put its auth value."""
    heads = [head.start() for head in _HEAD.finditer(token.data, 0, token.start)]
    for at in reversed(heads):
        one = fragment(token.data, at)
        if one and _holds(token, one):
            return envelope(token.data, one, token.type)
    return None


def envelope(data: bytes, one: Fragment, kind: int) -> Envelope:
    """Tell what a fragment that carries an NTLM message of *kind* asks for."""
    return Envelope(_asked(data, one), _listener(data, one, kind))


def _holds(token: Token, one: Fragment) -> bool:
    if token.start < one.auth or token.end > one.end:
        return False
    kind = token.data[one.body_end]
    return kind == _SPNEGO or (kind == _NTLM and one.auth == token.start)


def _asked(data: bytes, one: Fragment) -> dict[str, str]:
    """Name the first interface that a bind or alter_context lists."""
    at = one.start + _UUID_AT
    raw = data[at : at + 16]
    if one.kind not in (BIND, ALTER_CONTEXT) or len(raw) < 16 or at + 16 > one.body_end:
        return {}
    number = UUID(bytes_le=raw) if one.order == "little" else UUID(bytes=raw)
    name = interfaces.NAMES.get(number, "")
    return facts(Interface=str(number), InterfaceName=name)


def _listener(data: bytes, one: Fragment, kind: int) -> Listen | None:
    if one.kind not in _FROM_CLIENT:
        return None
    call = None if one.kind == AUTH3 else one.call
    return partial(_listen, Asked(kind, call, _context(data, one)))


def _listen(asked: Asked, data: bytes, final: bool) -> Answer | Need | None:
    """Read the outcome off the first fragment that tells it."""
    at = 0
    while len(data) >= at + HEADER_BYTES:
        one = fragment(data, at)
        if one is None:
            return None
        if len(data) < one.end and not final:
            return Need(one.end)
        if _is_meant(data, one, asked):
            answer = _answer(data, one, asked.kind)
            if answer or asked.kind == 1:
                return answer
        at = one.end
    return None if final else Need(at + HEADER_BYTES)


def _is_meant(data: bytes, one: Fragment, asked: Asked) -> bool:
    """Tell whether a fragment answers the logon, or a call that came after it."""
    if one.kind in BINDING or asked.kind == 1:
        return one.call == asked.call
    is_unsaid = one.auth == one.end or one.end > len(data)
    return is_unsaid or _context(data, one) == asked.context


def _answer(data: bytes, one: Fragment, kind: int) -> Answer | None:
    """Read the outcome off one fragment; None where it tells none."""
    if one.kind == FAULT:
        status = _number(data, one, _STATUS_AT, 4)
        return Answer(False, f"0x{status:08x}") if status in _REFUSALS else None
    if one.kind == BIND_NAK:
        reason = _number(data, one, _REASON_AT, 2)
        return None if reason in _UNHEARD else Answer(False, f"bind_nak {reason}")
    if kind == 1:
        return None
    if one.kind == RESPONSE:
        return Answer(True, "response")
    return _agreed(data, one)


def _agreed(data: bytes, one: Fragment) -> Answer | None:
    """Read the outcome off the SPNEGO token of a bind_ack or alter_context_resp."""
    word = _NAMES.get(one.kind)
    token = spnego.maybe(data[one.auth : one.end])
    if word is None or token is None or token.state not in (_ACCEPTED, _REJECTED):
        return None
    return Answer(token.state == _ACCEPTED, word)


_NAMES: Final = {BIND_ACK: "bind_ack", ALTER_CONTEXT_RESP: "alter_context_resp"}


def _context(data: bytes, one: Fragment) -> int:
    """Read the auth_context_id of a fragment with an auth value."""
    return _number(data, one, one.auth - one.start - 4, 4)


def _number(data: bytes, one: Fragment, at: int, size: int) -> int:
    """Read an integer at *at* of a fragment; bytes that are not there count as zero."""
    at += one.start
    return int.from_bytes(data[at : at + size], one.order)


CARRIER: Final = Carrier("dcerpc", (135, 593), claim=claim)
