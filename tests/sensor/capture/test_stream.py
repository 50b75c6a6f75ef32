"""Bytes on their way in: none is lost, repeated or drawn too early."""

from __future__ import annotations

import io
from collections.abc import Iterator
from dataclasses import dataclass, field

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sensor.capture.stream import (
    Feed,
    Growing,
    Pieces,
    Replayed,
    Stream,
    pieces_of,
    read_up_to,
    unreadable,
)
from sensor.errors import CaptureError

DATA = bytes(range(200))


@dataclass
class Trickle:
    """Gives one part a read, as a pipe does; then ends, or fails."""

    parts: list[bytes]
    failure: Exception | None = None
    reads: int = 0

    def readinto(self, view: memoryview, /) -> int:
        self.reads += 1
        if not self.parts:
            if self.failure:
                raise self.failure
            return 0
        give, rest = self.parts[0][: len(view)], self.parts[0][len(view) :]
        self.parts[:1] = [rest] if rest else []
        view[: len(give)] = give
        return len(give)


@dataclass
class Pulled:
    """Pieces that count how many were drawn."""

    pieces: list[bytes]
    drawn: list[bytes] = field(default_factory=list)

    def __iter__(self) -> Iterator[bytes]:
        for piece in self.pieces:
            self.drawn.append(piece)
            yield piece


PARTS = st.lists(st.binary(min_size=1, max_size=30), max_size=8)
READS = st.lists(st.integers(1, 40), min_size=1, max_size=60)


def drain(stream: Stream, sizes: list[int]) -> bytes:
    """Read *sizes* bytes after one another, over and over, to the end."""
    found = bytearray()
    while True:
        for size in sizes:
            buffer = bytearray(b"\xee" * size)
            got = stream.readinto(memoryview(buffer))
            if not got:
                return bytes(found)
            assert bytes(buffer[got:]) == b"\xee" * (size - got)
            found += buffer[:got]


# --- reading ---


@pytest.mark.parametrize("size", [0, 1, 50, 199, 200, 201, 1000])
def test_as_many_bytes_as_asked_for_are_read_however_they_come(size: int) -> None:
    parts = [DATA[at : at + 7] for at in range(0, 200, 7)]
    assert read_up_to(Trickle(parts), size) == DATA[:size]


def test_no_more_is_read_than_asked_for() -> None:
    stream = io.BytesIO(DATA)
    assert read_up_to(stream, 16) == DATA[:16]
    assert stream.read() == DATA[16:]


def test_pieces_come_as_they_are_read() -> None:
    stream = Trickle([b"abc", b"defgh", b"i"])
    assert list(pieces_of(stream, 4)) == [b"abc", b"defg", b"h", b"i"]
    assert list(pieces_of(Trickle([]))) == []


# --- streams ---


@settings(max_examples=80)
@given(PARTS, READS)
def test_pieces_are_a_stream_of_their_bytes(
    parts: list[bytes], reads: list[int]
) -> None:
    assert drain(Pieces(iter(parts)), reads) == b"".join(parts)


def test_no_piece_is_drawn_before_it_is_needed() -> None:
    pulled = Pulled([b"abcd", b"", b"ef"])
    stream = Pieces(iter(pulled))
    assert pulled.drawn == []
    assert read_up_to(stream, 3) == b"abc"
    assert read_up_to(stream, 1) == b"d"
    assert pulled.drawn == [b"abcd"]
    assert stream.readinto(memoryview(bytearray(9))) == 2
    assert stream.readinto(memoryview(bytearray(9))) == 0


@settings(max_examples=80)
@given(st.binary(max_size=40), PARTS, READS)
def test_what_was_looked_at_comes_again(
    head: bytes, parts: list[bytes], reads: list[int]
) -> None:
    stream = Replayed(head, Trickle(list(parts)))
    assert drain(stream, reads) == head + b"".join(parts)


def test_the_stream_behind_waits_until_the_head_was_given() -> None:
    behind = Trickle([b"rest"])
    stream = Replayed(b"head", behind)
    assert stream.readinto(memoryview(bytearray(9))) == 4
    assert behind.reads == 0


def test_the_end_of_a_growing_file_is_waited_out() -> None:
    stream, waits = Trickle([b"ab"]), []

    def wait() -> bool:
        waits.append(stream.reads)
        if len(waits) == 2:
            stream.parts.append(b"cd")
        return len(waits) < 4

    growing = Growing(stream, wait)
    assert drain(growing, [8]) == b"abcd"
    assert waits == [2, 3, 5, 6]


def test_nothing_is_waited_for_while_there_are_bytes() -> None:
    def wait() -> bool:
        raise AssertionError

    growing = Growing(Trickle([b"ab", b"cd"]), wait)
    assert read_up_to(growing, 4) == b"abcd"


# --- feeding ---


@pytest.mark.parametrize(("least", "have"), [(1, 3), (3, 3), (4, 6), (6, 6), (7, 7)])
def test_a_buffer_is_filled_until_there_is_enough(least: int, have: int) -> None:
    feed = Feed(Trickle([b"abc", b"def", b"g"]), "file")
    buffer = bytearray(10)
    assert feed.fill(memoryview(buffer), 0, least) == have
    assert bytes(buffer) == b"abcdefg"[:have] + bytes(10 - have)
    assert not feed.ended


def test_it_is_filled_behind_what_is_there() -> None:
    feed = Feed(Trickle([b"abc", b"def"]), "file")
    buffer = bytearray(b"xy......")
    assert feed.fill(memoryview(buffer), 2, 6) == 8
    assert bytes(buffer) == b"xyabcdef"
    assert feed.fill(memoryview(buffer), 8, 8) == 8


def test_it_ends_with_its_stream_and_reads_no_further() -> None:
    stream = Trickle([b"abc"])
    feed = Feed(stream, "file")
    buffer = memoryview(bytearray(10))
    assert feed.fill(buffer, 0, 10) == 3
    assert (feed.ended, feed.fault, stream.reads) == (True, None, 2)
    stream.parts.append(b"late")
    assert feed.fill(buffer, 3, 10) == 3
    assert stream.reads == 2


@pytest.mark.parametrize(
    ("failure", "reason"),
    [
        (CaptureError("file.gz", 17, "gzip: cut"), "file.gz: offset 17: gzip: cut"),
        (OSError(5, "Input/output error"), "file: offset 0: Input/output error"),
        (OSError("no number"), "file: offset 0: OSError"),
    ],
)
def test_a_failure_loses_nothing_that_came_before_it(
    failure: Exception, reason: str
) -> None:
    feed = Feed(Trickle([b"abc"], failure), "file")
    buffer = bytearray(10)
    assert feed.fill(memoryview(buffer), 0, 10) == 3
    assert bytes(buffer[:3]) == b"abc"
    assert feed.ended
    assert str(feed.fault) == reason


def test_a_mistake_of_ours_is_not_taken_for_damage() -> None:
    feed = Feed(Trickle([], ValueError("ours")), "file")
    with pytest.raises(ValueError, match="ours"):
        feed.fill(memoryview(bytearray(4)), 0, 4)


def test_what_the_system_refuses_is_told_in_its_words() -> None:
    error = unreadable("file", PermissionError(13, "Permission denied"))
    assert (error.file, error.offset, error.reason) == ("file", 0, "Permission denied")
