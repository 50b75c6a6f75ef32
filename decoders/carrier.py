"""What SMB and NTLM travel in: how a carrier is told, and how it answers a logon.

A carrier judges what surrounds an NTLMSSP message that was found: it *claims* the
message where its own structure says that a token must be just there.  Nothing before
that structure matters, so it does not matter either how much of the stream was seen.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from decoders.limits import FACT_CHARS


@dataclass(frozen=True, slots=True)
class Need:
    """It cannot be told yet: ask again when there are *size* bytes."""

    size: int


@dataclass(frozen=True, slots=True)
class Token:
    """An NTLMSSP message, and what stands around it in its direction of a stream."""

    data: bytes
    "The message, what follows, and up to CONTEXT_BYTES of what came before."
    start: int
    "Offset in data of the message: of its signature, or of its first base64 letter."
    end: int
    "One past its last byte, or letter."
    type: int
    "1, 2 or 3."
    final: bool
    "Whether no more bytes will follow."
    peer: bytes
    "What the other end said last, up to CONTEXT_BYTES."


@dataclass(frozen=True, slots=True)
class Answer:
    """What a server said to a logon."""

    is_success: bool
    status: str
    "The carrier's own code for it: `401`, `535`, `NO`, ..."


Listen = Callable[[bytes, bool], Answer | Need | None]
"""Reads the outcome off what the server says from then on, the first byte of it first.

Takes the bytes so far and whether they are all.  None: no outcome is told here."""


@dataclass(frozen=True, slots=True)
class Envelope:
    """What a carrier says of a message in it."""

    facts: Mapping[str, str] = field(default_factory=dict)
    "Who or what is asked, under the names AdditionalFields.Netsig uses: `Host`, ..."
    listen: Listen | None = None
    "How the server's next words are to be read, after a message of the client."


def facts(**said: str) -> dict[str, str]:
    """Keep what is known of the facts of an Envelope, none longer than FACT_CHARS."""
    return {name: text[:FACT_CHARS] for name, text in said.items() if text}


Claim = Callable[[Token], Envelope | Need | None]
"Judges a Token: an Envelope, None where it is not in this carrier, or a Need of data."


@dataclass(frozen=True, slots=True)
class Carrier:
    """A protocol that is found by content; ports are a hint, never a condition."""

    name: str
    "As `Found.carrier` says it."
    ports: tuple[int, ...]
    "TCP ports where it is usual."
    needles: tuple[bytes, ...] = ()
    "Byte strings of which one is in every message, where it has needles of its own."
    claim: Claim | None = None
    "How it is told that an NTLMSSP message travels in it."
