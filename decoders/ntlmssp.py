"""NTLMSSP messages, as MS-NLMP 2.2.1 lays them out.

Bytes in, frozen messages out: no I/O, no clock, no memory of earlier calls.
Codes stay plain ints, so a value nobody has named yet is still a value.
Secrets (LM and NT responses, MIC, session key) are read, judged and dropped.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

SIGNATURE: Final = b"NTLMSSP\0"


@dataclass(frozen=True, slots=True)
class Version:
    """MS-NLMP 2.2.2.10."""

    major: int
    minor: int
    build: int
    revision: int


@dataclass(frozen=True, slots=True)
class AvPair:
    """One attribute of a TargetInfo (MS-NLMP 2.2.2.1)."""

    id: int
    value: str | int | None
    "Text for names, FILETIME (100 ns since 1601) or flags as int, else None."


@dataclass(frozen=True, slots=True)
class Negotiate:
    """Type 1 (MS-NLMP 2.2.1.1)."""

    flags: int
    domain: str | None = None
    workstation: str | None = None
    version: Version | None = None


@dataclass(frozen=True, slots=True)
class Challenge:
    """Type 2 (MS-NLMP 2.2.1.2)."""

    flags: int
    target_name: str
    server_challenge: bytes
    target_info: tuple[AvPair, ...] = ()
    version: Version | None = None


@dataclass(frozen=True, slots=True)
class Authenticate:
    """Type 3 (MS-NLMP 2.2.1.3), without its secrets."""

    flags: int
    domain: str
    user: str
    workstation: str
    ntlm_version: str
    "`NTLMv2`, `NTLMv1-ESS`, `NTLMv1`, `LM` or `anonymous`, told by structure."
    lm_length: int
    nt_length: int
    mic: bool | None
    "Whether a MIC is there; None when the layout leaves no room to tell."
    target_info: tuple[AvPair, ...] = ()
    "AV pairs the client echoed in its NTLMv2 response."
    version: Version | None = None


Message = Negotiate | Challenge | Authenticate
