from __future__ import annotations

import dataclasses
from typing import get_args

import pytest

from decoders import ntlmssp, smb1, smb2, tls
from decoders.carrier import Answer
from decoders.messages import CONFIDENCE, Found, Message


def test_messages_are_frozen_evidence() -> None:
    found = Found("raw", ntlmssp.Negotiate(1), 0, 16, b"", b"", True, "header")

    with pytest.raises(dataclasses.FrozenInstanceError):
        found.start = 1  # type: ignore[misc]
    assert hash(found) == hash(dataclasses.replace(found))


def test_every_message_is_one_of_four_protocols_or_an_answer() -> None:
    protocols = {ntlmssp.Message, smb2.Message, tls.Hello}
    members = {Answer, smb1.Message, *(m for p in protocols for m in get_args(p))}

    assert set(get_args(Message)) == members


def test_confidence_goes_from_weak_to_strong() -> None:
    assert CONFIDENCE == ("port", "magic", "header", "both-directions", "negotiated")
