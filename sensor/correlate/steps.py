"""Which steps of a negotiation a found message takes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from decoders import ntlmssp, smb1, smb2
from decoders.carrier import Answer
from decoders.messages import Found, Message
from sensor.correlate import facts, pairing, words
from sensor.correlate.facts import Facts
from sensor.correlate.negotiation import Kind

_NTLM: Final[dict[type, Kind]] = {
    ntlmssp.Negotiate: Kind.NEGOTIATE,
    ntlmssp.Challenge: Kind.CHALLENGE,
    ntlmssp.Authenticate: Kind.AUTHENTICATE,
}
_NOT_FINAL: Final = (words.MORE_PROCESSING, words.PENDING)


@dataclass(frozen=True, slots=True)
class Step:
    """One step, and what the exchange is to learn from it."""

    kind: Kind
    facts: Facts
    is_ntlm: bool = True


def of(found: Found) -> list[Step]:
    """Return the steps that *found* and the NTLM messages in it take, in order."""
    steps = [
        Step(_NTLM[type(part.message)], facts.of(part.message))
        for part in (found, *found.inner)
        if isinstance(part.message, ntlmssp.Message)
    ]
    if isinstance(found.message, smb1.Message):
        steps += _responses(found.message)
    outcome = _outcome(found.message)
    return [*steps, outcome] if outcome else steps


def _responses(message: smb1.Message) -> list[Step]:
    """Find the NTLM responses of a session setup without extended security."""
    has_responses = any(
        isinstance(body, smb1.SessionSetup) and body.ntlm_version
        for body in message.bodies
    )
    if message.header.is_reply or not has_responses:
        return []
    return [Step(Kind.AUTHENTICATE, facts.of(message))]


def _outcome(message: Message) -> Step | None:
    """Read the outcome off an answer, or the reply to a negotiate or session setup."""
    if isinstance(message, Answer):
        kind = Kind.SUCCESS if message.is_success else Kind.FAILED
        return Step(kind, {"Status": message.status}, is_ntlm=False)
    if not isinstance(message, smb1.Message | smb2.Plain):
        return None
    header = message.header
    is_negotiate = pairing.is_negotiate(message)
    if not header.is_reply or header.status in _NOT_FINAL:
        return None
    if not (is_negotiate or pairing.is_session_setup(message)):
        return None
    said: Facts = {"Status": facts.of(message)["Status"]}
    if header.status:
        return Step(Kind.FAILED, said, is_ntlm=False)
    return None if is_negotiate else Step(Kind.SUCCESS, said, is_ntlm=False)
