"""Which carrier an NTLMSSP message travels in."""

from __future__ import annotations

from decoders import CARRIERS
from decoders.carrier import Envelope, Need, Token

Claimed = tuple[str, Envelope]


def claimed(token: Token) -> Claimed | Need | None:
    """Ask each carrier in turn; the first that claims it, or needs more, wins."""
    for carrier in CARRIERS:
        verdict = carrier.claim(token) if carrier.claim else None
        if isinstance(verdict, Envelope):
            return carrier.name, verdict
        if isinstance(verdict, Need):
            return verdict
    return None
