"""What correlation tells: events made of messages, exchanges and connections."""

from __future__ import annotations

from typing import Final

from decoders import ntlmssp, smb1, smb2, tls
from decoders.carrier import Answer
from decoders.messages import Found, Message
from sensor.correlate import copies, facts, pairing
from sensor.correlate.conversation import Conversation
from sensor.correlate.direction import from_client
from sensor.correlate.exchange import Exchange
from sensor.correlate.negotiation import State
from sensor.types import Connection, Event, Observation

NAMES: Final[dict[type, str]] = {
    smb1.Message: "SMB1",
    smb2.Plain: "SMB2",
    smb2.Transform: "SMB3-Encrypted",
    smb2.Compressed: "SMB3-Compressed",
    smb2.RdmaTransform: "SMB3-RDMA",
    tls.ClientHello: "SMB-QUIC",
    tls.ServerHello: "SMB-QUIC",
    ntlmssp.Negotiate: "NTLM-Negotiate",
    ntlmssp.Challenge: "NTLM-Challenge",
    ntlmssp.Authenticate: "NTLM-Authenticate",
}

# What a request opens, by the fact that tells it.
_OPENED: Final = {"Pipe": "pipe", "Tree": "tree"}

# Which end takes a step of the TCP handshake; a failure is nobody's packet for sure.
_BY_CLIENT: Final = {"attempt": True, "acknowledged": False, "success": True}


def is_due(conversation: Conversation, side: int, message: Message) -> bool:
    """Tell whether *message* is to be told as a signature.

    NTLM messages, SMB negotiates and session setups always; of other SMB messages the
    first of a flow, and the first of each wrapping (encrypted, compressed) from a side.
    """
    if isinstance(message, ntlmssp.Message):
        return True
    if isinstance(message, Answer):
        return False
    if pairing.is_negotiate(message) or pairing.is_session_setup(message):
        return True
    if isinstance(message, smb1.Message | smb2.Plain):
        return not conversation.signatures
    return (NAMES[type(message)], side) not in conversation.signatures


def signature(
    conversation: Conversation,
    observation: Observation,
    found: Found,
    exchange: Exchange | None,
) -> Event:
    """Tell that *found* (the observation's message, or one inside it) was seen."""
    told = conversation.context | (exchange.context if exchange else {})
    told |= facts.of(found.message)
    flags = observation.flags
    if found.truncated:
        flags = flags | {"truncated"}
    told |= {
        "Carrier": found.carrier,
        "Confidence": confidence(conversation, observation, found, exchange),
        "State": _state(exchange),
        "Flags": sorted(flags),
    }
    return Event(
        kind="signature",
        name=NAMES[type(found.message)],
        ts_ns=observation.ts_ns,
        packet=observation.packet,
        file=observation.file,
        flow=conversation.flow,
        from_client=from_client(observation, found),
        facts=facts.known(told),
        matched=found.matched,
        sample=found.sample,
    )


def access(conversation: Conversation, observation: Observation) -> Event | None:
    """Tell rules that a share or a pipe is opened; None where nothing is.

    It is no row of its own: of what goes on after a logon only rules want to know.
    """
    found = observation.found
    said = facts.of(found.message) if found.from_client else {}
    opened = next((fact for fact in _OPENED if fact in said), None)
    if opened is None:
        return None
    sure = confidence(conversation, observation, found, None)
    return Event(
        kind="access",
        name=_OPENED[opened],
        ts_ns=observation.ts_ns,
        packet=observation.packet,
        file=observation.file,
        flow=conversation.flow,
        from_client=True,
        facts={opened: said[opened], "Confidence": sure},
    )


def ntlm(conversation: Conversation, exchange: Exchange) -> Event:
    """Tell an NTLM exchange as a whole, from its last packet."""
    told = conversation.server | conversation.context | exchange.summary()
    told |= {
        "Carrier": exchange.carrier,
        "Confidence": exchange.confidence,
        "State": exchange.state.value,
        "Status": exchange.status,
        "Flags": sorted(exchange.flags),
    }
    return Event(
        kind="ntlm-exchange",
        name="NTLM",
        ts_ns=exchange.ts_ns,
        packet=exchange.packet,
        file=exchange.file,
        flow=conversation.flow,
        from_client=True,
        facts=facts.known(told),
    )


def connection(step: Connection) -> Event:
    """Tell a step of a flow's TCP life; `State` says why one failed."""
    return Event(
        kind="connection",
        name=step.what,
        ts_ns=step.ts_ns,
        packet=step.packet,
        file=step.file,
        flow=step.flow,
        from_client=_BY_CLIENT.get(step.what),
        facts=facts.known({"State": step.reason or None}),
    )


def confidence(
    conversation: Conversation,
    observation: Observation,
    found: Found,
    exchange: Exchange | None,
) -> str:
    """Say how sure it is that *found* is what it looks like.

    NTLM outside a session setup may be bytes of a file in transit: only a challenge
    that meets messages from the other side makes it a negotiation.  What is most
    likely a copy has nothing to speak for it but its own bytes.
    """
    if copies.is_copy(conversation, observation, exchange):
        return "magic"
    if _is_negotiated(conversation, observation, exchange) and not found.truncated:
        return "negotiated"
    is_smb = copies.is_smb(observation.found.message)
    return "both-directions" if conversation.is_answered(is_smb) else found.confidence


def _is_negotiated(
    conversation: Conversation, observation: Observation, exchange: Exchange | None
) -> bool:
    message = observation.found.message
    if pairing.is_negotiate(message) or pairing.is_session_setup(message):
        is_live = copies.is_live_smb(conversation, observation)
        return is_live and _is_open(message)
    return exchange is not None and exchange.is_two_sided


def _is_open(message: Message) -> bool:
    """Tell whether the body of an SMB message could be read."""
    if isinstance(message, smb2.Plain):
        return not isinstance(message.body, smb2.Other)
    return isinstance(message, smb1.Message) and not all(
        isinstance(body, smb1.Other) for body in message.bodies
    )


def _state(exchange: Exchange | None) -> str | None:
    if exchange is None or exchange.state is State.START:
        return None
    return exchange.state.value
