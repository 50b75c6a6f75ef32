"""Datagrams come together from fragments in any order, within bounds."""

from __future__ import annotations

import random
import struct

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sensor import limits
from sensor.columns import Columns, endpoints, fragments
from sensor.types import Stats
from tests.support.batches import batch_of
from tests.support.frames import (
    CLIENT4,
    SERVER4,
    UDP,
    ethernet,
    fragments4,
    fragments6,
    ipv4,
    ipv6,
    tcp,
    udp,
)
from tests.support.segments import payloads

BODY = bytes(range(256)) * 4
SECOND = 1_000_000_000
CUT = {4: fragments4, 6: fragments6}


def packet(version: int, body: bytes = BODY) -> bytes:
    return ipv4(tcp(body)) if version == 4 else ipv6(tcp(body))


@settings(max_examples=60)
@given(
    st.sampled_from([4, 6]),
    st.integers(1, 1100),
    st.integers(1, 40).map(lambda units: units * 8),
    st.randoms(use_true_random=False),
    st.booleans(),
)
def test_any_order_and_any_repetition_give_the_datagram_once(
    version: int, length: int, size: int, chance: random.Random, repeat: bool
) -> None:
    body = bytes(chance.randrange(256) for _ in range(length))
    pieces = CUT[version](packet(version, body), size)
    # A piece that is the whole datagram is a packet, and twice is twice.
    times = 1 + repeat if len(pieces) == 1 else 1
    pieces *= 1 + repeat
    chance.shuffle(pieces)
    columns = Columns(Stats())
    middle = chance.randrange(len(pieces) + 1)
    found = payloads(columns, pieces[:middle]) + payloads(columns, pieces[middle:])
    assert found == [body] * times


@pytest.mark.parametrize("version", [4, 6])
def test_a_datagram_has_time_and_number_of_what_completed_it(version: int) -> None:
    pieces = CUT[version](packet(version), 400)
    first, last, middle = ethernet(pieces[0]), ethernet(pieces[2]), ethernet(pieces[1])
    other = ethernet(ipv4(udp(b"other"), UDP))
    batch = batch_of([first, other, last, middle, other])
    one, two = Columns(Stats()).decode(batch)
    assert one.row.tolist() == [1, 4]
    assert two.batch.number.tolist() == [4]
    assert two.batch.ts_ns.tolist() == [int(batch.ts_ns[3])]
    assert two.batch.linktype.tolist() == [101]
    assert two.batch.file == batch.file
    whole = ethernet(packet(version))
    (expected,) = Columns(Stats()).decode(batch_of([whole]))
    assert endpoints(two, 0) == endpoints(expected, 0)
    for name in ("flow", "seq", "ack", "flags", "length", "missing", "version"):
        assert getattr(two, name).tolist() == getattr(expected, name).tolist()


def test_scapy_s_fragments_come_together() -> None:
    from scapy.layers import inet, inet6

    four = inet.fragment(inet.IP(packet(4)), 200)
    head = inet6.IPv6() / inet6.IPv6ExtHdrHopByHop() / inet6.IPv6ExtHdrFragment(id=9)
    six = inet6.fragment6(head / inet.UDP(sport=1, dport=2) / BODY, 300)
    assert len(four) > 3
    assert len(six) > 3
    mixed = [bytes(each) for each in [*four[::-1], *six[::-1]]]
    assert payloads(Columns(Stats()), mixed) == [BODY, BODY]


def test_interleaved_datagrams_stay_apart() -> None:
    bodies = [bytes([i]) * 600 for i in range(8)]
    pieces = [fragments4(packet(4, b), 80, ident=i) for i, b in enumerate(bodies)]
    frames = [piece for round_ in zip(*pieces, strict=True) for piece in round_]
    assert payloads(Columns(Stats()), frames) == bodies


