"""SMB2 and SMB3 messages (MS-SMB2 2.2)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from decoders import smb2_contexts, smb2_header, spnego
from decoders.limits import DIALECTS
from decoders.smb2_contexts import Contexts as Contexts
from decoders.smb2_header import (
    COMPRESSED_MAGIC as COMPRESSED_MAGIC,
)
from decoders.smb2_header import CREATE as CREATE
from decoders.smb2_header import LOGOFF as LOGOFF
from decoders.smb2_header import MAGIC as MAGIC
from decoders.smb2_header import NEGOTIATE as NEGOTIATE
from decoders.smb2_header import RDMA_MAGIC as RDMA_MAGIC
from decoders.smb2_header import SESSION_SETUP as SESSION_SETUP
from decoders.smb2_header import TRANSFORM_MAGIC as TRANSFORM_MAGIC
from decoders.smb2_header import TREE_CONNECT as TREE_CONNECT
from decoders.wire import DecodeError, Reader

NAME: Final = "smb2"
ASYNC: Final = 0x2  # SMB2_FLAGS_ASYNC_COMMAND
SMB_311: Final = 0x0311
SUCCESS: Final = 0
MORE_PROCESSING: Final = 0xC000_0016


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
class Create:
    name: str
    "Of a file in its share, or of a named pipe in IPC$ (MS-SMB2 2.2.13)."


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
    | Create
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


def decode(data: bytes, truncated: bool = False) -> tuple[Message, ...]:
    """Decode the messages of one frame, the magic first.

    A body that breaks its rules, or is cut, becomes Other: its header still counts.
    With *truncated* a blob may lead past the end. Raises DecodeError for a header
    that fails the checks of `smb2_header`.
    """
    spans = smb2_header.compound(data) if data[:4] == MAGIC else ((0, len(data)),)
    if not spans:
        raise DecodeError(NAME, 0, f"{len(data)} bytes are too few for a header")
    return tuple(decode_one(data[start:end], truncated) for start, end in spans)


def decode_one(data: bytes, truncated: bool = False) -> Message:
    """Decode one message that is not followed by others; see decode().

    Of the headers that only a frame can vouch for (encrypted, compressed, RDMA), no
    more is asked than that they are whole.
    """
    whole = len(data) >= smb2_header.LEAST.get(data[:4], len(data) + 1)
    if not whole or (data[:4] == MAGIC and not smb2_header.is_header(data)):
        raise DecodeError(NAME, 0, f"no valid header after {data[:4].hex()}")
    r = Reader(data, NAME, 4)
    if data[:4] == TRANSFORM_MAGIC:
        return Transform(smb2_header.number(data, 36, 4), _u64(data, 44))
    if data[:4] == COMPRESSED_MAGIC:
        return Compressed(original_size=r.u32(), algorithm=r.u16(), flags=r.u16())
    if data[:4] == RDMA_MAGIC:
        return RdmaTransform(smb2_header.number(data, 6, 2))
    return _plain(data, truncated)


def decode_cut(data: bytes) -> Plain:
    """Decode the front of a header; fields that were not captured are zero.

    The body is Other: nothing of it is there.
    """
    return Plain(_header(data.ljust(smb2_header.HEADER_BYTES, b"\0")), Other())


def _u64(data: bytes, at: int) -> int:
    return smb2_header.number(data, at, 8)


def _plain(data: bytes, truncated: bool) -> Plain:
    header = _header(data)
    if _is_error(data, header):
        return Plain(header, ErrorReply())
    read = _BODIES.get((header.command, header.is_reply))
    if read is None:
        return Plain(header, Other())
    try:
        body = read(Reader(data, NAME, smb2_header.HEADER_BYTES + 2), truncated)
    except DecodeError:
        body = Other()
    return Plain(header, body)


def _header(data: bytes) -> Header:
    r = Reader(data, NAME, 8)
    status, command, _credits = r.u32(), r.u16(), r.u16()
    flags, _next, message_id = r.u32(), r.u32(), r.u64()
    async_id = r.u64() if flags & ASYNC else None
    tree_id = 0
    if async_id is None:
        r.u32()
        tree_id = r.u32()
    session_id = r.u64()
    return Header(command, status, flags, message_id, session_id, tree_id, async_id)


def _is_error(data: bytes, header: Header) -> bool:
    """Tell an error reply from a session setup reply, whose body is as long."""
    size = smb2_header.number(data, smb2_header.HEADER_BYTES, 2)
    if not header.is_reply or size != smb2_header.ERROR_SIZE:
        return False
    if header.command == SESSION_SETUP:
        return header.status not in (SUCCESS, MORE_PROCESSING)
    return header.command < TREE_CONNECT or header.status != SUCCESS


def _negotiate(r: Reader, truncated: bool) -> Negotiate:
    del truncated  # no blob
    count, security_mode, _reserved = r.u16(), r.u16(), r.u16()
    capabilities, guid = r.u32(), r.take(16)
    context_offset, context_count, _reserved2 = r.u32(), r.u16(), r.u16()
    dialects = tuple(r.u16() for _ in range(min(count, DIALECTS)))
    contexts = None
    if SMB_311 in dialects:
        contexts = smb2_contexts.decode(r.data, context_offset, context_count)
    return Negotiate(dialects, security_mode, capabilities, guid, contexts)


def _negotiate_reply(r: Reader, truncated: bool) -> NegotiateReply:
    security_mode, dialect, context_count = r.u16(), r.u16(), r.u16()
    guid, capabilities = r.take(16), r.u32()
    r.take(12)
    system_time, start_time = r.u64(), r.u64()
    token = _token(r, truncated)
    contexts = None
    if dialect == SMB_311:
        contexts = smb2_contexts.decode(r.data, r.u32(), context_count)
    return NegotiateReply(
        dialect,
        security_mode,
        capabilities,
        guid,
        system_time,
        start_time,
        contexts,
        token,
    )


def _session_setup(r: Reader, truncated: bool) -> SessionSetup:
    flags, security_mode, capabilities = r.u8(), r.u8(), r.u32()
    r.u32()
    token = _token(r, truncated)
    previous = r.u64()
    return SessionSetup(flags, security_mode, capabilities, previous, token)


def _session_setup_reply(r: Reader, truncated: bool) -> SessionSetupReply:
    return SessionSetupReply(r.u16(), _token(r, truncated))


def _tree_connect(r: Reader, truncated: bool) -> TreeConnect:
    del truncated  # no blob
    r.u16()
    path = r.at(r.u16(), r.u16())
    return TreeConnect(path.decode("utf-16-le", "replace"))


def _tree_connect_reply(r: Reader, truncated: bool) -> TreeConnectReply:
    del truncated  # no blob
    share_type = r.u8()
    r.u8()
    return TreeConnectReply(share_type, r.u32())


def _create(r: Reader, truncated: bool) -> Create:
    del truncated  # no blob
    name = smb2_header.opened_name(r.data)
    if name is None:
        raise r.error("the name leaves the message")
    return Create(name)


def _token(r: Reader, truncated: bool) -> spnego.Token | None:
    """Open the security blob that the next two fields point at."""
    offset, length = r.u16(), r.u16()
    if truncated:
        length = min(length, max(0, len(r.data) - offset))
    return spnego.maybe(r.at(offset, length), truncated) if length else None


_BODIES: Final[dict[tuple[int, bool], Callable[[Reader, bool], Body]]] = {
    (NEGOTIATE, False): _negotiate,
    (NEGOTIATE, True): _negotiate_reply,
    (SESSION_SETUP, False): _session_setup,
    (SESSION_SETUP, True): _session_setup_reply,
    (TREE_CONNECT, False): _tree_connect,
    (TREE_CONNECT, True): _tree_connect_reply,
    (CREATE, False): _create,
}
