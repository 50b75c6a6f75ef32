"""SMB1 messages as impacket's structures build them ([MS-CIFS] 2.2, [MS-SMB] 2.2)."""

from __future__ import annotations

from impacket import smb

from scripts.pcap_scenarios.ntlm import FILETIME
from scripts.pcap_scenarios.smb2 import framed
from scripts.pcap_scenarios.wire import Row, Said, noise

SIGNATURE: tuple[str, Row] = ("SMB1", {})
DIALECTS = ("PC NETWORK PROGRAM 1.0", "LANMAN1.0", "LM1.2X002", "NT LM 0.12")
NT_LM = DIALECTS.index("NT LM 0.12")
CAPABILITIES = 0x000000D4
"Unicode, NT SMBs, NT status codes, level II oplocks."
EXTENDED = 0x80000000
OS = ("Windows 5.1", "Windows 2000 LAN Manager")


def negotiate(dialects: tuple[str, ...] = DIALECTS, *, extended: bool) -> Said:
    """Offer *dialects* ([MS-CIFS] 2.2.4.52.1)."""
    command = smb.SMBCommand(smb.SMB.SMB_COM_NEGOTIATE)
    command["Data"] = b"".join(b"\x02" + d.encode() + b"\0" for d in dialects)
    return _said(command, extended=extended)


def negotiate_reply(blob: Said | bytes, *, extended: bool) -> Said:
    """Choose NT LM 0.12 and send mechanisms, or an 8-byte challenge."""
    command = smb.SMBCommand(smb.SMB.SMB_COM_NEGOTIATE)
    head = smb.SMBNTLMDialect_Parameters()
    head["DialectIndex"], head["SecurityMode"] = NT_LM, 3
    head["MaxMpxCount"], head["MaxNumberVcs"] = 50, 1
    head["MaxBufferSize"] = head["MaxRawSize"] = 65535
    head["SessionKey"], head["ServerTimeZone"] = 0, 0
    head["Capabilities"] = CAPABILITIES | (EXTENDED if extended else 0)
    head["LowDateTime"], head["HighDateTime"] = FILETIME & 0xFFFFFFFF, FILETIME >> 32
    head["ChallengeLength"] = 0 if extended else 8
    command["Parameters"] = head.getData()
    if isinstance(blob, Said):
        command["Data"] = noise("smb1 server guid", 16) + blob.data
    else:
        command["Data"] = blob + _utf16("EXAMPLE") + _utf16("FILES")
    return _said(command, extended=extended, reply=True)


def session_setup(blob: Said, mid: int, uid: int = 0) -> Said:
    """Send a security blob ([MS-SMB] 2.2.4.6.1)."""
    command = smb.SMBCommand(smb.SMB.SMB_COM_SESSION_SETUP_ANDX)
    head = smb.SMBSessionSetupAndX_Extended_Parameters()
    head["MaxBufferSize"], head["MaxMpxCount"] = 61440, 50
    head["VcNumber"], head["SessionKey"] = 1, 0
    head["SecurityBlobLength"] = len(blob.data)
    head["Capabilities"] = CAPABILITIES | EXTENDED
    command["Parameters"] = head.getData()
    command["Data"] = blob.data + _strings(len(blob.data) + 1, *OS)
    return _said(command, extended=True, mid=mid, uid=uid, inner=blob)


def session_setup_reply(blob: Said, mid: int, uid: int, status: int) -> Said:
    """Answer with a security blob ([MS-SMB] 2.2.4.6.2)."""
    command = smb.SMBCommand(smb.SMB.SMB_COM_SESSION_SETUP_ANDX)
    head = smb.SMBSessionSetupAndX_Extended_Response_Parameters()
    head["SecurityBlobLength"] = len(blob.data)
    command["Parameters"] = head.getData()
    command["Data"] = blob.data + _strings(len(blob.data) + 1, *OS)
    return _said(
        command, extended=True, reply=True, mid=mid, uid=uid, status=status, inner=blob
    )


def plain_session_setup(account: tuple[str, str], lm: bytes, nt: bytes) -> Said:
    """Log on with bare responses ([MS-CIFS] 2.2.4.53.1)."""
    command = smb.SMBCommand(smb.SMB.SMB_COM_SESSION_SETUP_ANDX)
    head = smb.SMBSessionSetupAndX_Parameters()
    head["MaxBuffer"], head["MaxMpxCount"], head["VCNumber"] = 61440, 50, 1
    head["SessionKey"], head["Capabilities"] = 0, CAPABILITIES
    head["AnsiPwdLength"], head["UnicodePwdLength"] = len(lm), len(nt)
    command["Parameters"] = head.getData()
    user, domain = account
    command["Data"] = lm + nt + _strings(len(lm + nt) + 1, user, domain, *OS)
    return _said(command, extended=False, mid=1)


def plain_session_setup_reply(uid: int) -> Said:
    """Let the client in ([MS-CIFS] 2.2.4.53.2)."""
    command = smb.SMBCommand(smb.SMB.SMB_COM_SESSION_SETUP_ANDX)
    head = smb.SMBSessionSetupAndXResponse_Parameters()
    head["Action"] = 0
    command["Parameters"] = head.getData()
    command["Data"] = _strings(1, *OS, "EXAMPLE")
    return _said(command, extended=False, reply=True, mid=1, uid=uid)


def _said(
    command: smb.SMBCommand,
    *,
    extended: bool,
    reply: bool = False,
    mid: int = 0,
    uid: int = 0,
    status: int = 0,
    inner: Said | None = None,
) -> Said:
    packet = smb.NewSMBPacket()
    packet["Flags1"] = 0x98 if reply else 0x18
    packet["Flags2"] = 0xC001 | (0x0800 if extended else 0)
    packet["Pid"], packet["Uid"], packet["Mid"] = 0xFEFF, uid, mid
    packet["ErrorClass"], packet["_reserved"] = status & 0xFF, status >> 8 & 0xFF
    packet["ErrorCode"] = status >> 16
    packet["SecurityFeatures"] = bytes(8)
    packet.addCommand(command)
    inside = inner.signatures if inner else ()
    return framed(packet.getData(), SIGNATURE, *inside)


def _strings(at: int, *texts: str) -> bytes:
    """Return UTF-16 texts, padded as for data that starts *at* an odd place."""
    return bytes(at % 2) + b"".join(map(_utf16, texts))


def _utf16(text: str) -> bytes:
    return text.encode("utf-16le") + bytes(2)
