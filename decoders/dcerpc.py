"""DCE/RPC fragments and the security tokens in them (C706 12, MS-RPCE 2.2.2).

A token lies in the auth verifier, exactly where a fragment's own lengths put it. So it
is told from bytes of a file, on a connection of its own and inside a named pipe.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final, Literal

from decoders.limits import PDUS

HEADER_BYTES: Final = 16
TRAILER_BYTES: Final = 8
"Of the sec_trailer, which stands before an auth value (MS-RPCE 2.2.2.11)."

RESPONSE: Final = 2
FAULT: Final = 3
BIND: Final = 11
BIND_ACK: Final = 12
BIND_NAK: Final = 13
ALTER_CONTEXT: Final = 14
ALTER_CONTEXT_RESP: Final = 15
AUTH3: Final = 16
RTS: Final = 20
"Of RPC over HTTP (MS-RPCH 2.2.3.6); the last there is."
BINDING: Final = frozenset(range(BIND, AUTH3 + 1))


@dataclass(frozen=True, slots=True)
class Fragment:
    """One PDU, or a part of one: what its common header says (C706 12.6.3.1)."""

    kind: int
    "PTYPE: BIND, RESPONSE, ..."
    order: Literal["little", "big"]
    start: int
    end: int
    "One past its last byte, by frag_length; it may lie beyond the data."
    auth: int
    "Where the auth value begins; *end* if there is none."
    call: int
    "call_id."

    @property
    def body_end(self) -> int:
        """Where its auth verifier begins, or *end*."""
        return self.auth - TRAILER_BYTES * (self.auth < self.end)


def fragment(data: bytes, at: int) -> Fragment | None:
    """Read the header that may be at *at*; None unless its fields fit each other."""
    if at + HEADER_BYTES > len(data) or data[at] != 5 or data[at + 1] > 1:
        return None
    order: Literal["little", "big"] = "little" if data[at + 4] & 0x10 else "big"
    size = int.from_bytes(data[at + 8 : at + 10], order)
    auth = int.from_bytes(data[at + 10 : at + 12], order)
    least = HEADER_BYTES + auth + TRAILER_BYTES * (auth > 0)
    if data[at + 2] > RTS or size < least:
        return None
    call = int.from_bytes(data[at + 12 : at + 16], order)
    return Fragment(data[at + 2], order, at, at + size, at + size - auth, call)


def carries_token(data: bytes, at: int) -> bool:
    """Tell whether a fragment with an auth verifier begins at *at* (header only)."""
    one = fragment(data, at)
    return one is not None and one.kind in BINDING and one.auth < one.end


def token_spans(data: bytes, at: int) -> Iterator[tuple[int, int]]:
    """Give start and length of each auth value in the fragments from *at* on."""
    for _ in range(PDUS):
        one = fragment(data, at)
        if one is None:
            return
        if one.kind in BINDING and one.auth < one.end <= len(data):
            yield one.auth, one.end - one.auth
        at = one.end