def test_addresses_and_protocol_are_part_of_the_key() -> None:
    ends = [(CLIENT4, SERVER4), (SERVER4, CLIENT4), (CLIENT4, "198.51.100.21")]
    whole = [ipv4(udp(BODY[i:]), UDP, ends=pair) for i, pair in enumerate(ends)]
    whole.append(packet(4))
    pieces = [fragments4(each, 512) for each in whole]
    frames = [piece for round_ in zip(*pieces, strict=False) for piece in round_]
    frames += [piece for each in pieces for piece in each[2:]]
    found = payloads(Columns(Stats()), frames)
    assert sorted(found) == sorted([BODY, BODY[1:], BODY[2:], BODY])


def raw4(
    offset: int, body: bytes, more: bool, ident: int = 7, proto: int = UDP
) -> bytes:
    return ipv4(
        body, proto, ident=ident, fragment=offset // 8 | (0x2000 if more else 0)
    )


def test_the_first_copies_are_given_and_the_last_and_overlap_is_noticed() -> None:
    stats = Stats()
    head = struct.pack(">HHHH", 1, 2, 32, 0)
    pieces = [
        raw4(8, b"B" * 8, more=True),
        raw4(0, head + b"x" * 16, more=True),  # its middle is there already
        raw4(16, b"yyyyyyyyLASTLAST", more=False),
    ]
    first, last = payloads(Columns(stats), pieces)
    assert first == b"BBBBBBBB" + b"xxxxxxxx" + b"LASTLAST"
    assert last == b"xxxxxxxx" + b"yyyyyyyy" + b"LASTLAST"
    assert stats.counts["columns.fragment_overlaps"] == 2


def test_a_whole_datagram_is_given_again_if_a_late_fragment_contradicts() -> None:
    stats = Stats()
    head = struct.pack(">HHHH", 1, 2, 24, 0)
    true = [raw4(0, head + b"a" * 8, more=True), raw4(16, b"true" * 2, more=False)]
    forged = raw4(16, b"junk" * 2, more=False)
    last_is_true = [true[0], forged, true[1], true[1]]

    junk, right = payloads(Columns(stats), last_is_true)
    assert (junk, right) == (b"a" * 8 + b"junkjunk", b"a" * 8 + b"truetrue")
    assert stats.counts["columns.fragment_overlaps"] == 1
    assert stats.counts["columns.fragment_duplicates"] == 1


