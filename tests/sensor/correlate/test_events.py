"""What an event is made of, and how sure it says it is."""

from __future__ import annotations

from dataclasses import replace

import pytest

from decoders import ntlmssp, smb1, smb2
from decoders.messages import Found
from sensor.correlate import events
from sensor.correlate.conversation import Conversation
from sensor.types import Connection, Event
from tests.support.talk import (
    CLIENT,
    SERVER,
    Talk,
    exchanges,
    flow,
    ntlm,
    smb1_found,
    smb2_found,
    smb2_logon,
    smb2_negotiate,
    smb2_plain,
    smb2_setup,
    type1,
    type2,
    type3,
)


def first(told: object) -> Event:
    assert isinstance(told, list)
    assert isinstance(told[0], Event)
    return told[0]


@pytest.mark.parametrize(
    ("found", "name"),
    [
        (smb1_found(command=smb1.NEGOTIATE), "SMB1"),
        (smb2_negotiate(), "SMB2"),
        (smb2_found(smb2.Transform(1, 1)), "SMB3-Encrypted"),
        (smb2_found(smb2.Compressed(1, 1, 0)), "SMB3-Compressed"),
        (smb2_found(smb2.RdmaTransform(1)), "SMB3-RDMA"),
        (ntlm(type1()), "NTLM-Negotiate"),
        (ntlm(type2()), "NTLM-Challenge"),
        (ntlm(type3()), "NTLM-Authenticate"),
    ],
)
def test_a_signature_has_its_name(found: Found, name: str) -> None:
    event = first(Talk().hear(CLIENT, found))

    assert (event.kind, event.name) == ("signature", name)
    assert (event.matched, event.sample) == (found.matched, found.sample)


def test_a_signature_tells_where_it_was_seen() -> None:
    talk = Talk()
    event = first(talk.hear(CLIENT, smb2_negotiate()))

    assert (event.ts_ns, event.packet, event.file) == (talk.now, 1, "a.pcap")
    assert event.flow is talk.flow
    assert event.from_client is True


def test_flags_are_those_of_the_message_sorted() -> None:
    talk = Talk()
    talk.flow.flags.add("overlap")  # befell another packet
    cut = replace(smb2_negotiate(), truncated=True)
    event = first(talk.hear(CLIENT, cut, "midstream", "gap"))

    assert event.facts["Flags"] == ["gap", "midstream", "truncated"]
    assert "Flags" not in first(Talk().hear(CLIENT, smb2_negotiate())).facts


@pytest.mark.parametrize(
    ("turns", "confidence"),
    [
        ([(CLIENT, smb2_negotiate())], "negotiated"),
        ([(CLIENT, smb2_setup(1, 0, type1()))], "negotiated"),
        ([(CLIENT, smb2_plain(smb2.Other(), command=1))], "header"),
        ([(CLIENT, smb2_plain(smb2.Other(), command=8))], "header"),
        ([(CLIENT, smb2_found(smb2.Transform(1, 1)))], "header"),
        ([(CLIENT, smb1_found(smb1.Negotiate(("X",)), command=0x72))], "negotiated"),
        ([(CLIENT, smb1_found(smb1.Other(), command=0x72))], "header"),
        ([(CLIENT, replace(smb2_negotiate(), truncated=True))], "header"),
        (
            [
                (CLIENT, smb2_found(smb2.Transform(1, 1))),
                (SERVER, smb2_found(smb2.Transform(1, 1))),
            ],
            "both-directions",
        ),
        ([(CLIENT, ntlm(type1()))], "header"),
        ([(CLIENT, ntlm(type1())), (SERVER, ntlm(type2()))], "negotiated"),
        ([(CLIENT, ntlm(type1())), (CLIENT, ntlm(type3()))], "magic"),
        ([(CLIENT, ntlm(type1())), (CLIENT, ntlm(type2()))], "header"),
        ([(CLIENT, ntlm(type1())), (SERVER, ntlm(type1()))], "header"),
        ([(CLIENT, replace(ntlm(type1()), confidence="magic"))], "magic"),
    ],
)
def test_confidence_of_the_last_message(
    turns: list[tuple[int, Found]], confidence: str
) -> None:
    told = Talk(on=flow(port=8080)).hear_all(*turns)

    assert isinstance(told[-1], Event)
    assert told[-1].facts["Confidence"] == confidence


def test_a_type_3_message_carries_no_secret_and_its_own_words() -> None:
    talk = Talk()
    *_, event = talk.hear(CLIENT, smb2_setup(2, 5, type3()))

    assert isinstance(event, Event)
    assert event.facts["MessageType"] == 3
    assert event.facts["Carrier"] == "smb2"
    assert "ServerChallenge" not in event.facts


def test_an_exchange_keeps_the_flags_of_all_its_messages() -> None:
    talk = Talk()
    early, *others, last = smb2_logon()
    talk.hear(*early, "duplicate")
    talk.hear_all(*others)
    (exchange,) = exchanges(talk.hear(*last, "overlap"))

    assert exchange.kind == "ntlm-exchange"
    assert exchange.facts["Flags"] == ["duplicate", "overlap"]


@pytest.mark.parametrize(
    ("message", "first_time", "again"),
    [
        (smb2_negotiate().message, True, True),
        (type1(), True, True),
        (smb2_plain(smb2.Other(), command=8).message, True, False),
        (smb1_found(smb1.Other(), command=0x2E).message, True, False),
    ],
)
def test_what_is_due_first_and_later(
    message: smb2.Message | smb1.Message | ntlmssp.Message,
    first_time: bool,
    again: bool,
) -> None:
    talk = Conversation(flow())
    assert events.is_due(talk, CLIENT, message) == first_time

    talk.signatures.add(("SMB2", SERVER))
    assert events.is_due(talk, CLIENT, message) == again


def test_a_connection_is_told_with_its_reason() -> None:
    event = events.connection(
        Connection(flow(), "failed", 5, 6, "b.pcap", "unanswered")
    )

    assert (event.kind, event.name, event.from_client) == ("connection", "failed", None)
    assert (event.ts_ns, event.packet, event.file) == (5, 6, "b.pcap")
    assert event.facts == {"State": "unanswered"}


@pytest.mark.parametrize(
    ("found", "name", "fact"),
    [
        (smb2_plain(smb2.Create("spoolss"), command=5), "pipe", {"Pipe": "spoolss"}),
        (
            smb2_plain(smb2.TreeConnect(r"\\a\C$"), command=smb2.TREE_CONNECT),
            "tree",
            {"Tree": r"\\a\C$"},
        ),
    ],
)
def test_what_is_opened_is_told_to_rules(
    found: Found, name: str, fact: dict[str, object]
) -> None:
    talk = Talk()
    event = events.access(Conversation(talk.flow), talk.observation(CLIENT, found))

    assert event is not None
    assert (event.kind, event.name, event.from_client) == ("access", name, True)
    assert event.facts == fact | {"Confidence": "header"}


@pytest.mark.parametrize(
    "found",
    [
        smb2_plain(smb2.Create("report.txt"), command=5),
        smb2_plain(smb2.TreeConnectReply(1, 0), command=smb2.TREE_CONNECT),
        smb2_negotiate(),
        ntlm(type1()),
    ],
)
def test_nothing_else_opens_anything(found: Found) -> None:
    talk = Talk()

    observation = talk.observation(CLIENT, found)
    assert events.access(Conversation(talk.flow), observation) is None
