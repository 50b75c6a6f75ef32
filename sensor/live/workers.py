"""Several processes that find, each in its part of the packets; this one judges."""

from __future__ import annotations

import multiprocessing
import multiprocessing.popen_fork  # else imported when we may read Python no more
import signal
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from multiprocessing.connection import Connection, wait
from multiprocessing.context import ForkProcess
from typing import Final

from sensor.capture.live import PULSE_NS, Live
from sensor.capture.ring import Ring
from sensor.config import Settings
from sensor.errors import NetsigError
from sensor.live.findings import Receiver, Round, Sender
from sensor.live.merge import Merge
from sensor.pipeline import Finder, Finding, Judge
from sensor.types import Alert, Batch, Event, Idle, Stats

PULSE_SECONDS: Final = PULSE_NS / 1e9
ASKING: Final = (signal.SIGINT, signal.SIGTERM)


class Workers:
    """One process for each of *parts*, the rings that make up its part."""

    def __init__(
        self, parts: Sequence[Sequence[Ring]], settings: Settings, stats: Stats
    ) -> None:
        self._stats = stats
        self._judge = Judge(settings, stats)
        self._merge = Merge(len(parts), stats)
        self._receivers = [Receiver() for _ in parts]
        self._processes: list[ForkProcess] = []
        self._open: dict[Connection, int] = {}
        "Where rounds come from, and the worker's number."
        self._ended: set[int] = set()
        "Workers that said that they have told all."
        for number, rings in enumerate(parts):
            self._start(number, rings)

    def rounds(
        self, asked: Callable[[], bool], fresh: Callable[[], Settings | None]
    ) -> Iterator[list[Event | Alert]]:
        """Give what is found until all workers have told all, as they are *asked* to.

        *fresh* gives settings to judge by from now on, None while there are none.
        Raises NetsigError, when all is told, if one ended by itself.
        """
        told = False
        while self._open:
            if not told and (asked() or self._is_one_gone()):
                self._ask()
                told = True
            for pipe in wait(list(self._open), PULSE_SECONDS):
                self._receive(pipe)  # type: ignore[arg-type]
            if settings := fresh():
                self._judge.reload(settings)
            yield list(self._judge.take(self._merge.due(), self._merge.now_ns))
        yield list(self._judge.take(self._merge.rest(), self._merge.now_ns))
        yield list(self._judge.finish(self._merge.now_ns))
        for process in self._processes:
            process.join()
        if self._is_one_gone():
            raise NetsigError("a worker ended by itself")

    def _start(self, number: int, rings: Sequence[Ring]) -> None:
        ours, theirs = multiprocessing.Pipe(duplex=False)
        context = multiprocessing.get_context("fork")
        process = context.Process(target=work, args=(rings, theirs), daemon=True)
        # What asks to end must not come before the worker can heed it.
        before = signal.pthread_sigmask(signal.SIG_BLOCK, ASKING)
        process.start()
        signal.pthread_sigmask(signal.SIG_SETMASK, before)
        theirs.close()
        self._processes.append(process)
        self._open[ours] = number

    def _ask(self) -> None:
        for process in self._processes:
            process.terminate()

    def _is_one_gone(self) -> bool:
        return len(self._open) + len(self._ended) < len(self._processes)

    def _receive(self, pipe: Connection) -> None:
        number = self._open[pipe]
        try:
            one = self._receivers[number].load(pipe.recv_bytes())
        except EOFError:
            del self._open[pipe]
            return
        self._stats.counts.update(one.counts)
        self._stats.newest_ns = max(self._stats.newest_ns, one.newest_ns)
        self._merge.add(number, one.findings, one.until_ns)
        if one.is_last:
            self._ended.add(number)
            del self._open[pipe]


def work(rings: Sequence[Ring], pipe: Connection) -> None:
    """Find in what *rings* give, and send a round down *pipe* every PULSE_NS or so."""
    asked = False

    def ask(*_: object) -> None:
        nonlocal asked
        asked = True

    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the one who judges asks us
    signal.signal(signal.SIGTERM, ask)
    signal.pthread_sigmask(signal.SIG_UNBLOCK, ASKING)
    stats, sender = Stats(), Sender()
    source = Live(rings, stats).batches(lambda: asked)
    with suppress(BrokenPipeError):  # nobody is there to be told
        for one in rounds(source, Finder(stats), stats):
            pipe.send_bytes(sender.dump(one))


def rounds(
    source: Iterator[Batch | Idle], finder: Finder, stats: Stats
) -> Iterator[Round]:
    """Give a round whenever something was found, and every PULSE_NS of packet time."""
    sent_ns = 0
    for item in source:
        found = _find(finder, item)
        if found or finder.now_ns - sent_ns >= PULSE_NS or isinstance(item, Idle):
            sent_ns = finder.now_ns
            yield Round(found, sent_ns, _grown(stats), stats.newest_ns)
    told = finder.finish(), finder.now_ns, _grown(stats), stats.newest_ns
    yield Round(*told, is_last=True)


def _find(finder: Finder, item: Batch | Idle) -> list[Finding]:
    if isinstance(item, Idle):
        return finder.tick(item.until_ns)
    return finder.take(item)


def _grown(stats: Stats) -> Counter[str]:
    """Take the counts out of *stats*."""
    counts, stats.counts = stats.counts, Counter()
    return counts
