"""pcapng blocks: found whole, up to the first that cannot be (pcapng, section 3.1)."""

from __future__ import annotations

import struct

import numpy as np
import pytest

from sensor.capture.blocks import (
    Blocks,
    blocks_from,
    impossible,
    is_full_packet,
    unsound,
    walk_lengths,
)
from sensor.limits import RECORD_BYTES
from sensor.types import U8
from tests.support.captures import (
    block,
    enhanced,
    interface,
    make_packets,
    obsolete,
    section,
    simple,
)

A, B, C, _ = make_packets(4)
ORDERS = pytest.mark.parametrize("order", ["<", ">"])


def buffer(*parts: bytes) -> U8:
    return np.frombuffer(b"".join(parts), np.uint8)


def all_kinds(order: str = "<") -> list[bytes]:
    """One block of each kind that is known, and one that is not: 172 bytes."""
    return [
        section(order),
        interface(order),
        enhanced(A, order),
        block(0x0BAD, b"12345", order),
        obsolete(B, order),
        simple(C, order),
    ]


def told(found: Blocks) -> list[tuple[int, int, int]]:
    columns = (found.at, found.kind, found.size)
    return list(zip(*(column.tolist() for column in columns), strict=True))


# --- whole blocks ---


@ORDERS
def test_blocks_are_found_with_their_types_and_lengths(order: str) -> None:
    pieces = all_kinds(order)
    found, need, fault = blocks_from(buffer(*pieces), 0, order)
    kinds = [0x0A0D0D0A, 1, 6, 0x0BAD, 2, 3]
    ends = np.cumsum([len(piece) for piece in pieces]).tolist()
    sizes = [len(piece) for piece in pieces]
    assert told(found) == list(zip([0, *ends[:-1]], kinds, sizes, strict=True))
    assert (found.end, need, fault) == (ends[-1], 12, "")


@ORDERS
def test_a_cut_at_any_byte_leaves_the_whole_blocks_and_tells_the_need(
    order: str,
) -> None:
    pieces = all_kinds(order)
    data = buffer(*pieces)
    starts = [sum(map(len, pieces[:k])) for k in range(len(pieces) + 1)]
    for cut in range(len(data) + 1):
        found, need, fault = blocks_from(data[:cut], 0, order)
        whole = sum(start <= cut for start in starts) - 1
        begun = cut - starts[whole]
        assert found.at.tolist() == starts[:whole]
        assert found.end == starts[whole]
        assert need == (len(pieces[whole]) if begun >= 12 else 12)
        assert fault == ""


def test_the_walk_begins_where_it_is_told_to() -> None:
    pieces = all_kinds()
    first = len(pieces[0])
    found, _, _ = blocks_from(buffer(*pieces), first, "<")
    assert found.kind.tolist() == [1, 6, 0x0BAD, 2, 3]
    assert found.at[0] == first


def test_the_walk_stops_before_the_next_section() -> None:
    """Its byte order may be another: no length in it may be believed."""
    one, other = section("<") + interface("<"), section(">") + interface(">")
    found, need, fault = blocks_from(buffer(one, section("<"), other), 0, "<")
    assert found.kind.tolist() == [0x0A0D0D0A, 1]
    assert (found.end, need, fault) == (len(one), 12, "")


def test_a_section_in_the_other_order_is_still_a_section() -> None:
    """0x1c read the wrong way round is 0x1c000000: more than there is."""
    one = section("<") + interface("<")
    found, need, fault = blocks_from(buffer(one, section(">")), 0, "<")
    assert found.end == len(one)
    assert (need, fault) == (0x1C000000, impossible(0x1C000000))


# --- lengths ---


@ORDERS
def test_lengths_are_walked_along(order: str) -> None:
    data = buffer(block(5, b"", order), block(5, bytes(8), order))
    assert walk_lengths(data, 0, order) == ([0, 12], 32, 12)
    assert walk_lengths(data, 12, order) == ([12], 32, 12)
    assert walk_lengths(data, 32, order) == ([], 32, 12)
    assert walk_lengths(data[:31], 0, order) == ([0], 12, 20)
    assert walk_lengths(data[:23], 0, order) == ([0], 12, 12)
    assert walk_lengths(data[:0], 0, order) == ([], 0, 12)


