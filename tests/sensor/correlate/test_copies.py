"""Live and copied messages: each way to tell them apart, against what else there is."""

from __future__ import annotations

from dataclasses import replace

import pytest

from decoders import smb2, tls
from decoders.carrier import Answer
from decoders.messages import Found
from sensor.correlate.conversation import Conversation
from sensor.correlate.copies import is_copy, is_live_smb, is_smb, note
from sensor.correlate.exchange import Exchange
from sensor.correlate.negotiation import Kind
from sensor.types import UDP, Flow
from tests.support.talk import (
    CLIENT,
    SERVER,
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

Turn = tuple[int, Found]
MIDST = 4000
"A place in a stream where nothing begins."
ASKED = replace(smb2_negotiate(), start=MIDST)
ANSWERED = replace(smb2_negotiate_reply(), start=MIDST)
SEALED = replace(smb2_found(smb2.Transform(1, 1)), start=MIDST)


def last_is_copy(
    *turns: Turn, on: Flow | None = None, exchange: Exchange | None = None
) -> bool:
    talk = Talk(on=on or flow(port=8080))
    conversation = Conversation(talk.flow)
    for side, found in turns:
        observation = talk.observation(side, found)
        note(conversation, observation)
    return is_copy(conversation, observation, exchange)


@pytest.mark.parametrize("found", [ASKED, ANSWERED, SEALED])
@pytest.mark.parametrize("side", [CLIENT, SERVER])
def test_smb_in_the_midst_of_something_else_is_a_copy(found: Found, side: int) -> None:
    assert last_is_copy((side, found))
    assert last_is_copy((side, ASKED), (side, ANSWERED), (side, found))


@pytest.mark.parametrize("found", [ASKED, ANSWERED, SEALED])
def test_smb_that_its_stream_begins_with_is_live(found: Found) -> None:
    assert not last_is_copy((CLIENT, replace(found, start=4)))
    assert not last_is_copy((CLIENT, replace(found, start=0)))
    assert not last_is_copy((CLIENT, replace(found, start=4)), (CLIENT, found))
    assert last_is_copy((CLIENT, replace(found, start=5)))


def test_a_hello_that_asks_for_smb_meets_the_one_that_takes_it_up() -> None:
    talk = Talk(on=flow(port=443))
    conversation = Conversation(talk.flow)
    assert is_smb(tls.ClientHello())
    assert is_smb(tls.ServerHello())
    hello = replace(smb2_negotiate(), message=tls.ClientHello(), from_client=True)
    answer = replace(hello, message=tls.ServerHello(), from_client=False)
    note(conversation, talk.observation(CLIENT, hello))
    assert not conversation.is_answered(is_smb=True)
    note(conversation, talk.observation(SERVER, answer))
    assert conversation.is_answered(is_smb=True)


@pytest.mark.parametrize("port", [139, 445])
def test_smb_on_its_own_port_is_live(port: int) -> None:
    assert not last_is_copy((CLIENT, ASKED), on=flow(port=port))


def test_smb_that_is_answered_is_live() -> None:
    assert not last_is_copy((CLIENT, ASKED), (SERVER, ANSWERED))
    assert not last_is_copy((SERVER, ASKED), (CLIENT, ANSWERED))
    assert not last_is_copy((CLIENT, ASKED), (SERVER, ANSWERED), (CLIENT, SEALED))
    assert last_is_copy((CLIENT, ASKED), (SERVER, ASKED))


def test_an_end_with_both_roles_only_passes_on() -> None:
    upload = (CLIENT, ASKED), (CLIENT, ANSWERED)
    download = (SERVER, ASKED), (SERVER, ANSWERED)
    assert last_is_copy(*upload, *download)
    assert last_is_copy((CLIENT, ASKED), *download)


def test_ntlm_does_not_answer_smb() -> None:
    assert last_is_copy(
        (CLIENT, ntlm(type1())), (SERVER, ntlm(type2())), (CLIENT, ASKED)
    )


def test_type_3_needs_a_challenge() -> None:
    third = CLIENT, ntlm(type3())
    assert last_is_copy(third)
    assert last_is_copy((CLIENT, ntlm(type1())), third)
    assert last_is_copy((CLIENT, ntlm(type2())), third)
    assert not last_is_copy((SERVER, ntlm(type2())), third)
    answered = Found("http", Answer(True, "200"), 0, 0, b"", b"", False, "header")
    assert last_is_copy((SERVER, answered), third)


def test_type_3_of_a_challenged_exchange_is_live() -> None:
    exchange = Exchange("raw", is_stream=True)
    assert last_is_copy((CLIENT, ntlm(type3())), exchange=exchange)
    exchange.seen[Kind.CHALLENGE] = (1, SERVER)
    assert not last_is_copy((CLIENT, ntlm(type3())), exchange=exchange)


def test_types_1_and_2_may_always_come_first() -> None:
    assert not last_is_copy((CLIENT, ntlm(type1())))
    assert not last_is_copy((SERVER, ntlm(type2())))


@pytest.mark.parametrize("flag", ["one-sided", "midstream", "gap", "truncated"])
def test_what_was_not_seen_whole_may_be_live(flag: str) -> None:
    on = flow(port=8080)
    on.flags.add(flag)
    assert not last_is_copy((CLIENT, ASKED), on=on)
    assert not last_is_copy((CLIENT, ntlm(type3())), on=on)
    on.flags = {"overlap", "duplicate"}
    assert last_is_copy((CLIENT, ASKED), on=on)


def test_of_datagrams_nobody_knows() -> None:
    datagrams = replace(flow(port=8080), proto=UDP)
    assert not last_is_copy((CLIENT, ntlm(type3())), on=datagrams)


def test_what_is_smb() -> None:
    assert all(is_smb(one.message) for one in (ASKED, SEALED, smb1_found(command=0x72)))
    assert not is_smb(type1())
    assert not is_smb(Answer(True, "200"))


def test_no_rule_hears_of_a_copy() -> None:
    talk = Talk(on=flow(client="81.2.69.144", server="10.0.0.5", port=8080))
    told = talk.hear_all((CLIENT, ASKED), (CLIENT, ANSWERED))
    assert [item.facts["Confidence"] for item in told] == ["magic", "magic"]
    live = Talk(on=flow(client="81.2.69.144", server="10.0.0.5", port=8080))
    told = live.hear_all((CLIENT, ASKED), (SERVER, ANSWERED))
    assert [getattr(item, "rule", "") for item in told] == ["", "", "smb-from-public"]


def test_is_live_smb_asks_nothing_of_the_flow() -> None:
    talk = Talk(on=flow(port=8080))
    talk.flow.flags.add("midstream")
    conversation = Conversation(talk.flow)
    observation = talk.observation(CLIENT, ASKED)
    note(conversation, observation)
    assert not is_live_smb(conversation, observation)
