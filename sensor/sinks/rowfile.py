"""One file of lines that is added to for months, and may be moved away meanwhile."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Final

BLOCK_BYTES: Final = 1 << 16
_FLAGS: Final = os.O_RDWR | os.O_APPEND | os.O_CREAT


class RowFile:
    """Adds whole lines to *path*, which is made anew if it is moved away.

    Only its owner may read it: rows name users and hosts. Raises OSError.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self.torn = 0
        "How often half a line was cut off that an earlier run had left."
        self._whole = True
        self._dirty = False
        self._handle = self._open()

    @property
    def size(self) -> int:
        """Bytes in the file."""
        return os.fstat(self._handle).st_size

    def write(self, data: memoryview) -> int:
        """Add from the front of *data*; return how many bytes were taken."""
        if self._whole and self._is_moved():
            self.reopen()
        written = os.write(self._handle, data)
        self._whole = data[written - 1] == ord("\n")
        self._dirty = True
        return written

    def reopen(self) -> None:
        """Close the file, wherever it is now, and open the one at the path."""
        fresh = self._open()
        os.close(self._handle)
        self._handle = fresh

    def move(self, path: Path) -> bool:
        """Move the file to *path* and begin a new one; False amid a line."""
        if not self._whole:
            return False
        self.path.rename(path)
        self.reopen()
        return True

    def sync(self) -> None:
        """See to it that what was written survives a loss of power."""
        if self._dirty:
            os.fsync(self._handle)
            self._dirty = False

    def close(self) -> None:
        """Close the file; a line that could not be ended is taken back."""
        if not self._whole:
            cut_torn_line(self._handle)
        os.close(self._handle)

    def _open(self) -> int:
        self.path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        handle = os.open(self.path, _FLAGS, 0o600)
        os.fchmod(handle, 0o600)
        self.torn += cut_torn_line(handle) > 0
        return handle

    def _is_moved(self) -> bool:
        here = os.fstat(self._handle)
        try:
            there = self.path.stat()
        except FileNotFoundError:
            return True
        return (here.st_dev, here.st_ino) != (there.st_dev, there.st_ino)


def cut_torn_line(handle: int) -> int:
    """Cut what stands behind the last line feed of a file; return how many bytes."""
    size = os.fstat(handle).st_size
    end = _last_line_feed(handle, size) + 1
    if end < size:
        os.ftruncate(handle, end)
    return size - end


def _last_line_feed(handle: int, size: int) -> int:
    for start in range(size - BLOCK_BYTES, -BLOCK_BYTES, -BLOCK_BYTES):
        at, length = max(0, start), BLOCK_BYTES + min(0, start)
        place = os.pread(handle, length, at).rfind(b"\n")
        if place >= 0:
            return at + place
    return -1
