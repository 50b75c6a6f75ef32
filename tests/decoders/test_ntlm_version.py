from __future__ import annotations

import pytest

from decoders.ntlm_version import ntlm_version

ESS = b"\xaa" * 8 + bytes(16)
LM = b"\x98" * 24


@pytest.mark.parametrize(
    ("lm_length", "nt_length", "has_user", "lm", "name"),
    [
        (24, 84, True, LM, "NTLMv2"),
        (24, 84, True, None, "NTLMv2"),
        (0, 25, True, b"", "NTLMv2"),
        (24, 24, True, LM, "NTLMv1"),
        (24, 24, True, bytes(24), "NTLMv1"),
        (24, 24, True, ESS, "NTLMv1-ESS"),
        (24, 24, True, None, ""),
        (0, 24, True, b"", "NTLMv1"),
        (24, 0, True, LM, "LM"),
        (1, 0, False, b"\0", "anonymous"),
        (0, 0, False, b"", "anonymous"),
        (0, 0, True, b"", ""),
        (7, 0, False, b"letmein", ""),
        (0, 8, True, b"", ""),
    ],
)
def test_the_responses_tell(
    lm_length: int, nt_length: int, has_user: bool, lm: bytes | None, name: str
) -> None:
    assert ntlm_version(lm_length, nt_length, has_user, lm) == name
