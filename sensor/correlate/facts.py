"""What a message says, under the names that AdditionalFields.Netsig uses.

In: decoder dataclasses.  Out: plain dicts.  What a message does not say is absent.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

from decoders import ntlmssp, smb1, smb2
from decoders.messages import Message
from decoders.names import coercing_pipe, dialect_name
from sensor.correlate import words

Facts = dict[str, object]

_NT_STATUS: Final = 0x4000  # SMB_FLAGS2_NT_STATUS, MS-CIFS 2.2.3.1
_NO_DIALECT: Final = 0xFFFF  # DialectIndex of a server that accepts none


def of(message: Message) -> Facts:
    """Return what *message* itself says."""
    if isinstance(message, smb1.Message):
        return _smb1(message)
    if isinstance(message, smb2.Plain):
        return known(_smb2_status(message.header) | _body(message.body))
    return known(_body(message))


def known(facts: Facts) -> Facts:
    """Drop what is unknown: None, and lists and tables that are empty."""
    return {
        name: fact for name, fact in facts.items() if fact not in (None, [], {}, ())
    }


def smb1_dialect(reply: smb1.NegotiateReply, offered: tuple[str, ...]) -> str | None:
    """Return the dialect a server chose out of those *offered*, if they were seen."""
    chosen = reply.dialect_index
    if chosen == _NO_DIALECT or chosen >= len(offered):
        return None
    return offered[chosen]


def is_nt_status(header: smb1.Header) -> bool:
    """Tell whether the status in *header* is an NTSTATUS, not a DOS error."""
    return bool(header.flags2 & _NT_STATUS)


def _smb1(message: smb1.Message) -> Facts:
    header = message.header
    facts: Facts = {}
    if header.is_reply:
        facts["Status"] = words.status(header.status, is_nt_status(header))
    for body in message.bodies:
        facts |= _body(body)
    return known(facts)


def _smb2_status(header: smb2.Header) -> Facts:
    return {"Status": words.status(header.status)} if header.is_reply else {}


def _body(body: object) -> Facts:
    describe = _BODIES.get(type(body))
    return known(describe(body)) if describe else {}


def _type1(message: ntlmssp.Negotiate) -> Facts:
    return {
        "MessageType": 1,
        "NegotiateFlags": _flags(message.flags),
        "Domain": message.domain,
        "Workstation": message.workstation,
        "OsVersion": words.os_version(message.version),
    }


def _type2(message: ntlmssp.Challenge) -> Facts:
    return {
        "MessageType": 2,
        "NegotiateFlags": _flags(message.flags),
        "ServerChallenge": message.server_challenge.hex() or None,
        "TargetName": message.target_name,
        "TargetInfo": words.target_info(message.target_info),
        "OsVersion": words.os_version(message.version),
    }


def _type3(message: ntlmssp.Authenticate) -> Facts:
    return {
        "MessageType": 3,
        "NegotiateFlags": _flags(message.flags),
        "User": message.user,
        "Domain": message.domain,
        "Workstation": message.workstation,
        "NtlmVersion": message.ntlm_version or None,
        "Mic": message.mic,
        "TargetInfo": words.target_info(message.target_info),
        "OsVersion": words.os_version(message.version),
    }


def _flags(flags: int) -> str:
    return f"0x{flags:08X}"


def _smb1_negotiate(body: smb1.Negotiate) -> Facts:
    return {"Dialects": list(body.dialects)}


def _smb1_negotiate_reply(body: smb1.NegotiateReply) -> Facts:
    # Without extended security the server names itself by its NetBIOS names.
    names = {"NbComputerName": body.server_name, "NbDomainName": body.domain}
    return {
        "Signing": _smb1_signing(body.security_mode),
        "ServerChallenge": body.server_challenge.hex()
        if body.server_challenge
        else None,
        "TargetInfo": known({name: text or None for name, text in names.items()}),
    }


def _smb1_signing(mode: int | None) -> str | None:
    if mode is None:
        return None
    return words.signing(bool(mode & 4), bool(mode & 8))


def _smb1_session_setup(body: smb1.SessionSetup) -> Facts:
    return {
        "User": body.user,
        "Domain": body.domain,
        "NtlmVersion": body.ntlm_version or None,
        "OsVersion": body.native_os or None,
    }


def _smb1_session_setup_reply(body: smb1.SessionSetupReply) -> Facts:
    return {"OsVersion": body.native_os or None}


def _smb2_negotiate(body: smb2.Negotiate) -> Facts:
    return {
        "Dialects": [dialect_name(revision) for revision in body.dialects],
        "Signing": _smb2_signing(body.security_mode),
        "Netname": body.contexts.netname if body.contexts else None,
    }


def _smb2_negotiate_reply(body: smb2.NegotiateReply) -> Facts:
    return {
        "Dialect": dialect_name(body.dialect),
        "Signing": _smb2_signing(body.security_mode),
    }


def _smb2_session_setup(body: smb2.SessionSetup) -> Facts:
    return {"Signing": _smb2_signing(body.security_mode)}


def _smb2_signing(mode: int) -> str:
    return words.signing(bool(mode & 1), bool(mode & 2))


def _tree(body: smb1.TreeConnect | smb2.TreeConnect) -> Facts:
    return {"Tree": body.path}


def _pipe(body: smb2.Create) -> Facts:
    return {"Pipe": coercing_pipe(body.name)}


_BODIES: Final[dict[type, Callable[[Any], Facts]]] = {
    ntlmssp.Negotiate: _type1,
    ntlmssp.Challenge: _type2,
    ntlmssp.Authenticate: _type3,
    smb1.Negotiate: _smb1_negotiate,
    smb1.NegotiateReply: _smb1_negotiate_reply,
    smb1.SessionSetup: _smb1_session_setup,
    smb1.SessionSetupReply: _smb1_session_setup_reply,
    smb1.TreeConnect: _tree,
    smb2.Negotiate: _smb2_negotiate,
    smb2.NegotiateReply: _smb2_negotiate_reply,
    smb2.SessionSetup: _smb2_session_setup,
    smb2.TreeConnect: _tree,
    smb2.Create: _pipe,
}
