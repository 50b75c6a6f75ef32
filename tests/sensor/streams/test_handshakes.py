"""The latest SYN and SYN/ACK of a flow are remembered in columns."""

from __future__ import annotations

import pytest

from sensor import limits
from sensor.streams.handshakes import Handshakes, Step
from sensor.types import Stats
from tests.support.conversations import (
    ELSEWHERE,
    MS,
    START_NS,
    Conversation,
    segments_of,
    udp_frame,
)
from tests.support.conversations import Sent as Packet


def test_a_handshake_is_remembered_and_data_is_not() -> None:
    talk = Conversation(server=ELSEWHERE).say(0, b"x").handshake().say(1, b"y")
    segments = segments_of(talk.packets)
    handshakes = Handshakes(Stats())
    handshakes.remember(segments)

    assert handshakes.of_flow(int(segments.flow[0])) == (
        Step(1000, 49152, START_NS + MS, 2),
        Step(5000, 8000, START_NS + 2 * MS, 3),
    )


def test_a_flow_without_one_has_none() -> None:
    handshakes = Handshakes(Stats())
    handshakes.remember(segments_of(Conversation().say(0, b"x").packets))
    handshakes.remember(segments_of(Conversation().syn().packets))

    assert handshakes.of_flow(12345) == (None, None)


def test_the_latest_counts() -> None:
    segments = segments_of(Conversation().syn().syn().packets)
    handshakes = Handshakes(Stats())
    handshakes.remember(segments)
    syn, answer = handshakes.of_flow(int(segments.flow[0]))

    assert (syn.packet if syn else 0, answer) == (2, None)


def test_datagrams_have_no_handshakes() -> None:
    frame = udp_frame((("192.0.2.1", 4000), ("192.0.2.2", 4001)), b"\x02" * 40)
    segments = segments_of([Packet(1, frame, len(frame))])
    handshakes = Handshakes(Stats())
    handshakes.remember(segments)

    assert handshakes.of_flow(int(segments.flow[0])) == (None, None)


@pytest.mark.parametrize("at_once", [True, False])
def test_a_slot_that_is_taken_is_counted(
    at_once: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(limits, "HANDSHAKE_SLOTS", 1)
    talks = [Conversation((f"192.0.2.{n}", 5000)).syn() for n in range(3)]
    packets = [talk.packets[0] for talk in talks]
    stats = Stats()
    handshakes = Handshakes(stats)
    for group in [packets] if at_once else [[packet] for packet in packets]:
        handshakes.remember(segments_of(group))
    flows = [int(segments_of([packet]).flow[0]) for packet in packets]

    assert [handshakes.of_flow(flow)[0] is None for flow in flows] == [
        *(True, True, False)
    ]
    assert stats.counts["streams.handshakes_overwritten"] == 2
