"""SPNEGO tokens (RFC 4178, MS-SPNG) and what they carry."""

from __future__ import annotations

from dataclasses import dataclass

from decoders import ntlmssp


@dataclass(frozen=True, slots=True)
class Token:
    """A security blob, opened as far as a listener can."""

    mechs: tuple[str, ...] = ()
    "Mechanism OIDs offered or chosen, dotted, in order."
    state: int | None = None
    "negState of a NegTokenResp: 0 completed, 1 incomplete, 2 reject, 3 request-mic."
    ntlm: ntlmssp.Message | None = None
    ntlm_start: int = 0
    "Offset (bytes) of NTLMSSP in the blob; meaningful when ntlm is set."
    ntlm_length: int = 0
    kerberos: bool = False
    "Whether a Kerberos AP-REQ, AP-REP or KRB-ERROR is inside."
