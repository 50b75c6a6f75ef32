"""A needle cut anywhere, in any order of arrival, is found with its last piece."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import replace
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from decoders import NEEDLES
from sensor import limits
from sensor.streams.cuts import CutNeedles
from sensor.types import Stats
from tests.support.conversations import (
    ELSEWHERE,
    Conversation,
    Sent,
    batches_of,
    segments_of,
)


def packets(pieces: Sequence[bytes], isn: int = 1000, side: int = 0) -> list[Sent]:
    talk = Conversation(server=ELSEWHERE, isn=(isn, isn))
    for piece in pieces:
        talk.say(side, piece)
    return talk.packets


def cut(data: bytes, places: Sequence[int]) -> list[bytes]:
    edges = [0, *sorted(set(places)), len(data)]
    return [data[a:b] for a, b in pairwise(edges) if a < b]


def found(sent: Sequence[Sent], stats: Stats | None = None) -> list[int]:
    """Rows found when each packet is a batch of its own."""
    cuts = CutNeedles(stats or Stats())
    batches = batches_of([packet] for packet in sent)
    return [n for n, one in enumerate(batches) if len(cuts.find(one))]


def found_at_once(sent: Sequence[Sent]) -> list[int]:
    return [int(row) for row in CutNeedles(Stats()).find(segments_of(sent))]


@pytest.mark.parametrize("needle", NEEDLES)
@pytest.mark.parametrize("isn", [1000, 2**32 - 12])
def test_a_needle_in_two_pieces_is_found_with_the_second(
    needle: bytes, isn: int
) -> None:
    for at in range(1, len(needle)):
        pieces = cut(b"." * 9 + needle + b"." * 9, [9 + at])
        assert found(packets(pieces, isn)) == [1], at
        assert found(packets(pieces, isn)[::-1]) == [1], at
        assert 1 in found_at_once(packets(pieces, isn)), at
        assert 1 in found_at_once(packets(pieces, isn)[::-1]), at


@pytest.mark.parametrize("needle", NEEDLES)
def test_a_needle_in_single_bytes_is_found_with_the_last(needle: bytes) -> None:
    sent = packets(cut(needle, range(len(needle))))
    rng = random.Random(1)
    for _ in range(50):
        assert len(sent) - 1 in found(sent)
        assert len(sent) - 1 in found_at_once(sent)
        rng.shuffle(sent)


AROUND = st.binary(max_size=12)


@settings(max_examples=150)
@given(AROUND, st.sampled_from(NEEDLES), AROUND, st.data())
def test_any_cuts_any_order_any_batches(
    before: bytes, needle: bytes, after: bytes, data: st.DataObject
) -> None:
    start, end = len(before), len(before) + len(needle)
    inside = data.draw(st.integers(start + 1, end - 1))
    others = data.draw(st.lists(st.integers(1, end + len(after)), max_size=8))
    whole = before + needle + after
    pieces = cut(whole, [inside, *(o for o in others if o < len(whole))])
    sent = packets(pieces, isn=data.draw(st.integers(0, 2**32 - 1)))
    order = data.draw(st.permutations(range(len(sent))))
    touched = [row for row, n in enumerate(order) if _touches(pieces, n, start, end)]

    mixed = [sent[n] for n in order]
    assert touched[-1] in found(mixed)
    middle = data.draw(st.integers(0, len(sent)))
    cuts, seen, base = CutNeedles(Stats()), [], 0
    for part in (mixed[:middle], mixed[middle:]):
        if part:
            seen += [base + int(row) for row in cuts.find(segments_of(part))]
        base += len(part)
    assert max(touched) in seen


def _touches(pieces: Sequence[bytes], n: int, start: int, end: int) -> bool:
    at = sum(len(piece) for piece in pieces[:n])
    return at < end and at + len(pieces[n]) > start


def test_segments_long_enough_to_tell_give_no_false_alarm() -> None:
    rng = random.Random(7)
    letters = b"".join(NEEDLES)
    pieces = [bytes(rng.choices(letters, k=rng.randint(9, 20))) for _ in range(3000)]
    stream = b"".join(pieces)
    ends = [len(pieces[0])]
    for piece in pieces[1:]:
        ends.append(ends[-1] + len(piece))
    crossed = [
        row
        for row, end in enumerate(ends[:-1])
        if any(
            stream[end - k : end - k + len(needle)] == needle
            for needle in NEEDLES
            for k in range(1, len(needle))
        )
    ]

    expected = sorted({n for row in crossed for n in (row, row + 1)})
    assert found_at_once(packets(pieces)) == expected
    assert found(packets(pieces)[:400]) == [r + 1 for r in crossed if r < 399]


def test_a_whole_needle_is_not_cut() -> None:
    assert found(packets([b"..NTLMSSP\0", b"..."])) == []


@pytest.mark.parametrize("gap", [-1, 1, 1 << 16])
def test_pieces_that_do_not_touch_make_no_needle(gap: int) -> None:
    talk = Conversation(server=ELSEWHERE)
    talk.again(0, 100, b"........NTLM").again(0, 112 + gap, b"SSP\0....")

    assert found(talk.packets) == []


def test_the_two_directions_are_kept_apart() -> None:
    talk = Conversation(server=ELSEWHERE, isn=(50, 50))
    talk.again(0, 0, b"........NTLM").again(1, 12, b"SSP\0....")

    assert found(talk.packets) == []


def test_two_flows_are_kept_apart() -> None:
    one = Conversation(server=ELSEWHERE).again(0, 0, b"........NTLM")
    two = Conversation(("192.0.2.11", 49152), ELSEWHERE).again(0, 12, b"SSP\0....")

    assert found(one.packets + two.packets) == []


def test_after_what_the_snaplen_cut_nothing_is_known() -> None:
    talk = Conversation(server=ELSEWHERE).say(0, b"........NTLM12345").cut(12)
    talk.say(0, b"SSP\0....")

    assert found(talk.packets) == []


def test_data_on_a_syn_comes_after_it() -> None:
    talk = Conversation(server=ELSEWHERE).syn(b"....NTLM").say(0, b"SSP\0....")

    assert found(talk.packets) == [1]


def test_a_repeated_piece_is_no_obstacle() -> None:
    talk = Conversation(server=ELSEWHERE).say(0, b"........NTLM")
    talk.again(0, 11, b"M").again(0, 0, b"........NTLM").say(0, b"SSP\0....")

    assert found(talk.packets)[-1] == 3
    assert found_at_once(talk.packets)[-1] == 3


def test_more_segments_than_slots_are_counted(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "CUT_SLOTS", 1)
    sent = packets([b"........NTLM", b"...", b"...."])
    stats = Stats()
    found([sent[0], *_elsewhere(b"........N")], stats)
    assert stats.counts["streams.cuts_overwritten"] == 1

    stats = Stats()
    CutNeedles(stats).find(segments_of([sent[0], *_elsewhere(b"........N")]))
    assert stats.counts["streams.cuts_overwritten"] == 1


def _elsewhere(piece: bytes) -> list[Sent]:
    return Conversation(("192.0.2.99", 1), ELSEWHERE).say(0, piece).packets


def test_copies_without_end_are_not_all_compared(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(limits, "CUT_COPIES", 2)
    left, right = packets([b"........NTLM", b"SSP\0...."])
    stats = Stats()

    rows = CutNeedles(stats).find(segments_of([left, *[right] * 5]))

    assert rows.tolist() == [0, 1, 2]
    assert stats.counts["streams.cuts_uncompared"] == 3


def test_datagrams_have_no_boundaries() -> None:
    left, right = packets([b"........NTLM", b"SSP\0...."])
    udp = [
        replace(p, frame=p.frame[:23] + b"\x11" + p.frame[24:]) for p in (left, right)
    ]

    assert found(udp) == []
