"""Each step of a connection's opening is told once, however it is seen."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import permutations

import pytest

from sensor import limits
from sensor.streams.opening import Opening
from sensor.streams.packet import Packet
from sensor.types import TCP, Endpoint, Flow

FIN, SYN, RST, ACK = 1, 2, 4, 16
SECOND = 1_000_000_000


def packet(side: int, flags: int, number: int, ts_ns: int = 0) -> Packet:
    return Packet(side, 0, 0, flags, b"", 0, ts_ns, number, "f", wakes=False)


def opening() -> Opening:
    ends = Endpoint("192.0.2.1", 5000), Endpoint("192.0.2.2", 445)
    return Opening(Flow(1, TCP, ends, "f", "1:"))


def told(packets: Sequence[Packet], now_ns: int = 0) -> list[tuple[str, int, str]]:
    one = opening()
    for each in packets:
        one.take(each)
    steps = [(s.what, s.packet, s.reason) for s in one.steps(now_ns)]
    assert list(one.steps(now_ns)) == []
    return steps


SYN_, ANSWER, DONE = packet(0, SYN, 1), packet(1, SYN | ACK, 2), packet(0, ACK, 3)
ATTEMPT, ACKNOWLEDGED, SUCCESS = (
    ("attempt", 1, ""),
    ("acknowledged", 2, ""),
    ("success", 3, ""),
)


@pytest.mark.parametrize("order", list(permutations([SYN_, ANSWER, DONE])))
def test_a_handshake_in_any_order(order: tuple[Packet, ...]) -> None:
    assert told(order) == [ATTEMPT, ACKNOWLEDGED, SUCCESS]


def test_steps_are_told_as_they_come_and_once() -> None:
    one, seen = opening(), []
    for each in (SYN_, SYN_, ANSWER, ANSWER, DONE, packet(0, ACK, 9)):
        one.take(each)
        seen.append([step.what for step in one.steps(0)])

    assert seen == [["attempt"], [], ["acknowledged"], [], ["success"], []]


def test_a_reset_by_the_server_is_a_refusal() -> None:
    refusal = packet(1, RST | ACK, 2)

    assert told([SYN_, refusal]) == [ATTEMPT, ("failed", 2, "refused")]
    assert told([refusal, SYN_]) == [ATTEMPT, ("failed", 2, "refused")]


def test_a_reset_by_the_client_or_after_success_is_none() -> None:
    assert told([SYN_, packet(0, RST, 2)]) == [ATTEMPT]
    assert told([SYN_, ANSWER, DONE, packet(1, RST, 4)]) == [
        *(ATTEMPT, ACKNOWLEDGED, SUCCESS)
    ]


@pytest.mark.parametrize(("waited", "failed"), [(-1, False), (0, True)])
def test_no_answer_for_long_enough_is_a_failure(waited: int, failed: bool) -> None:
    steps = told([SYN_, packet(0, SYN, 2, SECOND)], limits.UNANSWERED_NS + waited)

    assert steps == [ATTEMPT, ("failed", 1, "unanswered")][: 1 + failed]


def test_an_answer_after_the_failure_is_told_but_is_no_success() -> None:
    one = opening()
    one.take(SYN_)
    first = [step.what for step in one.steps(limits.UNANSWERED_NS)]
    one.take(ANSWER)
    one.take(DONE)

    assert first == ["attempt", "failed"]
    assert [step.what for step in one.steps(9 * SECOND)] == ["acknowledged"]


@pytest.mark.parametrize(("first", "client"), [(SYN_, 0), (ANSWER, 0)])
def test_who_opens_is_the_client(first: Packet, client: int) -> None:
    one = opening()
    one.take(first)

    assert (one.flow.client, one.flow.client_by) == (client, "handshake")


def test_without_a_handshake_nothing_is_said() -> None:
    assert told([packet(0, ACK, 1), packet(1, ACK, 2), packet(1, RST, 3)]) == []
    assert not opening().seen
