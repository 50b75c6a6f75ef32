"""Bytes on their way in: what a source reads from, and the ways of reading it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Final, Protocol

from sensor.errors import CaptureError

PIECE_BYTES: Final = 1 << 16
"Bytes of a compressed file that are read at a time."


class Stream(Protocol):
    """Where bytes come from: a file, a pipe, a decompressor."""

    def readinto(self, view: memoryview, /) -> int | None:
        """Put the next bytes at the front of *view* and say how many; 0 at the end.

        Raises CaptureError or OSError where the bytes cannot be had.
        """
        ...


def read_up_to(stream: Stream, size: int) -> bytes:
    """Read *size* bytes, fewer only where *stream* ends."""
    buffer = bytearray(size)
    have = 0
    while have < size:
        got = stream.readinto(memoryview(buffer)[have:])
        if not got:
            break
        have += got
    return bytes(buffer[:have])


def pieces_of(stream: Stream, size: int = PIECE_BYTES) -> Iterator[bytes]:
    """Give what is in *stream*, at most *size* bytes at a time, as it comes."""
    buffer = bytearray(size)
    while got := stream.readinto(memoryview(buffer)):
        yield bytes(buffer[:got])


@dataclass(slots=True)
class Pieces:
    """Pieces of bytes, read as a stream."""

    source: Iterator[bytes]
    ready: bytes = b""

    def readinto(self, view: memoryview, /) -> int:
        """Give the next bytes, drawing no more pieces than it must."""
        while not self.ready:
            piece = next(self.source, None)
            if piece is None:
                return 0
            self.ready = piece
        give, self.ready = self.ready[: len(view)], self.ready[len(view) :]
        view[: len(give)] = give
        return len(give)


@dataclass(slots=True)
class Replayed:
    """A stream whose first bytes were looked at already: they come again."""

    head: bytes
    stream: Stream

    def readinto(self, view: memoryview, /) -> int | None:
        """Give the head, then what follows it."""
        if not self.head:
            return self.stream.readinto(view)
        give, self.head = self.head[: len(view)], self.head[len(view) :]
        view[: len(give)] = give
        return len(give)


@dataclass(slots=True)
class Growing:
    """A file that is still being written: its end is a reason to wait."""

    stream: Stream
    wait: Callable[[], bool]
    "Called at the end of what is written; False stops reading."

    def readinto(self, view: memoryview, /) -> int | None:
        """Give the next bytes, waiting for them to be written."""
        while not (got := self.stream.readinto(view)):
            if not self.wait():
                return 0
        return got


@dataclass(slots=True)
class Feed:
    """Fills buffers from a stream, and remembers how the stream ended."""

    stream: Stream
    file: str
    ended: bool = False
    fault: CaptureError | None = None
    "Why it ended, where it did not end well."

    def fill(self, view: memoryview, have: int, least: int) -> int:
        """Read into *view* behind *have* bytes until there are *least*, or the end.

        Returns how many there are. A fault loses nothing that was read before it.
        """
        while have < least and not self.ended:
            have += self._read(view[have:])
        return have

    def _read(self, view: memoryview) -> int:
        try:
            got = self.stream.readinto(view)
        except CaptureError as error:
            self.fault, got = error, 0
        except OSError as error:
            self.fault, got = unreadable(self.file, error), 0
        self.ended = not got
        return got or 0


def unreadable(file: str, error: OSError) -> CaptureError:
    """Say that the operating system would not give *file* or its next bytes."""
    return CaptureError(file, 0, error.strerror or type(error).__name__)
