"""SMB1 / CIFS messages (MS-CIFS 2.2, MS-SMB 2.2)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from decoders import spnego

NAME: Final = "smb1"
MAGIC: Final = b"\xffSMB"
NEGOTIATE: Final = 0x72
SESSION_SETUP: Final = 0x73
LOGOFF: Final = 0x74
TREE_CONNECT: Final = 0x75


@dataclass(frozen=True, slots=True)
class Header:
    """The 32-byte SMB1 header (MS-CIFS 2.2.3.1)."""

    command: int
    status: int
    "NTSTATUS, or DOS class and code as sent when FLAGS2_NT_STATUS is clear."
    flags: int
    flags2: int
    tid: int
    pid: int
    uid: int
    mid: int

    @property
    def is_reply(self) -> bool:
        """Whether the server sent it (SMB_FLAGS_REPLY)."""
        return bool(self.flags & 0x80)


@dataclass(frozen=True, slots=True)
class Negotiate:
    dialects: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class NegotiateReply:
    dialect_index: int
    "0xFFFF when the server accepts none."
    security_mode: int | None = None
    "Bit 0 user level, 1 encrypted passwords, 2 signing enabled, 3 signing required."
    capabilities: int | None = None
    server_challenge: bytes | None = None
    "The 8-byte challenge of a negotiation without extended security."
    domain: str | None = None
    server_name: str | None = None
    token: spnego.Token | None = None


@dataclass(frozen=True, slots=True)
class SessionSetup:
    user: str | None = None
    "Account name, without extended security only."
    domain: str | None = None
    native_os: str | None = None
    native_lan_man: str | None = None
    lm_length: int = 0
    nt_length: int = 0
    ntlm_version: str | None = None
    "As in ntlmssp.Authenticate; only without extended security."
    token: spnego.Token | None = None


@dataclass(frozen=True, slots=True)
class SessionSetupReply:
    action: int = 0
    "Bit 0: logged in as guest."
    native_os: str | None = None
    native_lan_man: str | None = None
    domain: str | None = None
    token: spnego.Token | None = None


@dataclass(frozen=True, slots=True)
class TreeConnect:
    path: str
    service: str | None = None


@dataclass(frozen=True, slots=True)
class TreeConnectReply:
    service: str | None = None


@dataclass(frozen=True, slots=True)
class Other:
    """A message whose body is not looked into (or could not be)."""


Body = (
    Negotiate
    | NegotiateReply
    | SessionSetup
    | SessionSetupReply
    | TreeConnect
    | TreeConnectReply
    | Other
)


@dataclass(frozen=True, slots=True)
class Message:
    header: Header
    bodies: tuple[Body, ...]
    "The command's body, then those of its AndX chain, in order."
