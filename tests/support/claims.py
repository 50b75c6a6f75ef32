"""What a carrier makes of a message in what is said, and of the answer to it."""

from __future__ import annotations

from decoders.carrier import Claim, Envelope, Token


def claimed(
    claim: Claim, said: bytes, message: bytes, kind: int, final: bool = False
) -> object:
    """Let *claim* judge *message* where it first stands in *said*."""
    start = said.index(message)
    return claim(Token(said, start, start + len(message), kind, final, b""))


def answer(envelope: object, said: bytes, final: bool = False) -> object:
    """Return what the listener that came with a claim makes of what is *said*."""
    assert isinstance(envelope, Envelope)
    assert envelope.listen is not None
    return envelope.listen(said, final)
