"""What each carrier calls its sessions and messages."""

from __future__ import annotations

import pytest

from decoders import smb1, smb2
from decoders.messages import Found
from sensor.correlate import pairing
from sensor.correlate.pairing import STREAM, Key
from tests.support.talk import (
    MORE,
    ntlm,
    smb1_found,
    smb2_found,
    smb2_negotiate,
    smb2_plain,
    smb2_setup,
    smb2_setup_reply,
    type1,
)

SETUP = smb1.SESSION_SETUP


@pytest.mark.parametrize(
    ("found", "session", "own"),
    [
        (smb2_setup(3, 0), None, ("message", 3)),
        (smb2_setup_reply(3, 9, MORE), ("session", 9), ("message", 3)),
        (smb2_setup(4, 9), ("session", 9), ("message", 4)),
        (smb1_found(command=SETUP, ids=(2, 0, 1)), None, ("mid", 0x1_0002)),
        (smb1_found(command=SETUP, ids=(2, 0xFFFF, 1)), None, ("mid", 0x1_0002)),
        (smb1_found(command=SETUP, ids=(2, 7, 1)), ("uid", 7), ("mid", 0x1_0002)),
        (ntlm(type1()), None, STREAM),
        (smb2_plain(smb2.Other(), command=11, ids=(5, 9)), None, STREAM),
    ],
)
def test_keys(found: Found, session: Key | None, own: Key) -> None:
    assert pairing.keys(found.message) == (session, own)


@pytest.mark.parametrize(
    ("found", "negotiate", "setup"),
    [
        (smb2_negotiate(), True, False),
        (smb2_setup(1, 0), False, True),
        (smb2_plain(smb2.Other(), command=8), False, False),
        (smb2_found(smb2.Transform(1, 1)), False, False),
        (smb1_found(command=smb1.NEGOTIATE), True, False),
        (smb1_found(command=SETUP), False, True),
        (smb1_found(smb1.Other(), smb1.SessionSetup(), command=0x2D), False, True),
        (ntlm(type1()), False, False),
    ],
)
def test_what_opens_and_what_logs_on(
    found: Found, negotiate: bool, setup: bool
) -> None:
    assert pairing.is_negotiate(found.message) == negotiate
    assert pairing.is_session_setup(found.message) == setup
