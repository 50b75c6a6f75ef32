"""Buffers come in turn: none comes again before all others were given."""

from __future__ import annotations

import pytest

from sensor.capture.pool import Pool
from sensor.limits import BATCH_BYTES, HISTORY_BATCHES
from sensor.types import U8


def place(buffer: U8) -> int:
    return int(buffer.__array_interface__["data"][0])


@pytest.mark.parametrize("count", [1, 2, 5])
def test_buffers_are_given_in_turn(count: int) -> None:
    pool = Pool(size=8, count=count)
    places = [place(pool.take(1)) for _ in range(3 * count)]
    assert len(set(places[:count])) == count
    assert places == places[:count] * 3


def test_buffers_do_not_lie_in_each_other() -> None:
    pool = Pool(size=8, count=3)
    buffers = [pool.take(0) for _ in range(3)]
    for i, buffer in enumerate(buffers):
        buffer[:] = i
    assert [buffer.tolist() for buffer in buffers] == [[0] * 8, [1] * 8, [2] * 8]


def test_a_buffer_has_the_pool_s_size_however_little_is_needed() -> None:
    pool = Pool(size=8, count=1)
    buffers = [pool.take(least) for least in (0, 1, 8)]
    assert {(len(b), b.dtype.name, place(b)) for b in buffers} == {
        (8, "uint8", place(buffers[0]))
    }


def test_an_outsize_record_gets_its_own_and_takes_no_turn() -> None:
    pool = Pool(size=8, count=2)
    first, second = place(pool.take(1)), place(pool.take(1))
    outsize = pool.take(9)
    assert (len(outsize), outsize.dtype.name) == (9, "uint8")
    assert place(outsize) not in (first, second)
    assert [place(pool.take(1)), place(pool.take(1))] == [first, second]


def test_history_fits_with_the_newest_batch_and_the_buffer_being_filled() -> None:
    pool = Pool()
    first = pool.take(0)
    others = [place(pool.take(0)) for _ in range(HISTORY_BATCHES + 1)]
    assert len(first) == BATCH_BYTES
    assert place(first) not in others
    assert place(pool.take(0)) == place(first)
