"""Which messages belong together, by what their carrier calls them.

SMB2: SessionId; the first request has none yet and shares its MessageId with the reply
that assigns it (MS-SMB2 3.2.5.3).  SMB1: UID, and before there is one PID and MID
(MS-CIFS 3.2.4.2.4).  Everything else: the order on the flow.
"""

from __future__ import annotations

from typing import Final

from decoders import smb1, smb2
from decoders.messages import Message

Key = tuple[str, int]

STREAM: Final[Key] = ("stream", 0)

_NO_UID: Final = (0, 0xFFFF, 0xFFFE)  # unset, as different clients write it


def keys(outer: Message) -> tuple[Key | None, Key]:
    """Return the key of the session *outer* names, or None, and the message's own."""
    if isinstance(outer, smb2.Plain) and outer.header.command == smb2.SESSION_SETUP:
        session = outer.header.session_id
        return ("session", session) if session else None, (
            "message",
            outer.header.message_id,
        )
    if isinstance(outer, smb1.Message) and is_smb1_setup(outer):
        header = outer.header
        uid = None if header.uid in _NO_UID else ("uid", header.uid)
        return uid, ("mid", header.pid << 16 | header.mid)
    return None, STREAM


def is_session_setup(outer: Message) -> bool:
    """Tell whether *outer* sets up a session, or answers such a message."""
    if isinstance(outer, smb2.Plain):
        return outer.header.command == smb2.SESSION_SETUP
    return isinstance(outer, smb1.Message) and is_smb1_setup(outer)


def is_negotiate(outer: Message) -> bool:
    """Tell whether *outer* is an SMB NEGOTIATE, or answers one."""
    if isinstance(outer, smb2.Plain):
        return outer.header.command == smb2.NEGOTIATE
    return isinstance(outer, smb1.Message) and outer.header.command == smb1.NEGOTIATE


def is_smb1_setup(outer: smb1.Message) -> bool:
    """Tell whether an SMB1 message, or its AndX chain, sets up a session."""
    return outer.header.command == smb1.SESSION_SETUP or any(
        isinstance(body, smb1.SessionSetup | smb1.SessionSetupReply)
        for body in outer.bodies
    )
