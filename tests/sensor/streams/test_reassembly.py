"""One direction: pieces in any order, contiguous bytes out, and what contradicts."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sensor import limits
from sensor.streams.reassembly import BEHIND_REST, Direction, Piece


def piece(offset: int, data: bytes, missing: int = 0) -> Piece:
    return Piece(offset, data, missing, None, 0, 0)


def started(isn: int = 999) -> Direction:
    direction = Direction()
    direction.synchronise(isn)
    return direction


def drained(direction: Direction) -> bytes:
    taken = b""
    while direction.due():
        one = direction.take()
        taken += one.data if one else b""
    return taken


@settings(max_examples=200)
@given(st.binary(min_size=1, max_size=40), st.data())
def test_any_pieces_that_cover_the_stream_give_the_stream(
    stream: bytes, data: st.DataObject
) -> None:
    span = st.tuples(st.integers(0, len(stream) - 1), st.integers(1, 9))
    spans = data.draw(st.lists(span, max_size=20))
    spans += [(at, 4) for at in range(0, len(stream), 4)]
    direction, taken = started(), b""
    for at, size in data.draw(st.permutations(spans)):
        direction.add(piece(at, stream[at : at + size]))
        taken += drained(direction)

    assert taken == stream
    assert direction.alternatives == []
    assert direction.held == 0


def test_a_piece_behind_a_gap_is_not_due() -> None:
    direction = started()
    direction.add(piece(3, b"def"))
    assert not direction.due()
    assert direction.held == 3

    direction.add(piece(0, b"abc"))
    assert drained(direction) == b"abcdef"


def test_where_the_stream_begins_is_waited_for() -> None:
    direction = Direction()
    direction.add(piece(direction.offset_of(1003), b"def"))
    assert not direction.due()

    direction.synchronise(999)
    direction.add(piece(direction.offset_of(1000), b"abc"))
    assert drained(direction) == b"abcdef"


def test_given_up_is_counted_once() -> None:
    direction = started()
    direction.add(piece(7, b"x"))

    assert direction.give_up(7) == 7
    assert direction.give_up(7) == 0
    assert drained(direction) == b"x"
    assert direction.lost == 7


def test_offsets_follow_the_stream_round_the_circle() -> None:
    direction = started(isn=2**32 - 3)
    assert [direction.offset_of(seq) for seq in (2**32 - 2, 2**32 - 1, 0, 5)] == [
        *(0, 1, 2, 7)
    ]
    direction.next = 5 * 2**32 + 100
    assert direction.offset_of(98) == 5 * 2**32 + 100
    assert direction.offset_of(97) == 5 * 2**32 + 99


def test_after_a_rest_whatever_comes_is_ahead() -> None:
    direction = started(isn=2**32 - 1)
    direction.next = 1000
    direction.skip()

    assert direction.offset_of(1000 - BEHIND_REST) == 1000 - BEHIND_REST
    assert direction.offset_of((999 - BEHIND_REST) % 2**32) == 2**32 + 999 - BEHIND_REST
    direction.add(piece(5000, b"x"))
    assert not direction.due()
    assert direction.give_up(5000) == 0
    assert (direction.lost, drained(direction)) == (4000, b"x")


@pytest.mark.parametrize(
    ("offset", "again", "reading"),
    [(0, b"X", b"Xbcdef"), (2, b"XY", b"abXYef"), (4, b"eXgh", b"abcdeX")],
)
def test_a_copy_that_differs_is_another_reading(
    offset: int, again: bytes, reading: bytes
) -> None:
    direction = started()
    direction.add(piece(0, b"abcdef"))
    assert drained(direction) == b"abcdef"
    direction.add(piece(offset, again))
    assert drained(direction) == again[6 - offset :]

    assert direction.alternatives == [reading]


def test_only_so_much_is_kept_to_compare_with(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "OVERLAP_BYTES", 4)
    direction = started()
    direction.add(piece(0, b"abcdefgh"))
    drained(direction)
    direction.add(piece(0, b"XXXXefgX"))
    drained(direction)

    assert direction.alternatives == [b"efgX"]


def test_what_the_snaplen_cut_counts_as_passed() -> None:
    direction = started()
    direction.add(piece(0, b"ab", missing=3))
    direction.add(piece(5, b"f"))
    assert drained(direction) == b"abf"

    direction.add(piece(3, b"XY"))
    assert drained(direction) == b""
    assert direction.alternatives == []


def test_a_repetition_cut_otherwise_adds_what_is_new() -> None:
    direction = started()
    direction.add(piece(0, b"abc"))
    direction.add(piece(1, b"b", missing=4))
    direction.add(piece(6, b"g"))

    assert drained(direction) == b"abcg"
    assert direction.next == 7


def test_the_first_syn_counts() -> None:
    direction = started(isn=999)
    direction.synchronise(5)

    assert direction.offset_of(1000) == 0


def test_an_answer_tells_of_a_syn_that_was_not_seen() -> None:
    direction = Direction()
    direction.answered(1000)
    direction.answered(7)

    assert (direction.isn, direction.offset_of(1002)) == (999, 2)


def test_acknowledging_more_than_at_first_is_hearing() -> None:
    direction = Direction()
    assert not direction.has_heard(5)
    direction.acknowledge(2**32 - 1)
    direction.acknowledge(4)

    assert [direction.has_heard(ack) for ack in (None, 2**32 - 1, 0)] == [
        *(False, False, True)
    ]
