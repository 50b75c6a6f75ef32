"""Security tokens in the auth verifiers of DCE/RPC fragments (C706 12, MS-RPCE 2.2.2).

Only what tells an NTLM logon inside a named pipe from bytes of a file that is read or
written: a fragment must begin where the pipe's data does, and its verifier must lie
where the fragment's own lengths put it.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from decoders.limits import PDUS

HEADER_BYTES: Final = 16
_TRAILER_BYTES: Final = 8  # sec_trailer, MS-RPCE 2.2.2.11
_BINDING: Final = frozenset(range(11, 17))
# bind, bind_ack, bind_nak, alter_context, alter_context_resp, auth3


def carries_token(data: bytes, at: int) -> bool:
    """Tell whether a fragment with an auth verifier begins at *at* (header only)."""
    return (
        _is_fragment(data, at) and data[at + 2] in _BINDING and _sizes(data, at)[1] > 0
    )


def token_spans(data: bytes, at: int) -> Iterator[tuple[int, int]]:
    """Give start and length of each auth value in the fragments from *at* on."""
    for _ in range(PDUS):
        if not _is_fragment(data, at):
            return
        frag, auth = _sizes(data, at)
        if data[at + 2] in _BINDING and auth and at + frag <= len(data):
            yield at + frag - auth, auth
        at += frag


def _is_fragment(data: bytes, at: int) -> bool:
    """Check version 5.0 or 5.1, packet type, and lengths that fit each other."""
    if at + HEADER_BYTES > len(data) or data[at] != 5 or data[at + 1] > 1:
        return False
    frag, auth = _sizes(data, at)
    return data[at + 2] <= 19 and frag >= HEADER_BYTES + auth + _TRAILER_BYTES * (
        auth > 0
    )


def _sizes(data: bytes, at: int) -> tuple[int, int]:
    """Read frag_length and auth_length in the order that drep gives."""
    order: Final = "little" if data[at + 4] & 0x10 else "big"
    frag = int.from_bytes(data[at + 8 : at + 10], order)
    return frag, int.from_bytes(data[at + 10 : at + 12], order)
