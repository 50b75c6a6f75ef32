"""Ctrl-C: reading ends where nothing is half done, so that the rest can be told."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

from sensor.types import Batch


class Interrupts:
    """Ends reading when it is asked to; asked again, everything (KeyboardInterrupt).

    While packets are waited for it ends at once, while a batch is worked on, behind it.
    """

    def __init__(self) -> None:
        self.asked = False
        self._waiting = False

    @contextmanager
    def heeded(self) -> Iterator[None]:
        """Let SIGINT ask, unless the process was started to ignore it."""
        if signal.getsignal(signal.SIGINT) is not signal.default_int_handler:
            yield
            return
        signal.signal(signal.SIGINT, self._ask)
        try:
            yield
        finally:
            signal.signal(signal.SIGINT, signal.default_int_handler)

    def until_asked(self, batches: Iterator[Batch]) -> Iterator[Batch]:
        """Give *batches* until their end, or until it is asked to end."""
        while not self.asked:
            batch = self._wait_for_next(batches)
            if batch is None:
                return
            yield batch

    def _wait_for_next(self, batches: Iterator[Batch]) -> Batch | None:
        self._waiting = True
        try:
            return next(batches, None)
        except KeyboardInterrupt:
            self.asked = True
            return None
        finally:
            self._waiting = False

    def _ask(self, _number: int, _frame: FrameType | None) -> None:
        insists, self.asked = self.asked or self._waiting, True
        if insists:
            raise KeyboardInterrupt
