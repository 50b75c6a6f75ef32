"""TCP sequence arithmetic, modulo 2^32 (RFC 9293 3.4); the only copy."""

from __future__ import annotations

from typing import Final

MODULUS: Final = 1 << 32
HALF: Final = 1 << 31


def distance(start: int, end: int, behind: int = HALF) -> int:
    """Count the steps from *start* to *end*, at most *behind* of them backwards.

    By default that is the short way round: -2^31..2^31-1.
    """
    return (end - start + behind) % MODULUS - behind
