"""NTLM logons as impacket's structures build them, with real (fixed) cryptography."""

from __future__ import annotations

import hmac
import struct
from dataclasses import dataclass
from hashlib import md5

from impacket import ntlm, spnego

from scripts.pcap_scenarios.wire import Row, Said, noise

FLAGS = 0xE2888215
"What Windows 10 sends: Unicode, NTLM, sign, ESS, TargetInfo, version, 128, 56, key."
WITHOUT_ESS = FLAGS & ~(
    ntlm.NTLMSSP_NEGOTIATE_EXTENDED_SESSIONSECURITY | ntlm.NTLMSSP_NEGOTIATE_VERSION
)
VERSION = struct.pack("<BBH3xB", 10, 0, 19045, 15)
MIC_PROVIDED = struct.pack("<I", 2)
FILETIME = 134_169_156_000_000_000
"2 March 2026, 09:00 UTC."
MECH = spnego.TypesMech["NTLMSSP - Microsoft NTLM Security Support Provider"]


@dataclass(frozen=True, slots=True)
class Account:
    user: str
    domain: str
    workstation: str


@dataclass(frozen=True, slots=True)
class Logon:
    """One NTLM exchange: who logs on where, and how."""

    account: Account
    server: str = "FILES"
    how: str = "NTLMv2"
    "As Netsig.NtlmVersion: NTLMv2, NTLMv1-ESS, NTLMv1 or anonymous."

    @property
    def challenge(self) -> bytes:
        """The server's 8 bytes."""
        return noise(f"challenge {self}", 8)

    @property
    def flags(self) -> int:
        return WITHOUT_ESS if self.how == "NTLMv1" else FLAGS

    def negotiate(self) -> Said:
        """Type 1."""
        message = ntlm.NTLMAuthNegotiate()
        message["flags"] = self.flags
        if self.flags & ntlm.NTLMSSP_NEGOTIATE_VERSION:
            message["os_version"] = VERSION
        return self._said(1, message.getData(), "NTLM-Negotiate", {})

    def reply(self) -> Said:
        """Type 2."""
        message = ntlm.NTLMAuthChallenge()
        message["flags"] = self.flags | ntlm.NTLMSSP_TARGET_TYPE_SERVER
        message["challenge"] = self.challenge
        message["domain_name"] = self.server.encode("utf-16le")
        message["TargetInfoFields"] = self._names().getData()
        has_version = self.flags & ntlm.NTLMSSP_NEGOTIATE_VERSION
        message["Version"] = VERSION if has_version else b""
        at = 56 if has_version else 48
        message["domain_offset"] = at
        message["TargetInfoFields_offset"] = at + len(message["domain_name"])
        facts = {"ServerChallenge": self.challenge.hex(), "TargetName": self.server}
        return self._said(2, message.getData(), "NTLM-Challenge", facts)

    def authenticate(self) -> Said:
        """Type 3, with a true MIC where the flags promise one."""
        message = ntlm.NTLMAuthChallengeResponse()
        message["flags"] = self.flags
        message["domain_name"] = self.account.domain.encode("utf-16le")
        message["user_name"] = self.account.user.encode("utf-16le")
        message["host_name"] = self.account.workstation.encode("utf-16le")
        nt, lm, base_key = self._responses()
        message["lanman"], message["ntlm"] = lm, nt
        exported = noise(f"session key {self}", 16)
        message["session_key"] = ntlm.generateEncryptedSessionKey(base_key, exported)
        if self.flags & ntlm.NTLMSSP_NEGOTIATE_VERSION:
            message["Version"], message["MIC"] = VERSION, bytes(16)
            before = self.negotiate().data + self.reply().data
            message["MIC"] = hmac.digest(exported, before + message.getData(), md5)
        return self._said(3, message.getData(), "NTLM-Authenticate", self.who())

    def who(self) -> Row:
        """Return what a type 3 message tells, under Netsig's names."""
        told = {
            "User": self.account.user,
            "Domain": self.account.domain,
            "Workstation": self.account.workstation,
        }
        return {k: v for k, v in told.items() if v} | {"NtlmVersion": self.how}

    def _responses(self) -> tuple[bytes, bytes, bytes]:
        if self.how == "anonymous":
            return b"", b"\0", bytes(16)
        names = self._names()
        names[ntlm.NTLMSSP_AV_FLAGS] = MIC_PROVIDED
        nt, lm, key = ntlm.computeResponse(
            self.flags,
            self.challenge,
            noise(f"client challenge {self}", 8),
            names.getData(),
            self.account.domain,
            self.account.user,
            "a fixture's password",
            use_ntlmv2=self.how == "NTLMv2",
        )
        return bytes(nt), bytes(lm), bytes(key)

    def _names(self) -> ntlm.AV_PAIRS:
        """Return the server's TargetInfo."""
        names = ntlm.AV_PAIRS()
        dns = f"{self.server.lower()}.example.net"
        names[ntlm.NTLMSSP_AV_DOMAINNAME] = "EXAMPLE".encode("utf-16le")
        names[ntlm.NTLMSSP_AV_HOSTNAME] = self.server.encode("utf-16le")
        names[ntlm.NTLMSSP_AV_DNS_DOMAINNAME] = "example.net".encode("utf-16le")
        names[ntlm.NTLMSSP_AV_DNS_HOSTNAME] = dns.encode("utf-16le")
        names[ntlm.NTLMSSP_AV_TIME] = struct.pack("<Q", FILETIME)
        return names

    def _said(self, kind: int, data: bytes, name: str, facts: Row) -> Said:
        return Said(data, ((name, {"MessageType": kind, **facts}),))


def wrap_init(token: Said | None) -> Said:
    """Put a type 1 (or nothing) into a NegTokenInit (RFC 4178)."""
    blob = spnego.SPNEGO_NegTokenInit()
    blob["MechTypes"] = [MECH]
    if token:
        blob["MechToken"] = token.data
    return Said(blob.getData(), token.signatures if token else ())


def wrap_reply(token: Said) -> Said:
    """Put a type 2 into a NegTokenResp."""
    blob = spnego.SPNEGO_NegTokenResp()
    blob["NegState"], blob["SupportedMech"] = b"\x01", MECH
    blob["ResponseToken"] = token.data
    return Said(blob.getData(), token.signatures)


def wrap_last(token: Said) -> Said:
    """Put a type 3 into a NegTokenResp."""
    blob = spnego.SPNEGO_NegTokenResp()
    blob["ResponseToken"] = token.data
    return Said(blob.getData(), token.signatures)


def accept_completed() -> Said:
    """Return the server's NegTokenResp that ends a logon well."""
    blob = spnego.SPNEGO_NegTokenResp()
    blob["NegState"] = b"\x00"
    return Said(blob.getData())
