"""One exchange: what belongs to it, and what it tells."""

from __future__ import annotations

import pytest

from decoders.messages import Found
from sensor.correlate import steps
from sensor.correlate.exchange import Exchange
from sensor.correlate.negotiation import Kind, State
from tests.support.talk import (
    CLIENT,
    LOGON_FAILURE,
    SERVER,
    Talk,
    ntlm,
    smb2_setup_reply,
    type1,
    type2,
    type3,
)


def heard(talk: Talk, *turns: tuple[int, Found], is_stream: bool = True) -> Exchange:
    exchange = Exchange("raw", is_stream)
    for side, found in turns:
        observation = talk.observation(side, found)
        for one in steps.of(found):
            exchange.take(one, observation)
        exchange.touch(observation)
    return exchange


def test_a_stream_takes_each_kind_once() -> None:
    talk = Talk()
    exchange = heard(talk, (CLIENT, ntlm(type1())))

    assert not exchange.accepts(Kind.NEGOTIATE, talk.observation(CLIENT, ntlm(type1())))
    assert exchange.accepts(Kind.CHALLENGE, talk.observation(SERVER, ntlm(type2())))


def test_a_challenge_comes_from_the_other_side() -> None:
    talk = Talk()
    exchange = heard(talk, (CLIENT, ntlm(type1())))

    same, other = (
        talk.observation(CLIENT, ntlm(type2())),
        talk.observation(SERVER, ntlm(type3())),
    )
    assert not exchange.accepts(Kind.CHALLENGE, same)
    assert not exchange.accepts(Kind.AUTHENTICATE, other)


@pytest.mark.parametrize("status", [0, LOGON_FAILURE])
def test_an_outcome_comes_from_the_other_side_too(status: int) -> None:
    talk = Talk()
    exchange = heard(talk, (CLIENT, ntlm(type1())))
    reply = smb2_setup_reply(2, 9, status)
    kind = Kind.FAILED if status else Kind.SUCCESS

    assert not exchange.accepts(kind, talk.observation(CLIENT, reply))
    assert exchange.accepts(kind, talk.observation(SERVER, reply))
    answered = heard(talk, (SERVER, reply))
    assert not answered.accepts(
        Kind.AUTHENTICATE, talk.observation(SERVER, ntlm(type3()))
    )


def test_in_a_stream_a_late_message_is_one_that_was_sent_before() -> None:
    talk = Talk()
    early = talk.observation(CLIENT, ntlm(type1()))
    exchange = heard(talk, (SERVER, ntlm(type2())))
    next_one = talk.observation(CLIENT, ntlm(type1()))

    assert exchange.accepts(Kind.NEGOTIATE, early)
    assert not exchange.accepts(Kind.NEGOTIATE, next_one)


def test_after_the_outcome_only_what_was_sent_before_it_belongs() -> None:
    talk = Talk()
    early = talk.observation(CLIENT, ntlm(type3()))
    exchange = heard(talk, (SERVER, smb2_setup_reply(2, 5, 0)), is_stream=False)

    assert exchange.accepts(Kind.AUTHENTICATE, early)
    assert not exchange.accepts(Kind.NEGOTIATE, talk.observation(CLIENT, ntlm(type1())))


def test_it_is_settled_when_answer_and_question_were_seen() -> None:
    talk = Talk()
    reply = (SERVER, smb2_setup_reply(2, 5, 0))

    assert heard(talk, (CLIENT, ntlm(type3())), reply).is_settled
    assert not heard(talk, (CLIENT, ntlm(type1())), reply).is_settled
    assert not heard(talk, (CLIENT, ntlm(type3()))).is_settled


def test_a_second_outcome_is_noted_as_out_of_order() -> None:
    talk = Talk()
    exchange = heard(
        talk,
        (SERVER, smb2_setup_reply(2, 5, 0)),
        (SERVER, smb2_setup_reply(2, 5, 0xC000_006D)),
    )
    assert exchange.state is State.SUCCESS
    assert exchange.flags == {"out-of-order"}


def test_the_later_message_outranks_the_earlier_whatever_came_first() -> None:
    talk = Talk()
    turns = [(CLIENT, ntlm(type1())), (SERVER, ntlm(type2())), (CLIENT, ntlm(type3()))]

    assert heard(talk, *turns).summary() == heard(talk, *reversed(turns)).summary()
    assert heard(talk, *turns).summary()["NegotiateFlags"] == "0xE2888215"


def test_the_operating_system_is_the_servers() -> None:
    talk = Talk()

    assert "OsVersion" not in heard(talk, (CLIENT, ntlm(type1()))).summary()
    assert heard(talk, (SERVER, ntlm(type2()))).summary()["OsVersion"] == "10.0.20348"


def test_a_twin_brings_what_it_saw() -> None:
    talk = Talk()
    first, second = (
        heard(talk, (CLIENT, ntlm(type1()))),
        heard(talk, (CLIENT, ntlm(type3()))),
    )
    second.absorb(first)

    assert second.state is State.AUTHENTICATE
    assert set(second.seen) == {Kind.NEGOTIATE, Kind.AUTHENTICATE}


@pytest.mark.parametrize("late", [False, True])
def test_its_place_is_its_last_packet(late: bool) -> None:
    talk = Talk()
    one = talk.observation(CLIENT, ntlm(type1()))
    two = talk.observation(SERVER, ntlm(type2()), "gap")
    exchange = Exchange("raw", is_stream=True)
    for observation in (two, one) if late else (one, two):
        exchange.touch(observation)

    assert (exchange.packet, exchange.ts_ns) == (two.packet, two.ts_ns)
    assert exchange.flags == {"gap"}
