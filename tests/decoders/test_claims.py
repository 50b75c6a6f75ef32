from __future__ import annotations

import base64

from decoders.carrier import Need, Token
from decoders.claims import claimed
from tests.support import ntlm

TEXT = base64.b64encode(ntlm.NEGOTIATE)


def token(before: bytes, after: bytes) -> Token:
    data = before + TEXT + after
    return Token(data, len(before), len(before) + len(TEXT), 1, False, b"")


def test_the_carrier_that_claims_a_message_is_named() -> None:
    claim = claimed(token(b"Authorization: NTLM ", b"\r\n\r\n"))
    assert isinstance(claim, tuple)
    assert claim[0] == "http"


def test_what_nobody_claims_stays_unclaimed() -> None:
    assert claimed(token(b"what is this? ", b"!")) is None


def test_a_carrier_that_needs_more_is_heard() -> None:
    short = token(b"Authorization: NTLM ", b"\r\n")
    assert claimed(short) == Need(len(short.data) + 1)
