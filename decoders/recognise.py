"""Make a Found of each message: what it is, where it lies, what of it may be shown."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from decoders import (
    dcerpc,
    names,
    ntlmssp,
    smb1,
    smb1_header,
    smb2,
    smb2_header,
    spnego,
    tds,
)
from decoders.limits import SAMPLE_BYTES
from decoders.messages import UNCLAIMED, Found
from decoders.wire import DecodeError

_FOLLOWED_SMB1: Final = frozenset(
    {smb1.NEGOTIATE, smb1.SESSION_SETUP, smb1.LOGOFF, smb1.TREE_CONNECT}
)
_FOLLOWED_SMB2: Final = frozenset(
    {smb2.NEGOTIATE, smb2.SESSION_SETUP, smb2.LOGOFF, smb2.TREE_CONNECT}
)
# commands of a negotiation: all of them are reported


def ntlm(
    data: bytes, start: int, carrier: str = UNCLAIMED, truncated: bool = False
) -> Found | None:
    """Recognise the NTLMSSP message that *data* is; None when it cannot be read."""
    try:
        message = ntlmssp.decode(data, truncated)
    except DecodeError:
        return None
    return _ntlm(data, start, carrier, message, truncated)


def smb(
    data: bytes, start: int, confidence: str, truncated: bool = False
) -> Iterator[Found]:
    """Recognise the SMB messages of one frame; stop at the first broken header.

    That *data* begins with a header was checked before, by the frame's length too.
    """
    if data[:4] == smb1_header.MAGIC:
        yield _smb1(data, start, confidence, truncated)
        return
    for begin, end in spans(data):
        if begin and not smb2_header.is_header(data[begin:end]):
            return
        yield _smb2(data[begin:end], start + begin, confidence, truncated)


def cut_smb2(data: bytes, start: int) -> Found:
    """Recognise the front of an SMB2 header whose rest was not captured."""
    message = smb2.decode_cut(data)
    return Found(
        carrier=smb2.NAME,
        message=message,
        start=start,
        length=len(data),
        matched=data[:4],
        sample=data[:SAMPLE_BYTES],
        from_client=not message.header.is_reply,
        confidence="magic",
        truncated=True,
    )


def spans(data: bytes) -> tuple[tuple[int, int], ...]:
    """Give start and end of each message in an SMB2 frame."""
    if data[:4] == smb2_header.MAGIC:
        return smb2_header.compound(data)
    return ((0, len(data)),)


def is_header(data: bytes, length: int | None = None) -> bool:
    """Check that *data* begins with an SMB header of any kind."""
    if data[:4] == smb1_header.MAGIC:
        return smb1_header.is_header(data, length)
    return smb2_header.is_header(data, length)


def begins_message(data: bytes, length: int, final: bool) -> bool:
    """Check that *data* begins with a header; if *final*, the front of one will do."""
    return is_header(data, length) or (final and smb2_header.is_cut(data, length))


def extent(data: bytes) -> int:
    """Tell how many bytes an SMB message has, by its own structure alone."""
    if data[:4] == smb1_header.MAGIC:
        return smb1_header.extent(data)
    return smb2_header.extent(data)


def is_followed(found: Found) -> bool:
    """Tell whether a message negotiates, carries a logon, or opens a pipe to watch."""
    message = found.message
    if isinstance(message, smb1.Message):
        return message.header.command in _FOLLOWED_SMB1 or bool(found.inner)
    if not isinstance(message, smb2.Plain):
        return False
    body = message.body
    if isinstance(body, smb2.Create):
        return names.coercing_pipe(body.name) is not None
    return message.header.command in _FOLLOWED_SMB2 or bool(found.inner)


def opens_pipe(head: bytes) -> bool:
    """Tell from its first bytes whether a message opens a pipe of COERCING_PIPES."""
    if head[:4] != smb2_header.MAGIC:
        return False
    name = smb2_header.opened_name(head)
    return name is not None and names.coercing_pipe(name) is not None


def command_is_followed(head: bytes) -> bool:
    """Tell from its first bytes whether a message is part of a negotiation."""
    if head[:4] == smb1_header.MAGIC:
        return head[4] in _FOLLOWED_SMB1
    command = smb2_header.number(head, 12, 2)
    return head[:4] == smb2_header.MAGIC and command in _FOLLOWED_SMB2


def pipe_payload(data: bytes) -> int | None:
    """Return the offset of what a named pipe carries, None for other messages."""
    if data[:4] == smb1_header.MAGIC:
        return smb1_header.pipe_payload(data)
    return smb2_header.pipe_payload(data) if data[:4] == smb2_header.MAGIC else None


def _smb1(data: bytes, start: int, confidence: str, truncated: bool) -> Found:
    message = smb1.decode(data, truncated)
    body = message.bodies[0] if message.bodies else smb1.Other()
    inner = _inner(data, start, smb1.NAME, body, smb1_header.blob_start(data))
    return Found(
        carrier=smb1.NAME,
        message=message,
        start=start,
        length=len(data),
        matched=data[:4],
        sample=_sample(data, smb1_header.safe_length(data), start, inner),
        from_client=not message.header.is_reply,
        confidence=confidence,
        truncated=truncated,
        inner=inner,
    )


def _smb2(data: bytes, start: int, confidence: str, truncated: bool) -> Found:
    message = smb2.decode_one(data, truncated)
    inner: tuple[Found, ...] = ()
    from_client = None
    if isinstance(message, smb2.Plain):
        from_client = not message.header.is_reply
        blob = smb2_header.blob_span(data)
        inner = _inner(data, start, smb2.NAME, message.body, blob and blob[0])
    return Found(
        carrier=smb2.NAME,
        message=message,
        start=start,
        length=len(data),
        matched=data[:4],
        sample=_sample(data, len(data), start, inner),
        from_client=from_client,
        confidence=confidence,
        truncated=truncated,
        inner=inner,
    )


def _ntlm(
    data: bytes, start: int, carrier: str, message: ntlmssp.Message, truncated: bool
) -> Found:
    return Found(
        carrier=carrier,
        message=message,
        start=start,
        length=len(data),
        matched=data[:12],
        sample=_sample(data, ntlmssp.safe_length(data), start, ()),
        from_client=not isinstance(message, ntlmssp.Challenge),
        confidence="header",
        truncated=truncated,
    )


def _inner(
    data: bytes, start: int, carrier: str, body: smb1.Body | smb2.Body, blob: int | None
) -> tuple[Found, ...]:
    """Find NTLMSSP in the security blob, or in what a named pipe carries."""
    token: spnego.Token | None = getattr(body, "token", None)
    if blob is not None:
        found = _in_token(data, start, carrier, token, blob)
        return (found,) if found else ()
    payload = pipe_payload(data)
    if payload is None:
        return ()
    opened = (
        _in_token(data, start, carrier, spnego.maybe(data[at : at + size]), at)
        for at, size in _token_spans(data, payload)
    )
    return tuple(found for found in opened if found)


def _token_spans(data: bytes, payload: int) -> Iterator[tuple[int, int]]:
    """Give start and length of each token in what a named pipe carries."""
    yield from dcerpc.token_spans(data, payload)
    span = tds.token_span(data, payload)
    if span:
        yield span


def _in_token(
    data: bytes, start: int, carrier: str, token: spnego.Token | None, at: int
) -> Found | None:
    if token is None or token.ntlm is None:
        return None
    at += token.ntlm_start
    message = data[at : at + token.ntlm_length]
    return _ntlm(
        message, start + at, carrier, token.ntlm, not ntlmssp.is_whole(message)
    )


def _sample(data: bytes, safe: int, start: int, inner: tuple[Found, ...]) -> bytes:
    """Cut the sample before any secret, those of messages inside included."""
    for found in inner:
        at = found.start - start
        safe = min(safe, at + ntlmssp.safe_length(data[at : at + found.length]))
    return data[: min(safe, SAMPLE_BYTES)]
