"""SMB2 and SMB3 messages as impacket's structures build them ([MS-SMB2] 2.2)."""

from __future__ import annotations

import struct

from impacket import smb3structs as s

from scripts.pcap_scenarios.ntlm import FILETIME
from scripts.pcap_scenarios.wire import Row, Said, noise

SUCCESS = 0
MORE_PROCESSING = 0xC0000016
LOGON_FAILURE = 0xC000006D
STATUS = {
    SUCCESS: "STATUS_SUCCESS",
    MORE_PROCESSING: "STATUS_MORE_PROCESSING_REQUIRED",
    LOGON_FAILURE: "STATUS_LOGON_FAILURE",
}
DIALECTS = {
    0x0202: "2.0.2",
    0x0210: "2.1",
    0x02FF: "2.???",
    0x0300: "3.0",
    0x0302: "3.0.2",
    0x0311: "3.1.1",
}


def framed(message: bytes, *signatures: tuple[str, Row]) -> Said:
    """Put a message into its direct-TCP frame ([MS-SMB2] 2.1)."""
    return Said(struct.pack(">I", len(message)) + message, signatures)


def negotiate(dialects: tuple[int, ...], netname: str = "files") -> Said:
    """Ask for one of *dialects*; 3.1.1 brings its contexts."""
    body = s.SMB2Negotiate()
    body["DialectCount"], body["Dialects"] = len(dialects), list(dialects)
    body["SecurityMode"], body["Capabilities"] = 1, 0x7F
    body["ClientGuid"] = noise(f"client guid {netname}", 16)
    body["ClientStartTime"] = bytes(8)
    facts: Row = {"Dialects": [DIALECTS[dialect] for dialect in dialects]}
    if 0x0311 in dialects:
        facts["Netname"] = netname
        at = 64 + 36 + 2 * len(dialects)
        pad = -at % 8
        contexts = _contexts((1, _preauth()), (2, _ciphers(1, 2)), (5, _utf16(netname)))
        body["ClientStartTime"] = struct.pack("<IHH", at + pad, 3, 0)
        body["Padding"], body["NegotiateContextList"] = bytes(pad), contexts
    return framed(_packet(s.SMB2_NEGOTIATE, 0, body.getData()), ("SMB2", facts))


def negotiate_reply(dialect: int, token: Said) -> Said:
    """Choose *dialect* and offer *token*'s mechanisms."""
    body = s.SMB2Negotiate_Response()
    body["SecurityMode"], body["DialectRevision"] = 1, dialect
    body["ServerGuid"] = noise("server guid", 16)
    body["Capabilities"] = 0x7F
    for size in ("MaxTransactSize", "MaxReadSize", "MaxWriteSize"):
        body[size] = 1 << 20
    body["SystemTime"] = FILETIME
    body["SecurityBufferOffset"] = 64 + 64
    body["SecurityBufferLength"] = len(token.data)
    body["AlignPad"], body["Buffer"] = b"", token.data
    if dialect == 0x0311:
        at = 128 + len(token.data)
        body["NegotiateContextOffset"] = at + -at % 8
        body["NegotiateContextCount"] = 2
        body["Padding"] = bytes(-at % 8)
        body["NegotiateContextList"] = _contexts((1, _preauth()), (2, _ciphers(2)))
    packet = _packet(s.SMB2_NEGOTIATE, 0, body.getData(), reply=True)
    return framed(packet, ("SMB2", {"Dialect": DIALECTS[dialect]}))


def session_setup(token: Said, message_id: int, session_id: int) -> Said:
    """Send a security blob to the server."""
    body = s.SMB2SessionSetup()
    body["SecurityMode"], body["Capabilities"] = 1, 1
    body["SecurityBufferLength"], body["Buffer"] = len(token.data), token.data
    packet = _packet(s.SMB2_SESSION_SETUP, message_id, body.getData(), session_id)
    return framed(packet, ("SMB2", {}), *token.signatures)


def session_setup_reply(
    token: Said, message_id: int, session_id: int, status: int
) -> Said:
    """Send a security blob, or the end of the logon, to the client."""
    if status not in (SUCCESS, MORE_PROCESSING):
        data = struct.pack("<HHIx", 9, 0, 0)  # the ERROR response, 2.2.2
    else:
        body = s.SMB2SessionSetup_Response()
        body["SecurityBufferOffset"] = 64 + 8
        body["SecurityBufferLength"] = len(token.data)
        body["AlignPad"], body["Buffer"] = b"", token.data
        data = body.getData()
    packet = _packet(
        s.SMB2_SESSION_SETUP, message_id, data, session_id, reply=True, status=status
    )
    return framed(packet, ("SMB2", {"Status": STATUS[status]}), *token.signatures)


def tree_connect(path: str, message_id: int, session_id: int) -> Said:
    """Open a share."""
    body = s.SMB2TreeConnect()
    body["PathLength"], body["Buffer"] = len(_utf16(path)), _utf16(path)
    return framed(_packet(s.SMB2_TREE_CONNECT, message_id, body.getData(), session_id))


def tree_connect_reply(message_id: int, session_id: int) -> Said:
    """Grant a disk share."""
    body = s.SMB2TreeConnect_Response()
    body["ShareType"], body["MaximalAccess"] = 1, 0x001F01FF
    return framed(
        _packet(s.SMB2_TREE_CONNECT, message_id, body.getData(), session_id, reply=True)
    )


def encrypted(inner_size: int, session_id: int, label: str, *, first: bool) -> Said:
    """Hide *inner_size* bytes behind a transform header (2.2.41).

    Only the *first* of a side is worth a row.
    """
    header = s.SMB2_TRANSFORM_HEADER()
    header["Signature"] = noise(f"tag {label}", 16)
    header["Nonce"] = noise(f"nonce {label}", 12) + bytes(4)
    header["OriginalMessageSize"] = inner_size
    header["EncryptionAlgorithm"], header["SessionID"] = 1, session_id
    data = header.getData() + noise(f"ciphertext {label}", inner_size)
    return framed(data, *([("SMB3-Encrypted", {})] if first else []))


def _packet(
    command: int,
    message_id: int,
    body: bytes,
    session_id: int = 0,
    *,
    reply: bool = False,
    status: int = 0,
) -> bytes:
    packet = s.SMB2Packet()
    packet["CreditCharge"], packet["CreditRequestResponse"] = 1, 31
    packet["Command"], packet["MessageID"] = command, message_id
    packet["SessionID"], packet["Status"] = session_id, status
    packet["Flags"] = int(reply)
    packet["Reserved"] = 0xFEFF
    packet["Signature"], packet["Data"] = bytes(16), body
    return bytes(packet.getData())


def _contexts(*contexts: tuple[int, bytes]) -> bytes:
    packed = [struct.pack("<HHI", kind, len(d), 0) + d for kind, d in contexts]
    padded = [one + bytes(-len(one) % 8) for one in packed[:-1]]
    return b"".join([*padded, packed[-1]])


def _preauth() -> bytes:
    return struct.pack("<HHH", 1, 32, 1) + noise("salt", 32)


def _ciphers(*ciphers: int) -> bytes:
    return struct.pack(f"<H{len(ciphers)}H", len(ciphers), *ciphers)


def _utf16(text: str) -> bytes:
    return text.encode("utf-16le")
