"""What NTLM and SMB travel in, and the bytes that give each away."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Carrier:
    """A protocol that is found by content; ports are a hint, never a condition."""

    name: str
    "As `Found.carrier` says it."
    ports: tuple[int, ...]
    "TCP ports where it is usual."
    needles: tuple[bytes, ...]
    "Byte strings of which one is in every message."
