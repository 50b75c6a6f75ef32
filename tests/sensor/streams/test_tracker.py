"""Which flows are followed, from where on, until when."""

from __future__ import annotations

from collections.abc import Sequence

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from sensor import limits
from sensor.streams import Streams
from sensor.streams.tracker import Item
from sensor.types import Chunk, Endpoint, Stats
from tests.support.conversations import (
    ELSEWHERE,
    MS,
    SECOND,
    Conversation,
    Sent,
    merged,
    mixed,
    segments_of,
    split,
)
from tests.support.following import (
    chunks,
    closed,
    feed,
    flows,
    follow,
    noise,
    one_by_one,
    said,
    smb2,
    steps,
    told,
)

NTLM = b"NTLMSSP\0"
MINUTE = 60 * SECOND


# --- who is followed ------------------------------------------------------------------


def test_a_flow_without_needle_on_another_port_is_never_looked_at() -> None:
    talk = Conversation(server=ELSEWHERE).handshake().say(0, noise(5000), 1000)
    talk.say(1, noise(5000), 1000).fin(0).fin(1)
    streams = Streams(Stats())

    assert feed(streams, segments_of(talk.packets)) == []
    assert len(streams._known) == 0
    assert list(streams.finish()) == []


@pytest.mark.parametrize("port", [139, 445])
def test_a_flow_on_an_smb_port_is_followed_from_the_syn(port: int) -> None:
    talk = Conversation(server=("198.51.100.20", port)).handshake().say(0, b"hello")
    items = follow([talk.packets])

    assert said(items, 0) == b"hello"
    assert steps(items) == [
        ("attempt", "", 1),
        ("acknowledged", "", 2),
        ("success", "", 3),
    ]
    assert closed(items) == ["end"]
    (flow,) = flows(items)
    assert (flow.client, flow.client_by, flow.flags) == (0, "handshake", set())


@pytest.mark.parametrize("batch", [1, 3, 100])
def test_a_hit_in_the_middle_brings_back_what_came_before(batch: int) -> None:
    talk = Conversation(server=ELSEWHERE).handshake().say(0, b"before").say(1, b"so")
    talk.say(0, b"POST " + NTLM).say(1, b"after")
    items = follow(split(talk.packets, [batch] * 9))

    assert said(items, 0) == b"beforePOST " + NTLM
    assert said(items, 1) == b"soafter"
    assert flows(items)[0].flags == set()


def test_steps_of_a_flow_elsewhere_are_told_once_it_is_confirmed() -> None:
    talk = Conversation(server=ELSEWHERE).handshake().say(0, NTLM).say(0, NTLM)
    streams, items = Streams(Stats()), []
    for item in feed(streams, segments_of(talk.packets)):
        items.append(item)
        items += streams.confirm(item.flow)

    assert [type(item).__name__ for item in items] == [
        *("Chunk", "Connection", "Connection", "Connection", "Chunk")
    ]
    assert [step for step, _, _ in steps(items)] == [
        *("attempt", "acknowledged", "success")
    ]


def test_a_handshake_long_past_is_recalled(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "HISTORY_BATCHES", 2)
    talk = Conversation(server=ELSEWHERE).handshake()
    talk.say(0, noise(100), 10).say(1, NTLM)
    streams, items = Streams(Stats()), []
    for number, packet in enumerate(talk.packets):
        items += feed(streams, segments_of([packet], number + 1))
    (tracked,) = streams._known
    flow = tracked.flow
    items += streams.confirm(flow)

    assert (flow.client, flow.client_by) == (flow.ends[0].port == 8000, "handshake")
    assert [(what, n) for what, _, n in steps(items)][:2] == [
        ("attempt", 1),
        ("acknowledged", 2),
    ]