def test_a_datagram_is_not_given_again_for_ever(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(fragments, "FRAGMENT_READINGS", 3)
    stats = Stats()
    head = struct.pack(">HHHH", 1, 2, 24, 0)
    tails = [raw4(16, bytes([n]) * 8, more=False) for n in range(9)]

    found = payloads(Columns(stats), [raw4(0, head + b"a" * 8, more=True), *tails])
    assert [body[-1] for body in found] == [0, 1, 2, 3]
    assert stats.counts["columns.fragment_readings"] == 5


def test_repetition_is_no_overlap() -> None:
    stats = Stats()
    pieces = fragments4(packet(4), 400)
    columns = Columns(stats)
    assert payloads(columns, [pieces[0], pieces[0], pieces[1], pieces[2], *pieces])
    assert stats.counts["columns.fragment_duplicates"] == 4
    assert stats.counts["columns.fragment_overlaps"] == 0
    assert stats.counts["columns.reassembled"] == 1


@pytest.mark.parametrize(
    "piece",
    [
        raw4(0, b"x" * 12, more=True),  # no multiple of 8
        raw4(65528, b"x" * 100, more=False),  # beyond 65535
        raw4(8, b"", more=False),
    ],
)
def test_a_fragment_that_cannot_be_is_counted(piece: bytes) -> None:
    stats = Stats()
    assert payloads(Columns(stats), [piece]) == []
    assert stats.counts == {"columns.fragments": 1, "columns.fragments_bad": 1}


def test_an_end_that_contradicts_another_is_counted() -> None:
    stats = Stats()
    head = struct.pack(">HHHH", 1, 2, 24, 0)
    pieces = [
        raw4(16, b"E" * 8, more=False),
        raw4(8, b"e" * 8, more=False),
        raw4(24, b"e" * 8, more=True),
        raw4(0, head + b"d" * 8, more=True),
    ]
    assert payloads(Columns(stats), pieces) == [b"d" * 8 + b"E" * 8]
    assert stats.counts["columns.fragments_bad"] == 2


def test_an_identification_may_be_used_again() -> None:
    columns = Columns(Stats())
    one, two = (fragments4(packet(4, bytes([i]) * 500), 256) for i in (1, 2))
    stamps = [0, 1, 2, 5 * SECOND, 5 * SECOND, 5 * SECOND]
    batch = batch_of([*one, *two], 101, ts=stamps)
    assert sum(len(segments.row) for segments in columns.decode(batch)) == 2


def test_datagrams_wait_thirty_seconds() -> None:
    for gap, found in ((30, 1), (31, 0), (-31, 0)):
        stats = Stats()
        pieces = fragments4(packet(4), 800)
        now = 1_600_000_000 * SECOND
        batch = batch_of(pieces, 101, ts=[now, now + gap * SECOND])
        total = sum(len(part.row) for part in Columns(stats).decode(batch))
        assert total == found
        assert stats.counts["columns.fragment_timeouts"] == 1 - found


def test_what_waits_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fragments, "FRAGMENT_DATAGRAMS", 10)
    stats = Stats()
    columns = Columns(stats)
    firsts = [fragments4(packet(4), 800, ident=i)[0] for i in range(25)]
    assert payloads(columns, firsts) == []
    assert stats.counts["columns.fragment_evictions"] == 15
    monkeypatch.setattr(fragments, "FRAGMENT_BYTES", 4500)
    lasts = [fragments4(packet(4), 800, ident=i)[0] for i in range(100, 110)]
    assert payloads(columns, lasts) == []
    # 800 bytes each, and what it takes to keep them: five fit.
    assert stats.counts["columns.fragment_evictions"] == 15 + 10 + 5
    kept = [fragments4(packet(4), 800, ident=i)[1] for i in range(105, 110)]
    assert payloads(columns, kept) == [BODY] * 5
    assert limits.FRAGMENT_BYTES == 1 << 24


def test_fragments_that_snaplen_cut_never_complete() -> None:
    stats = Stats()
    pieces = fragments4(packet(4), 800)
    assert payloads(Columns(stats), [pieces[0][:-1], pieces[1]]) == []
    assert stats.counts["columns.fragments_cut"] == 1


def test_fragments_of_fragments_come_together() -> None:
    inner = fragments6(packet(6), 400, ident=1)
    frames = []
    for i, piece in enumerate(inner):
        # The inner fragment header is part of what the outer one carries.
        bare = piece[:6] + bytes([44]) + piece[7:]
        frames += fragments6(bare, 200, ident=50 + i)
    stats = Stats()
    assert payloads(Columns(stats), frames) == [BODY]
    assert stats.counts["columns.reassembled"] == len(inner) + 1


def test_padding_behind_a_fragment_is_no_part_of_it() -> None:
    pieces = fragments4(packet(4, b"x" * 36), 8)
    padded = [ethernet(piece, pad=b"\xee" * 18) for piece in pieces]
    assert payloads(Columns(Stats()), padded, 1) == [b"x" * 36]


def test_a_second_end_further_on_is_counted() -> None:
    stats = Stats()
    head = struct.pack(">HHHH", 1, 2, 16, 0)
    pieces = [
        raw4(8, b"E" * 8, more=False),
        raw4(16, b"e" * 8, more=False),
        raw4(0, head, more=True),
    ]
    assert payloads(Columns(stats), pieces) == [b"E" * 8]
    assert stats.counts["columns.fragments_bad"] == 1


@pytest.mark.parametrize("order", [(0, 1, 2), (2, 1, 0), (1, 0, 2)])
def test_the_first_fragment_says_what_ipv6_carries(order: tuple[int, ...]) -> None:
    """RFC 8200 4.5: the others' Next Header may differ and is ignored."""
    pieces = fragments6(packet(6), 400)
    pieces[1:] = [piece[:40] + bytes([UDP]) + piece[41:] for piece in pieces[1:]]
    assert payloads(Columns(Stats()), [pieces[i] for i in order]) == [BODY]
