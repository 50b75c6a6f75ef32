"""Which datagrams belong together, and for how long."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import count

import numpy as np
import pytest

from sensor import limits, signatures
from sensor.streams import Streams, selection
from sensor.streams.copies import Copies
from sensor.streams.datagrams import Datagrams
from sensor.streams.tracker import Item
from sensor.types import Chunk, Closed, Stats
from tests.support.conversations import SECOND, START_NS, End, Sent, udp_frame
from tests.support.following import batches_of, follow

NTLM = b"NTLMSSP\0"
ONE: End = ("192.0.2.1", 4000)
OTHER: End = ("192.0.2.2", 4001)
THIRD: End = ("192.0.2.3", 4001)


NUMBERS = count()


def sent(ends: tuple[End, End], at_ns: int = 0, data: bytes = b"") -> Sent:
    """Return a datagram that none before is like, unless *data* says otherwise."""
    frame = udp_frame(ends, data or NTLM + next(NUMBERS).to_bytes(4, "big"))
    return Sent(START_NS + at_ns, frame, len(frame))


def chunks(items: Iterable[Item]) -> list[Chunk]:
    return [item for item in items if isinstance(item, Chunk)]


def endings(items: Iterable[Item]) -> list[tuple[str, str, int]]:
    """How pairs ended: by whom the first datagram was, how, and the last packet."""
    return [
        (item.flow.ends[0].ip, item.how, item.packet)
        for item in items
        if isinstance(item, Closed)
    ]


def test_both_directions_are_one_flow() -> None:
    items = follow([[sent((ONE, OTHER)), sent((OTHER, ONE))], [sent((ONE, OTHER))]])

    assert [(one.side, one.packet) for one in chunks(items)] == [(0, 1), (1, 2), (0, 3)]
    assert len({one.flow for one in chunks(items)}) == 1
    assert endings(items) == [("192.0.2.1", "end", 3)]


def test_other_endpoints_are_another_flow() -> None:
    items = follow([[sent((ONE, OTHER)), sent((ONE, THIRD)), sent((OTHER, ONE))]])

    assert len({one.flow for one in chunks(items)}) == 2
    assert sorted(endings(items)) == [("192.0.2.1", "end", 2), ("192.0.2.1", "end", 3)]


def test_equal_ports_are_told_apart_by_address() -> None:
    ends = ("192.0.2.1", 138), ("192.0.2.2", 138)
    items = follow([[sent(ends), sent(ends[::-1])]])

    assert [one.side for one in chunks(items)] == [0, 1]


def test_a_quiet_pair_is_let_go() -> None:
    quiet = limits.PAIR_IDLE_NS
    packets = [
        [sent((ONE, OTHER)), sent((OTHER, ONE), SECOND)],
        [sent((ONE, THIRD), quiet)],
        [sent((ONE, THIRD), quiet + SECOND)],
        [sent((ONE, OTHER), quiet + 2 * SECOND)],
    ]
    items = follow(packets)

    assert endings(items[:5]) == [("192.0.2.1", "idle", 2)]
    assert len({one.flow for one in chunks(items)}) == 3


def test_a_pair_is_another_after_silence_however_batches_are_cut() -> None:
    quiet = limits.PAIR_IDLE_NS
    times = (0, quiet - 1, 2 * quiet - 1, 2 * quiet)
    packets = [sent((ONE, OTHER), at_ns) for at_ns in times]
    whole, single = follow([packets]), follow([[one] for one in packets])

    for items in (whole, single):
        assert endings(items) == [("192.0.2.1", "idle", 2), ("192.0.2.1", "end", 4)]
        assert [one.packet for one in chunks(items)] == [1, 2, 3, 4]


def test_no_more_than_pairs_are_remembered(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "PAIRS", 1)
    stats = Stats()
    items = follow(
        [[sent((ONE, OTHER)), sent((ONE, THIRD)), sent((OTHER, ONE))]], stats
    )

    assert stats.counts["streams.evicted_pairs"] == 1
    assert [(how, last) for _, how, last in endings(items)] == [
        ("evicted", 3),
        ("end", 2),
    ]
    assert len(chunks(items)) == 3


def test_a_datagram_without_a_hit_is_not_looked_at() -> None:
    items = follow(
        [[sent((ONE, OTHER), data=NTLM), sent((OTHER, ONE), data=b"nothing")]]
    )

    assert [one.data for one in chunks(items)] == [NTLM]
    assert list(Streams(Stats()).finish()) == []


def test_a_datagram_with_a_hit_is_one_chunk() -> None:
    frames = [
        udp_frame((ONE, OTHER), data) for data in (b"nothing", b".." + NTLM + b"..")
    ]
    packets = [Sent(n, frame, len(frame)) for n, frame in enumerate(frames)]
    (chunk,) = chunks(follow([packets]))

    assert (chunk.data, chunk.side, chunk.lost) == (b".." + NTLM + b"..", 0, 0)
    assert (chunk.packet, chunk.ts_ns, chunk.flow.proto) == (2, 1, 17)


def test_a_datagram_that_comes_twice_is_one_chunk() -> None:
    frames = [
        udp_frame((ONE, OTHER), data) for data in (NTLM, NTLM, NTLM + b"else", NTLM)
    ]
    patience = limits.UNNAMED_COPY_NS
    times = (0, patience, patience, 2 * patience + 1)
    packets = [Sent(t, f, len(f)) for t, f in zip(times, frames, strict=True)]
    stats = Stats()

    items = follow([packets], stats)

    assert [item.packet for item in chunks(items)] == [1, 3, 4]
    assert chunks(items)[0].flow.flags == {"duplicate"}
    assert stats.counts["streams.duplicates"] == 1


def test_a_datagram_cut_by_the_snaplen_says_so() -> None:
    frame = udp_frame((ONE, OTHER), NTLM + b"....")
    (chunk,) = chunks(follow([[Sent(1, frame[:-2], len(frame))]]))

    assert chunk.data == NTLM + b".."
    assert chunk.flow.flags == {"truncated"}


def hear(groups: list[list[Sent]], *, confirmed: bool) -> list[bytes]:
    """What is given of batches of packets, each chunk being found good at once."""
    streams, heard = Streams(Stats()), []
    for segments in batches_of(groups):
        for item in streams.feed([(segments, signatures.find(segments))]):
            if isinstance(item, Chunk):
                heard.append(item.data)
                if confirmed and NTLM in item.data:
                    assert list(streams.confirm(item.flow)) == []
    return heard


def test_what_follows_good_words_is_looked_at_in_its_batch_and_later() -> None:
    asked = [sent((OTHER, ONE), data=b"before"), sent((ONE, OTHER), data=NTLM)]
    answers = [sent((OTHER, ONE), data=b"100"), sent((THIRD, ONE), data=b"other")]
    later = [sent((OTHER, ONE), data=b"200")]

    heard = hear([[*asked, *answers], later], confirmed=True)
    assert heard == [NTLM, b"100", b"200"]
    assert hear([[*asked, *answers], later], confirmed=False) == [NTLM]


def test_what_follows_is_not_looked_at_for_ever() -> None:
    some, more = (
        [sent((OTHER, ONE), data=b"%d" % n) for n in range(first, first + 50)]
        for first in (0, 50)
    )
    first, again = sent((ONE, OTHER)), sent((ONE, OTHER))

    most = 1 + limits.ANSWER_DATAGRAMS
    assert len(hear([[first, *some], more], confirmed=True)) == most
    assert len(hear([[first, *some], [again, *more]], confirmed=True)) == 2 * most


def test_a_pair_is_closed_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "ANSWER_DATAGRAMS", 1)
    answers = [sent((OTHER, ONE), data=b"100"), sent((OTHER, ONE), data=b"200")]
    (segments,) = batches_of([[sent((ONE, OTHER), data=NTLM), *answers]])
    key = int(segments.flow[0])
    places = selection.all_of(segments, key, np.array([True, False, False]))
    stats = Stats()
    datagrams, seen = Datagrams(stats, Copies(stats)), []
    for item in datagrams.take(places):
        assert isinstance(item, Chunk)
        if item.data == NTLM:
            datagrams.confirm(item.flow)
        seen.append((item.data, datagrams.open))

    assert seen == [(NTLM, [key]), (b"100", [])]
