"""What a decoder hands on: a message, and where in the stream it was found."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from decoders import ntlmssp, smb1, smb2, tls
from decoders.carrier import Answer

Message = ntlmssp.Message | smb1.Message | smb2.Message | tls.Hello | Answer

UNCLAIMED = "raw"
"The carrier of a message that no carrier claims."

# How far recognition got, weakest first.
CONFIDENCE = ("port", "magic", "header", "both-directions", "negotiated")


@dataclass(frozen=True, slots=True)
class Found:
    """One message, in its place."""

    carrier: str
    "What it travels in: `smb1`, `smb2`, ... or `raw` when no carrier claims it."
    message: Message
    start: int
    "Stream offset (bytes) of the first byte of the magic."
    length: int
    "Bytes of the message, from the magic on."
    matched: bytes
    "The bytes the signature matched, magic first."
    sample: bytes
    "The first bytes of the message, at most SAMPLE_BYTES, ending before any secret."
    from_client: bool | None
    "What the message itself says of its direction; None where it says nothing."
    confidence: str
    "One of CONFIDENCE: what these bytes alone prove (`magic` or `header`)."
    truncated: bool = False
    "Whether bytes of the message were never captured."
    facts: Mapping[str, str] = field(default_factory=dict, hash=False)
    "What its carrier says besides: `Host`, `Path`, ..."
    inner: tuple[Found, ...] = ()
    "NTLMSSP messages inside this one, in order."
