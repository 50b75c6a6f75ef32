"""A packet that comes again at once is a copy; one that comes later is sent again."""

from __future__ import annotations

import pytest

from sensor.limits import COPIED_PACKETS, COPY_NS, UNNAMED_COPY_NS
from sensor.streams.copies import Copies
from sensor.types import Stats

NAMED, UNNAMED = b"\0\1header", b"\0\0header"


def test_the_first_of_its_kind_is_no_copy() -> None:
    copies = Copies(Stats())

    assert [copies.has(bytes([0, n]), 0) for n in range(9)] == [False] * 9


@pytest.mark.parametrize(
    ("identity", "patience"), [(NAMED, COPY_NS), (UNNAMED, UNNAMED_COPY_NS)]
)
def test_time_tells_a_copy_from_what_is_sent_again(
    identity: bytes, patience: int
) -> None:
    copies = Copies(Stats())
    copies.has(identity, 5)

    assert copies.has(identity, 5 + patience)
    assert not copies.has(identity, 5 + patience + patience + 1)
    assert copies.has(identity, 6 + patience)  # the clock may go back


def test_copies_are_counted() -> None:
    stats = Stats()
    copies = Copies(stats)
    for identity in (NAMED, NAMED, UNNAMED, NAMED):
        copies.has(identity, 0)

    assert stats.counts == {"streams.duplicates": 2}


@pytest.mark.parametrize(("later_ns", "missed"), [(COPY_NS, 1), (COPY_NS + 1, 0)])
def test_what_is_forgotten_too_early_is_counted(later_ns: int, missed: int) -> None:
    stats = Stats()
    copies = Copies(stats)
    for n in range(COPIED_PACKETS):
        copies.has(n.to_bytes(2, "big") + b"x", 0)

    copies.has(NAMED, later_ns)

    assert stats.counts["streams.copies_forgotten"] == missed
    assert not copies.has(b"\0\0x", 0)
    assert copies.has(b"\0\2x", 0)
