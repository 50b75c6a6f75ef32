"""Signals: reading ends where nothing is half done, so that the rest can be told.

SIGINT, SIGTERM and the loss of the terminal ask for an end. SIGHUP to what has no
terminal asks for a reload, as daemons have it.
"""

from __future__ import annotations

import os
import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType
from typing import Final

from sensor.types import Batch

_UNTOUCHED: Final = (signal.default_int_handler, signal.SIG_DFL)
_ENDING: Final = (signal.SIGINT, signal.SIGTERM)
_STREAMS: Final = (0, 1, 2)

Handler = Callable[[int, FrameType | None], None]


class Interrupts:
    """Ends reading when it is asked to; asked again, everything (KeyboardInterrupt).

    While packets are waited for it ends at once, while a batch is worked on, behind it.
    *on_reload* is called amid whatever is done, so it should only take a note. *after*
    so many seconds the clock asks, and ends the waiting for what never comes.
    """

    def __init__(
        self,
        on_reload: Callable[[], None] | None = None,
        after: float | None = None,
    ) -> None:
        self.asked = False
        self.by: int = signal.SIGINT
        "The signal that asked."
        self._on_reload = on_reload
        self._after = after
        self._waiting = False

    @contextmanager
    def heeded(self) -> Iterator[None]:
        """Let signals ask, unless the process was started to ignore them."""
        wanted: dict[int, Handler] = dict.fromkeys(_ENDING, self._ask)
        if self._on_reload:
            wanted[signal.SIGHUP] = self._ask if _has_terminal() else self._reload
        if self._after:
            wanted[signal.SIGALRM] = self._ask_once
        before = {number: signal.getsignal(number) for number in wanted}
        taken = {n: handler for n, handler in wanted.items() if before[n] in _UNTOUCHED}
        for number, handler in taken.items():
            signal.signal(number, handler)
        if self._after:
            signal.setitimer(signal.ITIMER_REAL, self._after)
        try:
            yield
        finally:
            if self._after:
                signal.setitimer(signal.ITIMER_REAL, 0)
            for number in taken:
                signal.signal(number, before[number])

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

    def _ask(self, number: int, _frame: FrameType | None) -> None:
        insists, self.asked = self.asked or self._waiting, True
        self.by = number
        if insists:
            raise KeyboardInterrupt

    def _ask_once(self, number: int, frame: FrameType | None) -> None:
        if not self.asked:
            self._ask(number, frame)

    def _reload(self, _number: int, _frame: FrameType | None) -> None:
        if self._on_reload:
            self._on_reload()


def _has_terminal() -> bool:
    return any(os.isatty(stream) for stream in _STREAMS)