@pytest.mark.parametrize("size", [0, 4, 11])
def test_a_length_below_the_least_leads_nowhere(size: int) -> None:
    bad = struct.pack("<II", 5, size) + bytes(20)
    assert walk_lengths(buffer(block(5, b""), bad), 0, "<") == ([0], 12, size)
    reason = f"pcapng: block of {size} bytes, and the least is 12"
    assert blocks_from(buffer(bad), 0, "<")[1:] == (size, reason)


def test_a_block_has_12_bytes_at_least_and_a_record_s_at_most() -> None:
    most = RECORD_BYTES
    assert [impossible(size) for size in (12, 4096, most)] == ["", "", ""]
    assert impossible(11) == "pcapng: block of 11 bytes, and the least is 12"
    assert impossible(most + 1) == (
        f"pcapng: block of {most + 1} bytes, and the most is {most}"
    )


# --- blocks that contradict themselves ---


def broken(kind: int, body: bytes, size: int | None = None) -> bytes:
    """Build a block whose second length is *size*."""
    whole = block(kind, body)
    return whole if size is None else whole[:-4] + struct.pack("<I", size)


def full_packet(captured: int, stored: int) -> bytes:
    return struct.pack("<5I", 0, 0, 0, captured, captured) + bytes(stored)


@pytest.mark.parametrize(
    ("bad", "is_unsound"),
    [
        (broken(5, bytes(8), 20), False),
        (broken(5, bytes(8), 24), True),
        (broken(5, bytes(8), 0), True),
        (struct.pack("<II", 5, 13) + bytes(1) + struct.pack("<I", 13), True),
        (struct.pack("<II", 5, 14) + bytes(2) + struct.pack("<I", 14), True),
        (block(0x0A0D0D0A, bytes(16)), False),
        (block(0x0A0D0D0A, bytes(12)), True),
        (block(1, bytes(8)), False),
        (block(1, bytes(4)), True),
        (block(3, bytes(4)), False),
        (block(3, b""), True),
        (block(0x0BAD, b""), False),
        (block(6, full_packet(0, 0)), False),
        (block(6, full_packet(0, 0)[:16]), True),
        (block(6, full_packet(8, 8)), False),
        (block(6, full_packet(7, 8)), False),
        (block(6, full_packet(9, 8)), True),
        (block(6, full_packet(0xFFFFFFFF, 8)), True),
        (block(2, full_packet(8, 8)), False),
        (block(2, full_packet(9, 8)), True),
    ],
)
def test_a_block_that_contradicts_itself_is_unsound(
    bad: bytes, is_unsound: bool
) -> None:
    good = block(5, bytes(4))
    data = buffer(good, bad, good)
    found = Blocks(
        at=np.array([0, 16, 16 + len(bad)]),
        kind=np.array([5, struct.unpack_from("<I", bad)[0], 5]),
        size=np.array([16, len(bad), 16]),
        end=len(data),
    )
    assert unsound(data, found, "<").tolist() == [False, is_unsound, False]


@pytest.mark.parametrize("kind", [2, 6])
def test_no_length_is_read_of_a_packet_that_has_no_room_for_one(kind: int) -> None:
    found, _, fault = blocks_from(buffer(interface(), block(kind, bytes(8))), 0, "<")
    assert found.kind.tolist() == [1]
    assert fault == f"pcapng: block of type {kind:#x} does not fit its 20 bytes"


def test_what_comes_before_an_unsound_block_is_given_with_the_fault() -> None:
    good = interface() + enhanced(A)
    bad = broken(6, full_packet(9, 8))
    found, need, fault = blocks_from(buffer(good, bad, enhanced(B)), 0, "<")
    assert found.kind.tolist() == [1, 6]
    assert (found.end, need) == (len(good), 12)
    assert fault == "pcapng: block of type 0x6 does not fit its 40 bytes"


def test_what_lies_behind_the_next_section_is_not_judged() -> None:
    good = section() + enhanced(A)
    bad = broken(5, b"", 0)
    found, _, fault = blocks_from(buffer(good, section(), bad), 0, "<")
    assert (found.end, fault) == (len(good), "")


def test_blocks_may_be_fewer() -> None:
    found, _, _ = blocks_from(buffer(*all_kinds()), 0, "<")
    few = found.first(2)
    assert told(few) == told(found)[:2]
    assert few.end == found.at[2]
    assert told(found.first(0)) == []


def test_full_packets_are_those_with_time_and_interface() -> None:
    kinds = np.array([0x0A0D0D0A, 1, 2, 3, 4, 5, 6, 0x80000006])
    assert is_full_packet(kinds).tolist() == [False] * 2 + [True] + [False] * 3 + [
        True,
        False,
    ]
