"""SMB1 / CIFS messages (MS-CIFS 2.2, MS-SMB 2.2)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from decoders import smb1_header, spnego
from decoders.limits import DIALECTS
from decoders.ntlm_version import ntlm_version
from decoders.smb1_header import EXTENDED_SECURITY, Block
from decoders.smb1_header import LOGOFF as LOGOFF
from decoders.smb1_header import MAGIC as MAGIC
from decoders.smb1_header import NEGOTIATE as NEGOTIATE
from decoders.smb1_header import SESSION_SETUP as SESSION_SETUP
from decoders.smb1_header import TREE_CONNECT as TREE_CONNECT
from decoders.wire import DecodeError, Reader

NAME: Final = "smb1"
UNICODE: Final = 0x8000  # SMB_FLAGS2_UNICODE
OEM_CODEPAGE: Final = "cp437"
REPLY: Final = 0x80  # SMB_FLAGS_REPLY


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


def decode(data: bytes, truncated: bool = False) -> Message:
    """Decode one message, the magic first, with its AndX chain.

    A body that breaks its rules, or is cut, becomes Other: its header still counts.
    With *truncated* a blob may lead past the end. Raises DecodeError for a header
    that fails the checks of `smb1_header`.
    """
    if not smb1_header.is_header(data):
        raise DecodeError(NAME, 0, "no valid SMB1 header")
    header = _header(data)
    bodies = (
        _body(data, header, block, truncated) for block in smb1_header.blocks(data)
    )
    return Message(header, tuple(bodies))


def _header(data: bytes) -> Header:
    r = Reader(data, NAME, 4)
    command, status, flags, flags2 = r.u8(), r.u32(), r.u8(), r.u16()
    pid_high = r.u16()
    r.take(10)
    tid, pid_low, uid, mid = r.u16(), r.u16(), r.u16(), r.u16()
    return Header(
        command, status, flags, flags2, tid, pid_high << 16 | pid_low, uid, mid
    )


def _body(data: bytes, header: Header, block: Block, truncated: bool) -> Body:
    words = data[block.words : block.words_end]
    read = _BODIES.get((block.command, header.is_reply, len(words) // 2))
    if read is None or block.data > len(data):
        return Other()
    end = block.data_end if not truncated else min(block.data_end, len(data))
    if end > len(data):
        return Other()
    rest = Reader(data[:end], NAME, block.data)
    unicode = bool(header.flags2 & UNICODE)
    try:
        return read(_Parts(Reader(words, NAME), rest, unicode, truncated))
    except DecodeError:
        return Other()


@dataclass(frozen=True, slots=True)
class _Parts:
    """What a body is read from."""

    words: Reader
    data: Reader
    "Positioned on the first data byte, in offsets from the magic."
    unicode: bool
    truncated: bool


def _negotiate(p: _Parts) -> Negotiate:
    dialects: list[str] = []
    while p.data.left and len(dialects) < DIALECTS:
        if p.data.u8() != 0x02:
            raise p.data.error("a dialect does not begin with 0x02")
        name = _oem(p.data)
        if _is_ended(p, b"\0"):
            dialects.append(name)
    return Negotiate(tuple(dialects))


def _negotiate_core(p: _Parts) -> NegotiateReply:
    return NegotiateReply(p.words.u16())


def _negotiate_lan_manager(p: _Parts) -> NegotiateReply:
    """Read the reply of LAN Manager dialects (MS-CIFS 2.2.4.52.2)."""
    index, security_mode = p.words.u16(), p.words.u16()
    key_length = int.from_bytes(p.words.at(22, 2), "little")
    challenge = p.data.take(key_length) or None
    domain = _oem(p.data) if p.data.left else None
    return NegotiateReply(
        index, security_mode, server_challenge=challenge, domain=domain
    )


def _negotiate_nt(p: _Parts) -> NegotiateReply:
    """Read the reply of NT LM 0.12 (MS-CIFS 2.2.4.52.2, MS-SMB 2.2.4.5.2)."""
    index, security_mode = p.words.u16(), p.words.u8()
    p.words.take(16)
    capabilities = p.words.u32()
    if capabilities & EXTENDED_SECURITY:
        p.data.take(16)  # ServerGUID
        token = _token(p, p.data.left)
        return NegotiateReply(index, security_mode, capabilities, token=token)
    challenge = p.data.take(p.words.at(33, 1)[0]) or None
    domain = _string(p, align=False)
    server = _string(p, align=False)
    return NegotiateReply(index, security_mode, capabilities, challenge, domain, server)


def _session_setup_lan_manager(p: _Parts) -> SessionSetup:
    """Read the request of LAN Manager dialects: one password (MS-CIFS 2.2.4.53.1)."""
    length = int.from_bytes(p.words.at(14, 2), "little")
    return _session_setup_names(p, length, 0)


def _session_setup_nt(p: _Parts) -> SessionSetup:
    """Read the request of NT LM 0.12 without extended security."""
    lm_length = int.from_bytes(p.words.at(14, 2), "little")
    nt_length = int.from_bytes(p.words.at(16, 2), "little")
    return _session_setup_names(p, lm_length, nt_length)


def _session_setup_names(p: _Parts, lm_length: int, nt_length: int) -> SessionSetup:
    lm = p.data.take(lm_length)
    p.data.take(nt_length)
    user, domain = _string(p), _string(p)
    version = ntlm_version(lm_length, nt_length, bool(user), lm)
    native_os, native_lan_man = _string(p), _string(p)
    return SessionSetup(
        user, domain, native_os, native_lan_man, lm_length, nt_length, version
    )


def _session_setup_extended(p: _Parts) -> SessionSetup:
    """Read the request with extended security (MS-SMB 2.2.4.6.1)."""
    token = _token(p, int.from_bytes(p.words.at(14, 2), "little"))
    native_os, native_lan_man, domain = _string(p), _string(p), _string(p)
    return SessionSetup(
        domain=domain or None,
        native_os=native_os,
        native_lan_man=native_lan_man,
        token=token,
    )


def _session_setup_reply(p: _Parts) -> SessionSetupReply:
    action = int.from_bytes(p.words.at(4, 2), "little")
    return SessionSetupReply(action, _string(p), _string(p), _string(p))


def _session_setup_reply_extended(p: _Parts) -> SessionSetupReply:
    """Read the reply with extended security (MS-SMB 2.2.4.6.2)."""
    action = int.from_bytes(p.words.at(4, 2), "little")
    token = _token(p, int.from_bytes(p.words.at(6, 2), "little"))
    return SessionSetupReply(action, _string(p), _string(p), _string(p), token)


def _tree_connect(p: _Parts) -> TreeConnect:
    p.data.take(int.from_bytes(p.words.at(6, 2), "little"))
    path = _string(p) or ""
    return TreeConnect(path, _oem(p.data) if p.data.left else None)


def _tree_connect_reply(p: _Parts) -> TreeConnectReply:
    return TreeConnectReply(_oem(p.data) if p.data.left else None)


_BODIES: Final[dict[tuple[int, bool, int], Callable[[_Parts], Body]]] = {
    (NEGOTIATE, False, 0): _negotiate,
    (NEGOTIATE, True, 1): _negotiate_core,
    (NEGOTIATE, True, 13): _negotiate_lan_manager,
    (NEGOTIATE, True, 17): _negotiate_nt,
    (SESSION_SETUP, False, 10): _session_setup_lan_manager,
    (SESSION_SETUP, False, 13): _session_setup_nt,
    (SESSION_SETUP, False, 12): _session_setup_extended,
    (SESSION_SETUP, True, 3): _session_setup_reply,
    (SESSION_SETUP, True, 4): _session_setup_reply_extended,
    (TREE_CONNECT, False, 4): _tree_connect,
    (TREE_CONNECT, True, 2): _tree_connect_reply,
    (TREE_CONNECT, True, 3): _tree_connect_reply,
    (TREE_CONNECT, True, 7): _tree_connect_reply,
}
# by command, direction and WordCount


def _token(p: _Parts, length: int) -> spnego.Token | None:
    if p.truncated:
        length = min(length, p.data.left)
    return spnego.maybe(p.data.take(length), p.truncated)


def _string(p: _Parts, align: bool = True) -> str | None:
    """Read a string in the message's own character set; None where data has ended.

    The last string of real messages often lacks its terminator; in one that is cut
    short, it is cut too.
    """
    if p.unicode and align and p.data.pos % 2 and p.data.left:
        p.data.take(1)
    if not p.data.left:
        return None
    text = _utf16(p.data) if p.unicode else _oem(p.data)
    return text if _is_ended(p, b"\0\0" if p.unicode else b"\0") else None


def _is_ended(p: _Parts, terminator: bytes) -> bool:
    """Tell whether the string before here is whole."""
    return not p.truncated or p.data.data[: p.data.pos].endswith(terminator)


def _oem(r: Reader) -> str:
    end = r.data.find(b"\0", r.pos)
    raw = r.take((len(r.data) if end < 0 else end) - r.pos)
    r.take(1 if end >= 0 else 0)
    return raw.decode(OEM_CODEPAGE)


def _utf16(r: Reader) -> str:
    end = r.data.find(b"\0\0", r.pos)
    while end >= 0 and (end - r.pos) % 2:
        end = r.data.find(b"\0\0", end + 1)
    raw = r.take((len(r.data) if end < 0 else end) - r.pos)
    r.take(2 if end >= 0 else 0)
    return raw.decode("utf-16-le", "replace")
