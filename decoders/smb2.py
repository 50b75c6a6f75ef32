"""SMB2 and SMB3 messages (MS-SMB2 2.2)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from decoders import spnego

NAME: Final = "smb2"
MAGIC: Final = b"\xfeSMB"
TRANSFORM_MAGIC: Final = b"\xfdSMB"
COMPRESSED_MAGIC: Final = b"\xfcSMB"
RDMA_MAGIC: Final = b"\xfbSMB"
NEGOTIATE: Final = 0x00
SESSION_SETUP: Final = 0x01
LOGOFF: Final = 0x02
TREE_CONNECT: Final = 0x03


@dataclass(frozen=True, slots=True)
class Header:
    """The 64-byte SMB2 header (MS-SMB2 2.2.1)."""

    command: int
    status: int
    "NTSTATUS in a reply; channel sequence in a request."
    flags: int
    message_id: int
    session_id: int
    tree_id: int
    "0 in an asynchronous header, which has none."
    async_id: int | None = None

    @property
    def is_reply(self) -> bool:
        """Whether the server sent it (SMB2_FLAGS_SERVER_TO_REDIR)."""
        return bool(self.flags & 0x1)


@dataclass(frozen=True, slots=True)
class Contexts:
    """What the negotiate contexts of SMB 3.1.1 say (MS-SMB2 2.2.3.1)."""

    netname: str | None = None
    ciphers: tuple[int, ...] = ()
    compression: tuple[int, ...] = ()
    signing: tuple[int, ...] = ()
    hashes: tuple[int, ...] = ()
    rdma_transforms: tuple[int, ...] = ()
    others: tuple[int, ...] = ()
    "Context types nobody has named here."


@dataclass(frozen=True, slots=True)
class Negotiate:
    dialects: tuple[int, ...]
    security_mode: int
    "Bit 0 signing enabled, bit 1 signing required."
    capabilities: int
    client_guid: bytes
    contexts: Contexts | None = None


@dataclass(frozen=True, slots=True)
class NegotiateReply:
    dialect: int
    security_mode: int
    capabilities: int
    server_guid: bytes
    system_time: int
    "FILETIME: 100 ns since 1601."
    start_time: int
    contexts: Contexts | None = None
    token: spnego.Token | None = None


@dataclass(frozen=True, slots=True)
class SessionSetup:
    flags: int
    security_mode: int
    capabilities: int
    previous_session_id: int
    token: spnego.Token | None = None


@dataclass(frozen=True, slots=True)
class SessionSetupReply:
    session_flags: int
    "Bit 0 guest, bit 1 null (anonymous), bit 2 encrypt data."
    token: spnego.Token | None = None


@dataclass(frozen=True, slots=True)
class TreeConnect:
    path: str


@dataclass(frozen=True, slots=True)
class TreeConnectReply:
    share_type: int
    share_flags: int


@dataclass(frozen=True, slots=True)
class ErrorReply:
    """MS-SMB2 2.2.2; the status is in the header."""


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
    | ErrorReply
    | Other
)


@dataclass(frozen=True, slots=True)
class Plain:
    """One unencrypted message; a compound frame is several of them."""

    header: Header
    body: Body


@dataclass(frozen=True, slots=True)
class Transform:
    """SMB2 TRANSFORM_HEADER: what follows is encrypted (MS-SMB2 2.2.41)."""

    original_size: int
    session_id: int


@dataclass(frozen=True, slots=True)
class Compressed:
    """SMB2 COMPRESSION_TRANSFORM_HEADER (MS-SMB2 2.2.42)."""

    original_size: int
    algorithm: int
    flags: int


@dataclass(frozen=True, slots=True)
class RdmaTransform:
    """SMB2 RDMA_TRANSFORM (MS-SMB2 2.2.43)."""

    transforms: int


Message = Plain | Transform | Compressed | RdmaTransform
