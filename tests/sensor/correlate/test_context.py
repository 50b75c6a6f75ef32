"""What later events are read by."""

from __future__ import annotations

from dataclasses import replace

from decoders import smb1, smb2
from decoders.messages import Found
from sensor.correlate.context import note
from sensor.correlate.conversation import Conversation
from tests.support.talk import (
    flow,
    ntlm,
    smb1_found,
    smb2_found,
    smb2_negotiate,
    smb2_negotiate_reply,
    smb2_plain,
    type2,
)

TREE = smb2_plain(smb2.TreeConnect(r"\\a\b"), command=smb2.TREE_CONNECT)


def noted(*messages: Found) -> Conversation:
    talk = Conversation(flow())
    for found in messages:
        note(talk, found)
    return talk


def test_smb2_negotiates_dialect_netname_and_signing() -> None:
    talk = noted(smb2_negotiate(), smb2_negotiate_reply())

    assert talk.context == {"Netname": "files.example", "Dialect": "3.1.1"}
    assert talk.server == {"Signing": "required"}


def test_smb1_chooses_out_of_what_was_offered() -> None:
    offer = smb1_found(smb1.Negotiate(("LANMAN1.0", "NT LM 0.12")), command=0x72)
    reply = smb1_found(
        smb1.NegotiateReply(1, 0x0B, server_challenge=bytes(8)), command=0x72, status=0
    )
    talk = noted(offer, reply)

    assert talk.context == {"Dialect": "NT LM 0.12"}
    assert talk.server == {"Signing": "required", "ServerChallenge": "00" * 8}
    assert noted(reply).context == {}


def test_the_newest_tree_holds_until_logoff() -> None:
    other = smb2_plain(smb2.TreeConnect(r"\\a\c"), command=smb2.TREE_CONNECT)
    logoff = smb2_plain(smb2.Other(), command=smb2.LOGOFF)
    old = smb1_found(smb1.Other(), smb1.TreeConnect(r"\\a\b"), command=0x75)

    assert noted(TREE, other).context == {"Tree": r"\\a\c"}
    assert noted(TREE, logoff).context == {}
    assert noted(old).context == {"Tree": r"\\a\b"}
    assert noted(old, smb1_found(command=smb1.LOGOFF)).context == {}


def test_what_is_not_smb_in_the_clear_says_nothing() -> None:
    assert noted(TREE, ntlm(type2()), smb2_found(smb2.Transform(1, 1))).context == {
        "Tree": r"\\a\b"
    }


def test_what_a_carrier_says_of_the_whole_flow_holds() -> None:
    asked = replace(smb2_negotiate(), facts={"ServerName": "fs", "Host": "other"})
    talk = noted(asked, smb2_negotiate_reply())

    assert talk.context["ServerName"] == "fs"
    assert "Host" not in talk.context
