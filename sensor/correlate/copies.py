"""Live messages told from copies of them: bytes of a file in transit, of a packet dump.

A live message is where its protocol puts it, or it meets one of the other end that it
fits to.  Where part of a flow was not seen, nobody can tell: then it passes for live.
"""

from __future__ import annotations

from typing import Final

from decoders import nbss, ntlmssp, smb1, smb2, tls
from decoders.messages import Message
from sensor.correlate.conversation import Conversation, Role
from sensor.correlate.direction import on_smb_port
from sensor.correlate.exchange import Exchange
from sensor.correlate.negotiation import Kind
from sensor.types import UDP, Observation

_UNSEEN: Final = frozenset({"one-sided", "midstream", "gap", "truncated"})


def is_smb(message: Message) -> bool:
    """Tell whether *message* is SMB of any kind, or a hello that asks for it."""
    return isinstance(message, smb1.Message | smb2.Message | tls.Hello)


def note(conversation: Conversation, observation: Observation) -> None:
    """Note which end speaks as what, and whether its stream begins with SMB."""
    found, side = observation.found, observation.side
    speaks_smb = is_smb(found.message)
    if speaks_smb and found.start <= nbss.HEADER_BYTES:
        conversation.began.add(side)
    if speaks_smb or isinstance(found.message, ntlmssp.Message):
        conversation.heard.add(Role(speaks_smb, side, found.from_client))


def is_copy(
    conversation: Conversation, observation: Observation, exchange: Exchange | None
) -> bool:
    """Tell whether the message of *observation* is, as it seems, not live.

    That is SMB in the midst of something else, unless both ends keep to their roles;
    and NTLM type 3 that no challenge came before.
    """
    flow, message = conversation.flow, observation.found.message
    if flow.proto == UDP or flow.flags & _UNSEEN:
        return False
    if is_smb(message):
        return not is_live_smb(conversation, observation)
    if not isinstance(message, ntlmssp.Authenticate):
        return False
    is_challenged = exchange is not None and Kind.CHALLENGE in exchange.seen
    return not (is_challenged or conversation.is_answered(is_smb=False))


def is_live_smb(conversation: Conversation, observation: Observation) -> bool:
    """Tell whether SMB is where it is spoken, or both ends speak it."""
    is_there = observation.side in conversation.began
    if is_there or on_smb_port(conversation.flow):
        return True
    return conversation.is_answered(is_smb=True)
