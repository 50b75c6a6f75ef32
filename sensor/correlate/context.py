"""What a message says that later messages of its flow are read by."""

from __future__ import annotations

from collections.abc import Mapping

from decoders import smb1, smb2
from decoders.messages import Found, Message
from sensor.correlate import facts
from sensor.correlate.conversation import Conversation

_SERVER = ("Signing", "ServerChallenge", "TargetInfo")
_LASTING = (
    *("Dialect", "Netname", "Tree"),
    *("ServerName", "Alpn", "ProxyTarget", "Mailslot"),
)


def note(conversation: Conversation, found: Found) -> None:
    """Take from *found* what later events on this flow are to tell."""
    _keep(conversation, found.facts)
    _note_message(conversation, found.message)


def _note_message(conversation: Conversation, message: Message) -> None:
    if isinstance(message, smb1.Message):
        for body in message.bodies:
            _note_smb1(conversation, body)
    elif not isinstance(message, smb2.Plain):
        return
    said = facts.of(message)
    _keep(conversation, said)
    if _is_negotiate_reply(message):
        conversation.server = {name: said[name] for name in _SERVER if name in said}
    if message.header.command in (smb1.LOGOFF, smb2.LOGOFF):
        conversation.context.pop("Tree", None)


def _note_smb1(conversation: Conversation, body: smb1.Body) -> None:
    if isinstance(body, smb1.Negotiate):
        conversation.offered = body.dialects
    elif isinstance(body, smb1.NegotiateReply):
        dialect = facts.smb1_dialect(body, conversation.offered)
        _keep(conversation, facts.known({"Dialect": dialect}))


def _keep(conversation: Conversation, said: Mapping[str, object]) -> None:
    conversation.context |= {name: said[name] for name in _LASTING if name in said}


def _is_negotiate_reply(message: smb1.Message | smb2.Plain) -> bool:
    if isinstance(message, smb2.Plain):
        return isinstance(message.body, smb2.NegotiateReply)
    return any(isinstance(body, smb1.NegotiateReply) for body in message.bodies)
