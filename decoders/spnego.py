"""SPNEGO tokens (RFC 4178, MS-SPNG) and what they carry."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Final

from decoders import der, ntlmssp
from decoders.limits import MECHANISMS
from decoders.wire import DecodeError, TruncatedError

LAYER: Final = "spnego"
SPNEGO_OID: Final = "1.3.6.1.5.5.2"
KERBEROS_OIDS: Final = frozenset(
    {"1.2.840.113554.1.2.2", "1.2.840.48018.1.2.2", "1.2.840.113554.1.2.2.3"}
)
# RFC 4121; Windows' old misspelling; user-to-user

_INITIAL: Final = 0x60  # InitialContextToken, RFC 2743 3.1
_NEG_TOKEN_INIT: Final = 0xA0
_NEG_TOKEN_RESP: Final = 0xA1
_KERBEROS_TAGS: Final = frozenset({0x6E, 0x6F, 0x7E})  # AP-REQ, AP-REP, KRB-ERROR
_FIRST: Final = 0xA0  # context tag 0: mechTypes, or negState
_SECOND: Final = 0xA1  # context tag 1: reqFlags, or supportedMech


@dataclass(frozen=True, slots=True)
class Token:
    """A security blob, opened as far as a listener can."""

    mechs: tuple[str, ...] = ()
    "Mechanism OIDs offered or chosen, dotted, in order."
    state: int | None = None
    "negState of a NegTokenResp: 0 completed, 1 incomplete, 2 reject, 3 request-mic."
    ntlm: ntlmssp.Message | None = None
    ntlm_start: int = 0
    "Offset (bytes) of NTLMSSP in the blob; meaningful when ntlm is set."
    ntlm_length: int = 0
    kerberos: bool = False
    "Whether a Kerberos AP-REQ, AP-REP or KRB-ERROR is inside."


def decode(blob: bytes, truncated: bool = False) -> Token:
    """Open a security blob: SPNEGO, raw NTLMSSP or raw Kerberos.

    Odd DER does not hide an NTLMSSP message: its signature is looked for last.
    With *truncated*, lengths may lead past the end. Raises DecodeError when the
    blob is none of these.
    """
    at = blob.find(ntlmssp.SIGNATURE)
    if at == 0:
        return _with_ntlm(Token(), blob, 0, len(blob))
    try:
        token = _gss(blob, truncated)
    except DecodeError:
        if at < 0:
            raise
        token = Token()
    if token.ntlm is None and at > 0:
        token = _with_ntlm(token, blob, at, len(blob))
    return token


def maybe(blob: bytes, truncated: bool = False) -> Token | None:
    """Open a blob, or give None when it is empty or nothing known."""
    try:
        return decode(blob, truncated)
    except DecodeError:
        return None


def _with_ntlm(token: Token, blob: bytes, start: int, end: int) -> Token:
    """Add the NTLMSSP message at *start*; a cut one as far as it can be read."""
    data = blob[start:end]
    try:
        message = ntlmssp.decode(data)
    except TruncatedError:
        message = ntlmssp.decode(data, truncated=True)
    return replace(token, ntlm=message, ntlm_start=start, ntlm_length=len(data))


def _gss(blob: bytes, truncated: bool) -> Token:
    outer = der.element(blob, 0, len(blob), truncated)
    if outer.tag == _INITIAL:
        return _initial(blob, outer, truncated)
    return _negotiation(blob, outer, truncated)


def _initial(blob: bytes, outer: der.Element, truncated: bool) -> Token:
    """Read an InitialContextToken: a mechanism, then what it alone understands."""
    mech = der.element(blob, outer.start, outer.end, truncated)
    if mech.tag != der.OID:
        raise DecodeError(LAYER, outer.start, f"tag {mech.tag:#x} is not an OID")
    oid = der.dotted(blob[mech.start : mech.end])
    if oid == SPNEGO_OID:
        inner = der.element(blob, mech.end, outer.end, truncated)
        return _negotiation(blob, inner, truncated)
    return _mechanism(Token(mechs=(oid,)), blob, replace(outer, tag=0))


def _negotiation(blob: bytes, outer: der.Element, truncated: bool) -> Token:
    if outer.tag in _KERBEROS_TAGS:
        return Token(kerberos=True)
    if outer.tag not in (_NEG_TOKEN_INIT, _NEG_TOKEN_RESP):
        raise DecodeError(LAYER, 0, f"tag {outer.tag:#x} is not a negotiation token")
    sequence = der.element(blob, outer.start, outer.end, truncated)
    token = Token()
    for part in der.elements(blob, sequence, truncated):
        token = _part(token, blob, outer.tag, part, truncated)
    return token


def _part(
    token: Token, blob: bytes, kind: int, part: der.Element, truncated: bool
) -> Token:
    """Take one context-tagged part of negTokenInit or negTokenResp (RFC 4178 4.2)."""
    inner = der.element(blob, part.start, part.end, truncated)
    if inner.tag == der.OCTET_STRING:
        return _mechanism(token, blob, inner)
    if kind == _NEG_TOKEN_INIT and part.tag == _FIRST:
        return replace(token, mechs=tuple(_oids(blob, inner, truncated)))
    if kind == _NEG_TOKEN_RESP and inner.tag == der.ENUMERATED:
        return replace(
            token, state=int.from_bytes(blob[inner.start : inner.end], "big")
        )
    if kind == _NEG_TOKEN_RESP and inner.tag == der.OID:
        return replace(token, mechs=(der.dotted(blob[inner.start : inner.end]),))
    return token


def _oids(blob: bytes, parent: der.Element, truncated: bool) -> Iterator[str]:
    for count, child in enumerate(der.elements(blob, parent, truncated)):
        if count == MECHANISMS:
            return
        yield der.dotted(blob[child.start : child.end])


def _mechanism(token: Token, blob: bytes, inner: der.Element) -> Token:
    """Look into a mechanism's own token: NTLMSSP, or Kerberos in its GSS wrapping."""
    at = blob.find(ntlmssp.SIGNATURE, inner.start, inner.end)
    if at >= 0 and token.ntlm is None:
        return _with_ntlm(token, blob, at, inner.end)
    if _is_kerberos(blob, inner):
        return replace(token, kerberos=True)
    return token


def _is_kerberos(blob: bytes, inner: der.Element) -> bool:
    """Check for an AP-REQ, AP-REP or KRB-ERROR, bare or framed (RFC 4121 4.1)."""
    if blob[inner.start : inner.start + 1] and blob[inner.start] in _KERBEROS_TAGS:
        return True
    at = inner.start
    if inner.tag:
        if blob[at : at + 1] != bytes([_INITIAL]):
            return False
        at = der.element(blob, at, inner.end, truncated=True).start
    mech = der.element(blob, at, inner.end, truncated=True)
    oid = der.dotted(blob[mech.start : mech.end])
    tag = blob[mech.end + 2 : mech.end + 3]
    return oid in KERBEROS_OIDS and bool(tag) and tag[0] in _KERBEROS_TAGS
