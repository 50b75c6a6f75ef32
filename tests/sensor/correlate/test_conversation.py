"""Which exchange a message finds."""

from __future__ import annotations

import pytest

from sensor.correlate.conversation import Conversation, Role
from sensor.correlate.negotiation import Kind, State
from tests.support.talk import flow

MESSAGE_1, MESSAGE_2 = ("message", 1), ("message", 2)
SESSION_A, SESSION_B = ("session", 0xA), ("session", 0xB)


def test_the_first_reply_gives_the_session_its_name() -> None:
    talk = Conversation(flow())
    exchange = talk.begin("smb2", is_stream=False)
    talk.file(exchange, None, MESSAGE_1)
    assert talk.find(SESSION_A, MESSAGE_1) is exchange

    talk.file(exchange, SESSION_A, MESSAGE_1)
    assert talk.find(SESSION_A, MESSAGE_2) is exchange
    assert talk.find(None, MESSAGE_2) is None


def test_the_first_request_may_come_after_its_reply() -> None:
    talk = Conversation(flow())
    exchange = talk.begin("smb2", is_stream=False)
    talk.file(exchange, SESSION_A, MESSAGE_1)

    assert talk.find(None, MESSAGE_1) is exchange


def test_one_message_number_in_two_sessions_is_two_exchanges() -> None:
    talk = Conversation(flow())
    exchange = talk.begin("smb2", is_stream=False)
    talk.file(exchange, SESSION_A, MESSAGE_1)

    assert talk.find(SESSION_B, MESSAGE_1) is None


def test_two_halves_turn_out_to_be_twins() -> None:
    talk = Conversation(flow())
    first = talk.begin("smb2", is_stream=False)
    first.seen[Kind.NEGOTIATE] = (1, 0)
    talk.file(first, None, MESSAGE_1)
    second = talk.begin("smb2", is_stream=False)
    second.seen[Kind.AUTHENTICATE] = (2, 0)
    talk.file(second, SESSION_A, MESSAGE_2)

    assert talk.twin(second, MESSAGE_1) is first
    assert talk.twin(second, MESSAGE_2) is None
    second.seen[Kind.NEGOTIATE] = (1, 0)
    assert talk.twin(second, MESSAGE_1) is None


def test_without_a_session_the_newest_challenge_waits_for_its_answer() -> None:
    talk = Conversation(flow())
    assert talk.challenged() is None

    named, nameless, stream = (talk.begin("smb2", is_stream=n == 2) for n in range(3))
    talk.file(named, SESSION_A, MESSAGE_1)
    for exchange in (named, nameless):
        exchange.state = State.CHALLENGE
    assert talk.challenged() is nameless

    stream.state = State.CHALLENGE
    assert talk.challenged() is nameless
    nameless.state = State.AUTHENTICATE
    assert talk.challenged() is None


def test_an_exchange_that_ended_is_found_no_more() -> None:
    talk = Conversation(flow())
    old = talk.begin("smb2", is_stream=False)
    talk.file(old, SESSION_A, MESSAGE_1)
    new = talk.begin("smb2", is_stream=False)
    talk.file(new, SESSION_B, MESSAGE_1)
    talk.drop(old)

    assert talk.find(SESSION_A, MESSAGE_2) is None
    assert talk.find(None, MESSAGE_1) is new
    talk.drop(new)
    assert not talk.index
    assert not talk.exchanges


def test_a_negotiation_is_taken_up_once() -> None:
    talk = Conversation(flow())
    talk.negotiation = talk.begin("smb2", is_stream=False)

    assert talk.take_negotiation() is not None
    assert talk.take_negotiation() is None
    assert talk.has_setup


@pytest.mark.parametrize(
    ("heard", "is_answered"),
    [
        ([], False),
        ([(0, True)], False),
        ([(0, True), (1, False)], True),
        ([(0, False), (1, True)], True),
        ([(0, True), (1, True)], False),
        ([(0, None), (1, None)], True),
        ([(0, True), (1, None)], True),
        ([(0, True), (0, None), (1, False), (1, None)], True),
        ([(0, True), (0, False), (1, None)], False),
        ([(0, True), (1, False), (1, True)], False),
    ],
)
def test_both_ends_keep_to_their_roles(
    heard: list[tuple[int, bool | None]], is_answered: bool
) -> None:
    talk = Conversation(flow())
    talk.heard = {Role(True, *one) for one in heard}
    assert talk.is_answered(is_smb=True) is is_answered
    assert not talk.is_answered(is_smb=False)
