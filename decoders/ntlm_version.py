"""Which NTLM a logon used, told by the shape of its responses (MS-NLMP 3.3).

The flags of a message say what was negotiated, the responses what was done: where
they differ the responses are believed.
"""

from __future__ import annotations

from typing import Final

V1_BYTES: Final = 24
# LM_RESPONSE and NTLM_RESPONSE (MS-NLMP 2.2.2.3, 2.2.2.6); an NTLMv2 one is longer


def ntlm_version(
    lm_length: int, nt_length: int, has_user: bool, lm: bytes | None
) -> str:
    """Name the NTLM version, or give "" when the responses do not tell.

    *lm* is the LM response, None when its bytes were not captured.
    """
    if nt_length > V1_BYTES:
        return "NTLMv2"
    if nt_length == V1_BYTES:
        return _v1(lm_length, lm)
    if nt_length:
        return ""
    if lm_length == V1_BYTES:
        return "LM"
    return "" if has_user or lm_length > 1 else "anonymous"


def _v1(lm_length: int, lm: bytes | None) -> str:
    """Tell NTLMv1 with Extended Session Security: a client challenge, then zeros."""
    if lm_length != V1_BYTES:
        return "NTLMv1"
    if lm is None:
        return ""
    ess = any(lm[:8]) and not any(lm[8:])
    return "NTLMv1-ESS" if ess else "NTLMv1"
