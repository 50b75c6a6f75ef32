"""Who is the client, by every kind of evidence and each against each."""

from __future__ import annotations

from dataclasses import replace

import pytest

from decoders import smb2, tls
from decoders.messages import Found
from sensor.correlate.direction import (
    EVIDENCE,
    from_client,
    on_smb_port,
    orient,
    orient_by_port,
)
from tests.support.talk import (
    Talk,
    flow,
    ntlm,
    smb1_found,
    smb2_found,
    smb2_negotiate,
    smb2_negotiate_reply,
    type1,
    type2,
    type3,
)


def hello(message: tls.Hello, from_client: bool) -> Found:
    return replace(smb2_negotiate(), message=message, from_client=from_client)


@pytest.mark.parametrize(
    ("found", "side", "client", "by"),
    [
        (smb2_negotiate(), 0, 0, "reply-bit"),
        (smb2_negotiate(), 1, 1, "reply-bit"),
        (smb2_negotiate_reply(), 0, 1, "reply-bit"),
        (smb1_found(command=0x72, status=0), 1, 0, "reply-bit"),
        (ntlm(type1()), 1, 1, "message-type"),
        (ntlm(type2()), 1, 0, "message-type"),
        (ntlm(type3()), 0, 0, "message-type"),
        (hello(tls.ClientHello(), True), 1, 1, "message-type"),
        (hello(tls.ServerHello(), False), 1, 0, "message-type"),
        (smb2_found(smb2.Transform(10, 1)), 1, None, ""),
    ],
)
def test_what_a_message_says_of_its_sender(
    found: Found, side: int, client: int | None, by: str
) -> None:
    talk = Talk(on=flow(port=8080))
    orient(talk.observation(side, found))

    assert (talk.flow.client, talk.flow.client_by) == (client, by)


@pytest.mark.parametrize("port", [139, 445])
def test_the_end_on_a_port_of_smb_is_the_server(port: int) -> None:
    talk = Talk(on=flow(port=port))
    orient(talk.observation(1, smb2_found(smb2.Transform(10, 1))))

    assert (talk.flow.client, talk.flow.client_by) == (0, "port")


def test_two_ports_of_smb_tell_nothing() -> None:
    both = flow(port=445)
    both.ends = (both.ends[1], both.ends[1])
    orient_by_port(both)

    assert (both.client, both.client_by) == (None, "")


@pytest.mark.parametrize("before", EVIDENCE)
@pytest.mark.parametrize(
    ("found", "by"), [(smb2_negotiate(), "reply-bit"), (ntlm(type1()), "message-type")]
)
def test_only_stronger_evidence_changes_the_client(
    before: str, found: Found, by: str
) -> None:
    talk = Talk()
    talk.flow.client = 0 if before else None
    talk.flow.client_by = before
    orient(talk.observation(1, found))

    is_stronger = EVIDENCE.index(by) > EVIDENCE.index(before)
    assert talk.flow.client == (1 if is_stronger else 0)
    assert talk.flow.client_by == (by if is_stronger else before)


def test_the_sender_is_told_by_the_flow_then_by_the_message() -> None:
    talk = Talk(on=flow(port=8080))
    challenge = talk.observation(1, ntlm(type2()))
    assert from_client(challenge, challenge.found) is False

    talk.flow.client, talk.flow.client_by = 1, "handshake"
    assert from_client(challenge, challenge.found) is True

    talk.flow.client = None
    encrypted = talk.observation(0, smb2_found(smb2.Transform(10, 1)))
    assert from_client(encrypted, encrypted.found) is None


def test_ports_of_smb() -> None:
    assert on_smb_port(flow(port=139))
    assert on_smb_port(flow(port=445))
    assert not on_smb_port(flow(port=1445))
