"""The NTLM examples in SPNEGO, as impacket wraps them (RFC 4178 4.2)."""

from __future__ import annotations

from impacket.spnego import SPNEGO_NegTokenInit, SPNEGO_NegTokenResp, TypesMech

from tests.support import ntlm


def _init() -> bytes:
    blob = SPNEGO_NegTokenInit()
    blob["MechTypes"] = [
        TypesMech["NTLMSSP - Microsoft NTLM Security Support Provider"]
    ]
    blob["MechToken"] = ntlm.NEGOTIATE
    return bytes(blob.getData())


def _resp() -> bytes:
    blob = SPNEGO_NegTokenResp()
    blob["ResponseToken"] = ntlm.AUTHENTICATE_V2
    return bytes(blob.getData())


INIT = _init()
RESP = _resp()
