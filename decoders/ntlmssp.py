"""NTLMSSP messages, as MS-NLMP 2.2.1 lays them out.

Bytes in, frozen messages out: no I/O, no clock, no memory of earlier calls.
Codes stay plain ints, so a value nobody has named yet is still a value.
Secrets (LM and NT responses, MIC, session key) are read, judged and dropped.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from decoders import avpairs, ntlm_layout
from decoders.avpairs import AvPair as AvPair
from decoders.ntlm_layout import SIGNATURE as SIGNATURE
from decoders.ntlm_layout import Field, Layout
from decoders.ntlm_version import V1_BYTES, ntlm_version
from decoders.wire import DecodeError, TruncatedError

LAYER: Final = ntlm_layout.LAYER
UNICODE: Final = 0x0000_0001  # NTLMSSP_NEGOTIATE_UNICODE
OEM: Final = 0x0000_0002  # NTLM_NEGOTIATE_OEM
OEM_CODEPAGE: Final = "cp437"
# what MS-NLMP leaves to the locale; the code page of the stacks that still send OEM

_ENOUGH: Final = {1: 32, 2: 48, 3: 64}
# bytes that tell a message's extent
_READABLE: Final = {1: 16, 2: 24, 3: 64}
# bytes that make a cut message worth reporting: those up to its flags
_V2_BLOB: Final = b"\x01\x01"  # RespType, HiRespType (MS-NLMP 2.2.2.7)
_V2_PAIRS: Final = 44  # offset of the AV pairs in an NTLMv2_RESPONSE


@dataclass(frozen=True, slots=True)
class Version:
    """MS-NLMP 2.2.2.10."""

    major: int
    minor: int
    build: int
    revision: int


@dataclass(frozen=True, slots=True)
class Negotiate:
    """Type 1 (MS-NLMP 2.2.1.1)."""

    flags: int
    domain: str | None = None
    workstation: str | None = None
    version: Version | None = None


@dataclass(frozen=True, slots=True)
class Challenge:
    """Type 2 (MS-NLMP 2.2.1.2)."""

    flags: int
    target_name: str | None
    server_challenge: bytes
    target_info: tuple[AvPair, ...] = ()
    version: Version | None = None


@dataclass(frozen=True, slots=True)
class Authenticate:
    """Type 3 (MS-NLMP 2.2.1.3), without its secrets."""

    flags: int
    domain: str | None
    user: str | None
    workstation: str | None
    ntlm_version: str
    "`NTLMv2`, `NTLMv1-ESS`, `NTLMv1`, `LM` or `anonymous`, told by structure."
    lm_length: int
    nt_length: int
    mic: bool | None
    "Whether a MIC is there; None when the layout leaves no room to tell."
    target_info: tuple[AvPair, ...] = ()
    "AV pairs the client echoed in its NTLMv2 response."
    version: Version | None = None


Message = Negotiate | Challenge | Authenticate

TYPES: Final = {Negotiate: 1, Challenge: 2, Authenticate: 3}
"MessageType, MS-NLMP 2.2.1."


def decode(data: bytes, truncated: bool = False) -> Message:
    """Decode one message, its signature first.

    With *truncated*, what lies outside of *data* is left out (None or 0), never
    made up. Raises DecodeError where *data* breaks MS-NLMP 2.2.1, TruncatedError
    where it ends too early.
    """
    layout = ntlm_layout.read(data)
    fixed = _readable(layout) if truncated else ntlm_layout.FIXED[layout.kind]
    if len(data) < fixed:
        raise TruncatedError(LAYER, len(data), f"need {fixed} bytes of header")
    if not truncated:
        _check_inside(layout, len(data))
    return _BODIES[layout.kind](data, layout)


def extent(data: bytes, complete: bool = False) -> int | None:
    """Tell how many bytes the message at the start of *data* has.

    None: more bytes are needed to tell. *complete* says that no more will come, so
    that a header may be as short as the oldest layouts are. Raises DecodeError when
    *data* cannot be NTLMSSP.
    """
    if len(data) < 12 and not complete and _may_begin(data):
        return None
    kind = ntlm_layout.message_type(data)
    if len(data) < _ENOUGH[kind] and not complete:
        return None
    layout = ntlm_layout.read(data)
    ntlm_layout.check(layout)
    return max(
        layout.header, *(field.end for field in layout.fields if field.length), 0
    )


def safe_length(data: bytes) -> int:
    """Count the leading bytes of *data* that come before any secret.

    Secrets are the LM and NT responses, the session key and the MIC.
    """
    layout = ntlm_layout.read(data)
    if layout.kind != ntlm_layout.AUTHENTICATE:
        return len(data)
    lm, nt, *_, key = layout.fields
    ends = [field.offset for field in (lm, nt, key) if field.length]
    mic = layout.mic if layout.first is not None else ntlm_layout.MIC_START
    return min(len(data), *ends, len(data) if mic is None else mic)


def is_whole(data: bytes) -> bool:
    """Tell whether every field of the message lies in *data*."""
    layout = ntlm_layout.read(data)
    fixed = ntlm_layout.FIXED[layout.kind]
    return max(fixed, *(field.end for field in layout.fields)) <= len(data)


def _readable(layout: Layout) -> int:
    """Count the bytes up to the flags, which the oldest Type 3 does not have."""
    bare = layout.kind == ntlm_layout.AUTHENTICATE and 52 <= (layout.first or 0) < 64
    return ntlm_layout.FIXED[layout.kind] if bare else _READABLE[layout.kind]


def _may_begin(data: bytes) -> bool:
    return (SIGNATURE + data[8:])[: len(data)] == data


def _check_inside(layout: Layout, size: int) -> None:
    for field in layout.fields:
        if not field.length:
            continue
        if field.offset < ntlm_layout.FIXED[layout.kind]:
            raise DecodeError(LAYER, field.offset, "payload begins inside the header")
        if field.end > size:
            raise TruncatedError(
                LAYER, size, f"field [{field.offset}:{field.end}] leaves the message"
            )


def _negotiate(data: bytes, layout: Layout) -> Negotiate:
    domain, workstation = layout.fields
    return Negotiate(
        flags=layout.flags or 0,
        domain=_text(data, domain, OEM) if domain.length else None,
        workstation=_text(data, workstation, OEM) if workstation.length else None,
        version=_version(data, layout),
    )


def _challenge(data: bytes, layout: Layout) -> Challenge:
    target_name, target_info = layout.fields
    flags = layout.flags or 0
    return Challenge(
        flags=flags,
        target_name=_text(data, target_name, flags),
        server_challenge=data[24:32] if len(data) >= 32 else b"",
        target_info=avpairs.walk(_seen(data, target_info)),
        version=_version(data, layout),
    )


def _authenticate(data: bytes, layout: Layout) -> Authenticate:
    lm, nt, domain, user, workstation, _key = layout.fields
    flags = layout.flags or 0
    return Authenticate(
        flags=flags,
        domain=_text(data, domain, flags),
        user=_text(data, user, flags),
        workstation=_text(data, workstation, flags),
        ntlm_version=ntlm_version(
            lm.length, nt.length, bool(user.length), _whole(data, lm)
        ),
        lm_length=lm.length,
        nt_length=nt.length,
        mic=_mic(data, layout),
        target_info=_echoed(data, nt),
        version=_version(data, layout),
    )


_BODIES: Final[dict[int, Callable[[bytes, Layout], Message]]] = {
    1: _negotiate,
    2: _challenge,
    3: _authenticate,
}


def _seen(data: bytes, field: Field) -> bytes:
    """Return the part of a field that is in *data*."""
    return data[field.offset : field.end]


def _whole(data: bytes, field: Field) -> bytes | None:
    """Return a field, or None when part of it is not in *data*."""
    return _seen(data, field) if field.end <= len(data) else None


def _text(data: bytes, field: Field, flags: int) -> str | None:
    raw = _whole(data, field)
    if raw is None:
        return None
    # a message without flags: OEM text never holds a zero
    unicode = flags & UNICODE if flags & (UNICODE | OEM) else b"\0" in raw
    return raw.decode("utf-16-le" if unicode else OEM_CODEPAGE, "replace")


def _version(data: bytes, layout: Layout) -> Version | None:
    at = layout.version
    if at is None or at + 8 > len(data):
        return None
    build = int.from_bytes(data[at + 2 : at + 4], "little")
    return Version(data[at], data[at + 1], build, data[at + 7])


def _mic(data: bytes, layout: Layout) -> bool | None:
    """Judge the MIC: senders that compute none may leave room for it, zeroed."""
    if layout.first is None:
        return None
    if layout.mic is None:
        return False
    mic = data[layout.mic : layout.mic + ntlm_layout.MIC_BYTES]
    return any(mic) if len(mic) == ntlm_layout.MIC_BYTES else None


def _echoed(data: bytes, nt: Field) -> tuple[AvPair, ...]:
    response = _seen(data, nt)
    if nt.length <= V1_BYTES or response[16:18] != _V2_BLOB:
        return ()
    return avpairs.walk(response[_V2_PAIRS:])
