"""Whatever the order of packets, the two byte streams come out as they were said."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sensor import limits
from sensor.streams.tracker import Item
from sensor.types import Stats
from tests.support.conversations import (
    ACK,
    CLIENT,
    ELSEWHERE,
    PSH,
    SECOND,
    SYN,
    Conversation,
    Sent,
)
from tests.support.following import chunks, closed, flows, follow, said, steps

TURNS = st.lists(
    st.tuples(st.integers(0, 1), st.binary(min_size=1, max_size=30)),
    min_size=1,
    max_size=8,
)


def by_sender(items: Sequence[Item]) -> tuple[bytes, bytes]:
    """What the client and the server said."""
    (flow,) = flows(items)
    client = int(flow.ends[0].ip != CLIENT[0])
    return said(items, client), said(items, 1 - client)


@settings(max_examples=60)
@given(TURNS, st.integers(1, 9), st.integers(0, 2**32 - 1), st.data())
def test_any_order_any_cuts_any_repetition(
    turns: list[tuple[int, bytes]], size: int, isn: int, data: st.DataObject
) -> None:
    talk = Conversation(isn=(isn, 2**32 - 20)).handshake()
    for side, words in turns:
        at, heard = len(talk.said[side]), len(talk.said[1 - side])
        talk.say(side, words, size)
        first = data.draw(st.integers(0, len(words) - 1))
        last = data.draw(st.integers(first + 1, len(words)))
        again = words[first:last]
        if data.draw(st.booleans()):
            talk.packet(side, at + first, again, PSH | ACK, ack=heard)
    talk.fin(0).fin(1)
    order = data.draw(st.permutations(talk.packets))
    times = [packet.ts_ns for packet in talk.packets]
    sent = [replace(p, ts_ns=ts) for p, ts in zip(order, times, strict=True)]

    items = follow([sent])
    parts = follow([[packet] for packet in sent])

    assert by_sender(items) == (bytes(talk.said[0]), bytes(talk.said[1]))
    assert by_sender(parts) == by_sender(items)
    assert all(c.lost == 0 and c.reading == 0 for c in chunks(items))
    # Without an identification, what is sent again at once may be a copy.
    assert flows(items)[0].flags <= {"midstream", "duplicate"}


@settings(max_examples=60)
@given(TURNS, st.integers(1, 9), st.data())
def test_after_the_handshake_any_order_is_the_order_of_the_talk(
    turns: list[tuple[int, bytes]], size: int, data: st.DataObject
) -> None:
    talk = Conversation().handshake()
    for side, words in turns:
        talk.say(side, words, size)
    rest = data.draw(st.permutations(talk.fin(0).fin(1).packets[3:]))
    items = follow([talk.packets[:3], rest])

    assert answers_come_after(items, turns)


def answers_come_after(items: Sequence[Item], turns: list[tuple[int, bytes]]) -> bool:
    """Whether nobody spoke before hearing what came before the turn."""
    (flow,) = flows(items)
    flipped = flow.ends[0].ip != CLIENT[0]
    heard_by: list[int] = []  # per byte of the whole talk, in order: who said it
    for side, words in turns:
        heard_by += [side] * len(words)
    spoken = [chunk.side ^ int(flipped) for chunk in chunks(items) for _ in chunk.data]
    return spoken == heard_by


def test_the_tunnel_of_time_is_the_conversation() -> None:
    talk = Conversation().handshake()
    for word in (b"who", b"are", b"you"):
        talk.say(0, word).say(1, word.upper())
    sent = [*talk.packets[:3], *talk.packets[3:][::-1]]

    assert [c.data for c in chunks(follow([sent]))] == [
        *(b"who", b"WHO", b"are", b"ARE", b"you", b"YOU")
    ]


# --- gaps -----------------------------------------------------------------------------


def test_a_gap_is_passed_over_at_the_end_and_counted() -> None:
    talk = Conversation().handshake().say(0, b"one").lose(0, b"2345").say(0, b"six")
    stats = Stats()
    items = follow([talk.packets], stats)

    assert [(c.data, c.lost) for c in chunks(items)] == [(b"one", 0), (b"six", 4)]
    assert flows(items)[0].flags == {"gap"}
    assert stats.counts["streams.gaps"] == 1
    assert stats.counts["streams.lost_bytes"] == 4


@pytest.mark.parametrize("late_ns", [limits.REORDER_NS - SECOND // 10, 2 * SECOND])
def test_a_gap_waits_for_reorder_ns_of_packet_time(late_ns: int) -> None:
    talk = Conversation().handshake().say(0, b"one").lose(0, b"two").say(0, b"six")
    talk.wait(late_ns).again(0, 3, b"two")
    items = follow([[packet] for packet in talk.packets])
    in_time = late_ns < limits.REORDER_NS

    assert said(items, 0) == (b"onetwosix" if in_time else b"onesix")
    assert flows(items)[0].flags == (set() if in_time else {"gap"})
    assert follow([talk.packets]) != []
    assert said(follow([talk.packets]), 0) == said(items, 0)


@pytest.mark.parametrize(("name", "cap"), [("REORDER_BYTES", 8), ("REORDER_PIECES", 2)])
def test_no_more_than_so_much_waits_for_a_gap(
    name: str, cap: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(limits, name, cap)
    talk = Conversation().handshake().lose(0, b"x").say(0, b"abcdefghi", 3)
    talk.again(0, 0, b"x")
    items = follow([talk.packets])

    assert said(items, 0) == b"abcdefghi"
    assert chunks(items)[0].lost == 1


def test_bytes_that_only_the_ack_tells_of_are_waited_for() -> None:
    talk = Conversation().handshake().say(0, b"ask")
    talk.lose(1, b"answer").say(0, b"thanks").say(1, b"!")
    items = follow([talk.packets])

    assert said(items, 0) == b"askthanks"
    assert [(c.data, c.lost) for c in chunks(items) if c.side == 1] == [(b"!", 6)]


def test_what_the_snaplen_cut_is_lost_exactly() -> None:
    talk = Conversation().handshake().say(0, b"headbody").cut(4).say(0, b"next")
    items = follow([talk.packets])

    assert [(c.data, c.lost) for c in chunks(items)] == [(b"head", 0), (b"next", 4)]
    assert flows(items)[0].flags == {"truncated"}


# --- contradictions -------------------------------------------------------------------


def test_contradicting_bytes_give_another_reading() -> None:
    talk = Conversation().handshake().say(0, b"attack at dawn, ")
    talk.again(0, 10, b"dusk").say(0, b"really")
    stats = Stats()
    items = follow([talk.packets], stats)

    assert said(items, 0) == b"attack at dawn, really"
    assert said(items, 0, reading=1) == b"attack at dusk, really"
    assert flows(items)[0].flags == {"overlap"}
    assert stats.counts["streams.overlaps"] == 1


def test_contradicting_bytes_that_both_wait_are_both_read() -> None:
    talk = Conversation().handshake().lose(0, b"we ").say(0, b"win")
    talk.again(0, 3, b"die").again(0, 0, b"we ")
    items = follow([talk.packets])

    assert said(items, 0) == b"we win"
    assert said(items, 0, reading=1) == b"we die"


def test_a_repetition_that_goes_on_contradicts_and_adds() -> None:
    talk = Conversation().handshake().say(0, b"abcd").again(0, 2, b"CDef")
    items = follow([talk.packets])

    assert said(items, 0) == b"abcdef"
    assert said(items, 0, reading=1) == b"abCDef"


def test_more_readings_than_can_be_followed_are_counted(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(limits, "OVERLAP_READINGS", 2)
    talk = Conversation().handshake().say(0, b"abcd")
    for other in (b"x", b"y", b"z"):
        talk.again(0, 1, other)
    stats = Stats()
    items = follow([talk.packets], stats)

    assert {c.reading for c in chunks(items)} == {0, 1, 2}
    assert stats.counts["streams.overlaps_unread"] == 1


# --- how it begins and ends -----------------------------------------------------------


def test_data_on_the_syn_counts() -> None:
    talk = Conversation().syn(b"early").answer().say(0, b" bird")

    assert said(follow([talk.packets]), 0) == b"early bird"


def test_data_after_a_fin_is_handed_on() -> None:
    talk = Conversation().handshake().fin(0, b"bye").fin(1)
    talk.again(0, 3, b" late")
    items = follow([talk.packets])

    assert said(items, 0) == b"bye late"
    assert closed(items) == ["fin"]


def test_two_that_open_at_once_have_one_connection() -> None:
    talk = Conversation().syn().packet(1, -1, b"", SYN, ack=None)
    talk.packet(0, -1, b"", SYN | ACK).packet(1, -1, b"", SYN | ACK)
    talk.say(0, b"both").say(1, b"of us")
    items = follow([talk.packets])

    assert by_sender(items) == (b"both", b"of us")
    assert [what for what, _, _ in steps(items)] == [
        *("attempt", "acknowledged", "success")
    ]
    assert closed(items) == ["end"]


def test_a_reset_ends_a_flow_one_astray_does_not() -> None:
    talk = Conversation().handshake().say(0, b"a")

    assert closed(follow([talk.reset(1, astray=1 << 24).packets])) == ["end"]
    assert closed(follow([talk.say(0, b"b").reset(1).packets])) == ["reset"]


def test_midstream_is_said_and_one_side_alone() -> None:
    talk = Conversation()
    for word in (b"who", b"are", b"you"):
        talk.say(0, word).lose(1, word)
    items = follow([talk.packets])

    assert said(items, 0) == b"whoareyou"
    assert flows(items)[0].flags == {"midstream", "one-sided"}


def test_a_syn_between_the_same_ports_ends_a_flow_met_midstream() -> None:
    old = Conversation().say(0, b"old").say(1, b"words").wait(2 * SECOND)
    new = Conversation(isn=(77, 88), now_ns=old.now_ns).handshake().say(0, b"new")
    items = follow([[*old.packets, *new.packets]])

    assert closed(items) == ["reused", "end"]
    assert [c.data for c in chunks(items)] == [b"old", b"words", b"new"]


@pytest.mark.parametrize("order", [(1, 3), (1, 3, 0), (3, 1, 0), (0, 3, 1)])
def test_an_answer_tells_where_the_one_who_asked_begins(order: tuple[int, ...]) -> None:
    talk = Conversation().handshake().say(0, b"ask")
    items = follow([[talk.packets[n]] for n in order])

    assert [(c.data, c.lost) for c in chunks(items)] == [(b"ask", 0)]
    assert [flow.flags for flow in flows(items)] == [set()]


def test_a_syn_repeated_opens_nothing_new() -> None:
    talk = Conversation().syn().syn().answer().answer().ack(0).say(0, b"hi").syn()
    items = follow([[packet] for packet in talk.packets])

    assert len(flows(items)) == 1
    assert [what for what, _, _ in steps(items)] == [
        *("attempt", "acknowledged", "success")
    ]


def test_ports_that_are_equal_are_told_apart_by_address() -> None:
    talk = Conversation(("192.0.2.10", 445), ("198.51.100.20", 445)).handshake()
    talk.say(0, b"ask").say(1, b"answer")

    assert by_sender(follow([talk.packets])) == (b"ask", b"answer")


def test_ipv6_is_followed_alike() -> None:
    talk = Conversation(("2001:db8::1", 5000), ("2001:db8::2", 445)).handshake()
    items = follow([talk.say(0, b"ask").packets])

    assert said(items, 0) == b"ask"
    assert flows(items)[0].ends[0].ip == "2001:db8::1"


def test_nothing_is_handed_on_for_a_port_scan() -> None:
    sent: list[Sent] = []
    for port in range(20):
        one = Conversation(("192.0.2.1", 40000 + port)).syn()
        sent += one.packet(1, -1, b"", 4 | ACK).packets
    items = follow([sent])

    assert chunks(items) == []
    assert [(what, why) for what, why, _ in steps(items)] == [
        *(("attempt", ""), ("failed", "refused"))
    ] * 20
    assert closed(items) == ["reset"] * 20


def test_elsewhere_a_refusal_is_nobodys_business() -> None:
    one = Conversation(server=ELSEWHERE).syn().packet(1, -1, b"", 4 | ACK)

    assert follow([one.packets]) == []