def test_tiny_segments_older_than_history_are_brought_back(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(limits, "HISTORY_BATCHES", 1)
    talk = Conversation(server=ELSEWHERE).handshake().say(0, noise(500))
    talk.say(0, b"GET " + NTLM, 1)
    items = follow(one_by_one(talk.packets))

    assert said(items, 0).endswith(b"GET " + NTLM)


def test_a_boundary_older_than_history_is_brought_back(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(limits, "HISTORY_BATCHES", 1)
    talk = Conversation(server=ELSEWHERE).handshake().say(0, noise(500) + b"..NTLM")
    others = [Conversation(("192.0.2.77", n), ELSEWHERE).syn() for n in range(5)]
    late = Conversation(server=ELSEWHERE, isn=(1506, 5000), now_ns=talk.now_ns)
    late.say(0, b"SSP\0")
    packets = talk.packets + [one.packets[0] for one in others] + late.packets
    items = follow(one_by_one(packets))

    assert said(items, 0).endswith(b"..NTLMSSP\0")


def test_a_flood_before_the_hit_is_cut_and_counted(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(limits, "HISTORY_PIECES", 4)
    talk = Conversation(server=ELSEWHERE).say(0, b"abcdefgh", 1).say(0, NTLM)
    stats = Stats()

    assert said(follow([talk.packets], stats), 0) == b"efgh" + NTLM
    assert stats.counts["streams.history_cut"] == 4


def test_who_is_confirmed_by_his_last_words_has_his_steps_told() -> None:
    talk = Conversation(server=ELSEWHERE).handshake().lose(0, b"?").say(0, NTLM)
    streams = Streams(Stats())
    assert feed(streams, segments_of(talk.packets)) == []
    items = [
        each
        for item in streams.finish()
        for each in (item, *streams.confirm(item.flow))
        if isinstance(item, Chunk)
    ]

    assert [what for what, _, _ in steps(items)] == [
        *("attempt", "acknowledged", "success")
    ]


# --- rest and wake --------------------------------------------------------------------


def rest_on_sight(streams: Streams, item: Item) -> None:
    if isinstance(item, Chunk) and item.data.endswith(b"rest"):
        streams.rest(item.flow)


@pytest.mark.parametrize("batch", [1, 2, 3, 100])
def test_a_flow_at_rest_gives_nothing_until_woken(
    batch: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(limits, "WAKE_PIECES", 2)
    monkeypatch.setattr(limits, "REST_BYTES", 1)
    talk = Conversation().handshake().say(0, smb2(0)).say(1, b"rest")
    talk.say(0, b"bulk" * 9, 9).say(1, smb2(8)).say(0, b"more bulk " + smb2(1, b"x"))
    talk.say(1, b"answer").fin(0)
    items = follow(split(talk.packets, [batch] * 20), judge=rest_on_sight)

    # The two segments before the one that wakes: the last of the bulk, and an answer.
    assert said(items, 0) == smb2(0) + b"kbulkbulk" + b"more bulk " + smb2(1, b"x")
    assert said(items, 1) == b"rest" + smb2(8) + b"answer"
    assert [c.lost for c in chunks(items) if c.side == 0] == [0, 27, 0]
    assert [c.lost for c in chunks(items) if c.side == 1] == [0, 0, 0]
    assert closed(items) == ["end"]


def test_hits_that_do_not_wake_leave_a_flow_at_rest() -> None:
    talk = Conversation().handshake().say(0, b"rest").say(0, smb2(8)).say(1, smb2(9))
    talk.say(0, b"\xfdSMB" + bytes(60))
    items = follow(one_by_one(talk.packets), judge=rest_on_sight)

    assert said(items, 0) == b"rest"
    assert said(items, 1) == b""


@pytest.mark.parametrize("batch", [1, 2, 100])
def test_a_message_cut_into_bytes_wakes_whole(batch: int) -> None:
    talk = Conversation().handshake().say(0, b"rest").say(0, noise(3000), 1000)
    talk.say(0, smb2(1, b"setup"), 1)
    items = follow(split(talk.packets, [batch] * 200), judge=rest_on_sight)

    assert said(items, 0).endswith(smb2(1, b"setup"))


@pytest.mark.parametrize("batch", [1, 2, 100])
def test_a_frame_header_in_a_segment_of_its_own_is_there_on_waking(batch: int) -> None:
    talk = Conversation().handshake().say(0, b"rest").say(0, noise(3000), 1000)
    frame = smb2(1, b"setup")
    talk.say(0, frame[:4]).say(1, noise(500)).say(0, frame[4:])
    items = follow(split(talk.packets, [batch] * 200), judge=rest_on_sight)

    assert said(items, 0).endswith(frame)


@pytest.mark.parametrize("batch", [1, 100])
def test_lost_is_what_was_left_out_at_rest(batch: int) -> None:
    talk = Conversation().handshake().say(0, b"rest").say(0, noise(90_000), 1000)
    talk.say(0, smb2(1))
    items = follow(split(talk.packets, [batch] * 200), judge=rest_on_sight)
    (_, resumed, *_) = chunks(items)
    given = len(said(items, 0)) - len(b"rest")

    assert resumed.lost == 90_000 + len(smb2(1)) - given


@pytest.mark.parametrize("size", [100_000, 2**31 + 5, 2**32 - 2**23, 2**32 + 10])
def test_waking_works_however_much_was_left_out(size: int) -> None:
    talk = Conversation().handshake().say(0, b"rest").ack(1)
    later = Conversation(isn=((1000 + 4 + size) % 2**32, 5000), now_ns=talk.now_ns)
    later.say(0, smb2(1)).say(1, b"answer")
    items = follow([talk.packets, later.packets], judge=rest_on_sight)

    assert said(items, 0).endswith(smb2(1))
    assert said(items, 1) == b"answer"
    assert all(c.lost >= 0 for c in chunks(items))


# --- batches do not matter ------------------------------------------------------------


def scene() -> list[Sent]:
    smb = Conversation().handshake().say(0, smb2(0)).say(1, smb2(0)).say(0, smb2(1))
    smb.say(1, noise(9000), 1400).say(0, smb2(8)).fin(0).fin(1)
    web = Conversation(("192.0.2.11", 50000), ELSEWHERE).handshake()
    web.say(0, b"GET /").say(1, noise(3000, 2), 700).say(0, b"auth " + NTLM)
    web.say(1, noise(500, 3)).reset(1)
    plain = Conversation(("192.0.2.12", 50001), ELSEWHERE).handshake()
    plain.say(0, noise(4000, 4), 1000)
    return merged(smb, web, plain)


@settings(max_examples=40)
@given(st.lists(st.integers(1, 9), max_size=12), st.integers(0, 9))
@example([3] + [1] * 8, 0)  # the first of the packets that is seen differs
def test_splitting_into_batches_does_not_matter(sizes: list[int], seed: int) -> None:
    packets = mixed(scene(), seed)
    whole = follow([packets])
    parts = follow(split(packets, sizes))

    for flow in flows(whole):
        for end in flow.ends:
            assert _bytes_of(parts, flow.key, end) == _bytes_of(whole, flow.key, end)


def _bytes_of(items: Sequence[Item], key: int, end: Endpoint) -> bytes:
    """Return what *end* said in a flow; which side it is, is not settled yet."""
    own = [item for item in items if item.flow.key == key]
    return said(own, own[0].flow.ends.index(end)) if own else b""


def test_contradicting_bytes_read_alike_in_any_batches() -> None:
    talk = Conversation().handshake().say(0, b"hello ").say(0, b"world")
    talk.again(0, 3, b"LOWORLD!").say(1, b"yes")

    assert told(follow(one_by_one(talk.packets))) == told(follow([talk.packets]))


def test_silence_ends_a_flow_in_any_batches() -> None:
    talk = Conversation().handshake().say(0, b"one").wait(limits.FLOW_IDLE_NS)
    talk.say(0, b"two").fin(0).fin(1).wait(limits.LINGER_NS).say(0, b"three")

    assert told(follow(one_by_one(talk.packets))) == told(follow([talk.packets]))


# --- the end --------------------------------------------------------------------------


def test_a_flow_that_was_told_of_is_not_told_again_when_it_goes_on() -> None:
    talk = Conversation().handshake().say(0, smb2(0)).say(1, smb2(0))
    talk.wait(limits.FLOW_IDLE_NS + SECOND)
    other = Conversation(("192.0.2.50", 1), now_ns=talk.now_ns).syn()
    talk.wait(SECOND).say(0, smb2(8))
    items = follow(one_by_one(merged(talk, other)))

    assert said(items, 0) == smb2(0) + smb2(8)
    assert said(items, 1) == smb2(0)
    names = [(what, n) for what, _, n in steps(items)]
    assert (
        names
        == [
            *(("attempt", 1), ("acknowledged", 2), ("success", 3)),
            *(("attempt", 6), ("failed", 6)),
        ]
        or [n for n, _ in names].count("success") == 1
    )


def test_a_late_packet_after_the_end_does_not_bring_all_back() -> None:
    talk = Conversation().handshake().say(0, smb2(0)).fin(0).fin(1)
    talk.wait(limits.LINGER_NS + SECOND)
    other = Conversation(("192.0.2.50", 1), now_ns=talk.now_ns).syn()
    talk.wait(SECOND).reset(0)
    items = follow(one_by_one(merged(talk, other)))

    assert said(items, 0) == smb2(0)
    assert [what for what, _, _ in steps(items)].count("success") == 1
    assert closed(items)[0] == "fin"


@pytest.mark.parametrize(
    ("ending", "how"),
    [("fin", "fin"), ("reset", "reset"), ("idle", "idle")],
)
def test_the_sweep_ends_flows(ending: str, how: str) -> None:
    talk = Conversation().handshake().say(0, b"hello")
    if ending == "fin":
        talk.fin(0).fin(1)
    if ending == "reset":
        talk.reset(1)
    talk.wait(limits.LINGER_NS if ending != "idle" else limits.FLOW_IDLE_NS)
    streams = Streams(Stats())
    feed(streams, segments_of(talk.packets))
    other = Conversation(("192.0.2.50", 1), ELSEWHERE, now_ns=talk.now_ns).syn()
    items = feed(streams, segments_of(other.packets))

    assert closed(items) == [how]
    assert len(streams._known) == 0


def test_an_attempt_nobody_answers_has_failed() -> None:
    talk = Conversation().syn().wait(SECOND).syn().wait(limits.UNANSWERED_NS)
    other = Conversation(("192.0.2.50", 1), ELSEWHERE, now_ns=talk.now_ns).syn()
    items = follow([talk.packets, other.packets])

    assert [(what, why) for what, why, _ in steps(items)] == [
        ("attempt", ""),
        ("failed", "unanswered"),
    ]


def test_the_flow_quiet_for_longest_makes_room(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "FLOWS", 2)
    talks = [Conversation((f"192.0.2.{n}", 5000)).syn() for n in range(4)]
    stats = Stats()
    items = follow(one_by_one([talk.packets[0] for talk in talks]), stats)

    assert closed(items) == ["evicted", "evicted", "end", "end"]
    assert stats.counts["streams.evicted_flows"] == 2
    assert [flow.ends[0].ip for flow in flows(items)] == [
        f"192.0.2.{n}" for n in range(4)
    ]


def test_a_new_connection_between_the_same_ports_is_a_new_flow() -> None:
    old = Conversation().handshake().say(0, b"old").fin(0).fin(1)
    new = Conversation(isn=(900_000, 77), now_ns=old.now_ns + MS).handshake()
    new.say(0, b"new")
    items = follow([merged(old, new)])

    assert len(flows(items)) == 2
    assert [c.data for c in chunks(items)] == [b"old", b"new"]
    assert closed(items) == ["fin", "end"]
    assert [what for what, _, _ in steps(items)].count("success") == 2
