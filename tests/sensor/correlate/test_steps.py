"""Which steps a message takes."""

from __future__ import annotations

import pytest

from decoders import smb1
from decoders.messages import Found
from sensor.correlate import steps
from sensor.correlate.negotiation import Kind
from tests.support.talk import (
    LOGON_FAILURE,
    MORE,
    ntlm,
    smb1_found,
    smb2_negotiate,
    smb2_negotiate_reply,
    smb2_plain,
    smb2_setup,
    smb2_setup_reply,
    type1,
    type2,
    type3,
)

SETUP = smb1.SESSION_SETUP
OLD = smb1.SessionSetup(user="bob", ntlm_version="NTLMv1")
PENDING = 0x103


@pytest.mark.parametrize(
    ("found", "kinds"),
    [
        (ntlm(type1()), [Kind.NEGOTIATE]),
        (ntlm(type2()), [Kind.CHALLENGE]),
        (ntlm(type3()), [Kind.AUTHENTICATE]),
        (smb2_setup(1, 0, type1()), [Kind.NEGOTIATE]),
        (smb2_setup(1, 0), []),
        (smb2_setup_reply(1, 5, MORE, type2()), [Kind.CHALLENGE]),
        (smb2_setup_reply(1, 5, MORE), []),
        (smb2_setup_reply(1, 5, PENDING), []),
        (smb2_setup_reply(1, 5, 0), [Kind.SUCCESS]),
        (smb2_setup_reply(1, 5, LOGON_FAILURE), [Kind.FAILED]),
        (smb2_negotiate(), []),
        (smb2_negotiate_reply(), []),
        (smb2_negotiate_reply(0xC000_00BB), [Kind.FAILED]),
        (smb2_plain(smb1.Other(), command=3, status=0xC000_0022), []),  # type: ignore[arg-type]
        (smb1_found(OLD, command=SETUP), [Kind.AUTHENTICATE]),
        (smb1_found(smb1.SessionSetup(), command=SETUP), []),
        (smb1_found(command=SETUP, status=0), [Kind.SUCCESS]),
        (smb1_found(command=SETUP, status=MORE, inner=type2()), [Kind.CHALLENGE]),
        (smb1_found(command=SETUP, status=0x0005_0001, flags2=0), [Kind.FAILED]),
    ],
)
def test_steps(found: Found, kinds: list[Kind]) -> None:
    assert [one.kind for one in steps.of(found)] == kinds


def test_an_outcome_is_no_ntlm_by_itself() -> None:
    (outcome,) = steps.of(smb2_setup_reply(1, 5, LOGON_FAILURE))

    assert not outcome.is_ntlm
    assert outcome.facts == {"Status": "STATUS_LOGON_FAILURE"}
