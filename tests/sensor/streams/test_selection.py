"""Which rows of a batch are looked at, and for which flow."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from sensor import signatures
from sensor.streams.flows import Tracked
from sensor.streams.known import KnownFlows
from sensor.streams.opening import Opening
from sensor.streams.rows import flow_of
from sensor.streams.selection import all_of, connected, in_order, matter, select
from sensor.types import Segments, Stats
from tests.support.conversations import (
    ELSEWHERE,
    Conversation,
    Sent,
    merged,
    segments_of,
    udp_frame,
)
from tests.support.following import smb2

NTLM = b"NTLMSSP\0"
NONE = np.empty(0, np.int64)


def selected(
    packets: Sequence[Sent], known: KnownFlows, cuts: Sequence[int] = ()
) -> list[tuple[list[int], list[int]]]:
    """Per flow: the rows that are looked at, and which of them wake."""
    segments = segments_of(packets)
    found = select(segments, signatures.find(segments), np.array(cuts, np.int64), known)
    return [
        (one.rows.tolist(), [row for _, row, wakes in one.places() if wakes])
        for one in found
    ]


def knowing(*talks: Conversation, rest: bool = False) -> KnownFlows:
    known = KnownFlows(Stats())
    for talk in talks:
        flow = flow_of(segments_of(talk.packets), 0)
        tracked = Tracked(flow, Stats(), Opening(flow))
        known.add(tracked)
        if rest:
            known.rest(tracked)
    return known


def elsewhere(client: str = "192.0.2.10") -> Conversation:
    return Conversation((client, 49152), ELSEWHERE)


def test_of_a_flow_of_no_interest_no_row() -> None:
    assert selected(elsewhere().handshake().say(0, b"x").packets, knowing()) == []


def test_of_datagrams_each_with_a_hit_counts() -> None:
    ends = (("192.0.2.1", 138), ("192.0.2.255", 138))
    transaction = b"\xffSMB\x25" + bytes(27) + b"rest"
    words = (transaction, b"nothing", transaction + b"!")
    frames = [udp_frame(ends, data) for data in words]
    packets = [Sent(n, frame, len(frame)) for n, frame in enumerate(frames)]

    assert selected(packets, knowing()) == [([0, 2], [0, 2])]


def test_of_an_unknown_flow_on_an_smb_port_all_rows() -> None:
    talk = Conversation().handshake().say(0, smb2(8)).say(0, smb2(1))

    assert selected(talk.packets, knowing()) == [([0, 1, 2, 3, 4], [4])]


def test_of_an_unknown_flow_elsewhere_the_rows_that_wake() -> None:
    talk = elsewhere().handshake().say(0, smb2(8)).say(0, smb2(8)).say(1, NTLM)

    assert selected(talk.packets, knowing()) == [([3, 5], [3, 5])]
    assert selected(talk.packets, knowing(), cuts=[1]) == [([1, 5], [1, 5])]


def test_of_a_followed_flow_all_rows() -> None:
    talk = elsewhere().handshake().say(0, b"x").say(0, smb2(8))

    assert selected(talk.packets, knowing(talk)) == [([0, 1, 2, 3, 4], [])]


def test_of_a_flow_at_rest_what_controls_or_wakes() -> None:
    talk = elsewhere().handshake().say(0, b"x").say(0, smb2(8)).say(0, smb2(1)).fin(0)

    assert selected(talk.packets, knowing(talk, rest=True)) == [([0, 1, 5, 6], [5])]


def test_flows_come_by_their_earliest_row() -> None:
    talks = [elsewhere(f"192.0.2.{n}") for n in (3, 1, 2)]
    packets = [talk.say(0, NTLM).packets[0] for talk in talks] * 2

    assert selected(packets, knowing()) == [
        *(([0, 3], [0, 3]), ([1, 4], [1, 4]), ([2, 5], [2, 5]))
    ]


def test_all_rows_of_one_flow() -> None:
    one, other = elsewhere(), elsewhere("192.0.2.11")
    segments = segments_of(merged(one.say(0, b"a").say(1, b"b"), other.say(0, b"c")))
    mine = int(segments.flow[0])

    rows = [row for row in range(3) if int(segments.flow[row]) == mine]
    assert all_of(segments, mine, None) == [(segments, row, False) for row in rows]


def test_parts_are_merged_by_packet_number() -> None:
    talk = elsewhere().say(0, b"abcd", 1)
    late, early = segments_of(talk.packets[:2], 5), segments_of(talk.packets[2:], 4)
    merged_places = in_order([_places(late), _places(early)])

    assert [(s is late, row) for s, row, _ in merged_places] == [
        *((False, 0), (True, 0), (False, 1), (True, 1))
    ]
    assert in_order([]) == []


def test_a_flow_matters_by_port_or_by_what_wakes() -> None:
    on_port = segments_of(Conversation().say(1, b"x").packets)
    off_port = segments_of(elsewhere().say(1, b"x").say(1, b"y").packets)

    assert matter([(on_port, 0, False)])
    assert not matter([(off_port, 0, False), (off_port, 1, False)])
    assert matter([(off_port, 0, False), (off_port, 1, True)])


def test_older_ends_are_joined_as_far_as_they_connect() -> None:
    talk = elsewhere().say(0, b"ab", 1).lose(0, b"c").say(0, b"de", 1).say(1, b"x")
    old = segments_of(talk.packets)
    new = segments_of(elsewhere().say(0, b"abcde").say(0, b"now").packets[1:], 90)

    joined = connected(_places(old), _places(new))
    assert [row for _, row, _ in joined] == [2, 3]


def _places(segments: Segments) -> list[tuple[Segments, int, bool]]:
    return [(segments, row, False) for row in range(len(segments.row))]
