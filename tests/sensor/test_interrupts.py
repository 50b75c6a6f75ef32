"""Signals end reading between two batches, and everything when they come again."""

from __future__ import annotations

import signal
import time
from collections.abc import Iterator

import pytest

from sensor.interrupts import Interrupts
from sensor.types import Batch
from tests.support.batches import batch_of

BATCHES = [batch_of([b"x"]) for _ in range(3)]


def interrupt() -> None:
    signal.raise_signal(signal.SIGINT)


@pytest.fixture(autouse=True)
def _as_in_a_terminal() -> Iterator[None]:
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler
    signal.signal(signal.SIGINT, before)


def test_all_batches_come_if_nobody_asks() -> None:
    interrupts = Interrupts()
    with interrupts.heeded():
        assert list(interrupts.until_asked(iter(BATCHES))) == BATCHES
    assert not interrupts.asked


def test_asked_during_work_no_further_batch_is_drawn() -> None:
    interrupts, source, worked_on = Interrupts(), iter(BATCHES), []
    with interrupts.heeded():
        for batch in interrupts.until_asked(source):
            interrupt()
            worked_on.append(batch)
    assert interrupts.asked
    assert worked_on == BATCHES[:1]
    assert list(source) == BATCHES[1:]


def test_asked_while_waiting_it_waits_no_longer() -> None:
    def wait() -> Iterator[Batch]:
        yield BATCHES[0]
        interrupt()
        raise AssertionError

    interrupts = Interrupts()
    with interrupts.heeded():
        assert list(interrupts.until_asked(wait())) == BATCHES[:1]
    assert interrupts.asked


@pytest.mark.parametrize("waiting", [True, False])
def test_asked_again_it_ends_everything(waiting: bool) -> None:
    def wait() -> Iterator[Batch]:
        if waiting:
            interrupt()
        yield BATCHES[0]

    def work() -> None:
        with interrupts.heeded():
            for _ in interrupts.until_asked(wait()):
                interrupt()
            interrupt()

    interrupts = Interrupts()
    with pytest.raises(KeyboardInterrupt):
        work()


def test_an_interrupt_that_came_another_way_is_heeded_too() -> None:
    def wait() -> Iterator[Batch]:
        yield BATCHES[0]
        raise KeyboardInterrupt

    interrupts = Interrupts()
    assert list(interrupts.until_asked(wait())) == BATCHES[:1]
    assert interrupts.asked


def test_a_failure_is_no_interrupt() -> None:
    interrupts = Interrupts()
    with interrupts.heeded(), pytest.raises(ZeroDivisionError):
        list(interrupts.until_asked(BATCHES[1 // 0] for _ in "x"))
    assert not interrupts.asked


def test_what_was_to_be_ignored_stays_ignored() -> None:
    """As in a shell's background: `netsig read -f live.pcap &`."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    interrupts = Interrupts()
    with interrupts.heeded():
        interrupt()
        assert signal.getsignal(signal.SIGINT) is signal.SIG_IGN
    assert signal.getsignal(signal.SIGINT) is signal.SIG_IGN
    assert not interrupts.asked
    signal.signal(signal.SIGINT, signal.default_int_handler)


def test_being_asked_to_terminate_ends_reading_too() -> None:
    interrupts, worked_on = Interrupts(), []
    with interrupts.heeded():
        for batch in interrupts.until_asked(iter(BATCHES)):
            signal.raise_signal(signal.SIGTERM)
            worked_on.append(batch)
    assert (interrupts.asked, interrupts.by) == (True, signal.SIGTERM)
    assert worked_on == BATCHES[:1]
    assert signal.getsignal(signal.SIGTERM) is signal.SIG_DFL


@pytest.mark.parametrize("terminal", [False, True])
def test_a_hangup_reloads_what_has_no_terminal_and_ends_what_has_one(
    terminal: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("os.isatty", lambda _: terminal)
    reloads: list[str] = []
    interrupts = Interrupts(lambda: reloads.append("once"))
    with interrupts.heeded():
        for _ in interrupts.until_asked(iter(BATCHES[:1])):
            signal.raise_signal(signal.SIGHUP)
    assert interrupts.asked == terminal
    assert reloads == ([] if terminal else ["once"])
    assert signal.getsignal(signal.SIGHUP) is signal.SIG_DFL


def test_the_clock_asks_when_nothing_comes() -> None:
    def wait() -> Iterator[Batch]:
        yield BATCHES[0]
        time.sleep(30)
        raise AssertionError

    interrupts = Interrupts(after=0.1)
    with interrupts.heeded():
        assert list(interrupts.until_asked(wait())) == BATCHES[:1]
    assert (interrupts.asked, interrupts.by) == (True, signal.SIGALRM)
    assert signal.getitimer(signal.ITIMER_REAL) == (0.0, 0.0)
    assert signal.getsignal(signal.SIGALRM) is signal.SIG_DFL


def test_the_clock_does_not_insist() -> None:
    interrupts = Interrupts(after=60)
    with interrupts.heeded():
        for _ in interrupts.until_asked(iter(BATCHES)):
            interrupt()
            signal.raise_signal(signal.SIGALRM)
    assert interrupts.by == signal.SIGINT


def test_a_hangup_is_left_alone_where_nothing_can_be_reloaded() -> None:
    with Interrupts().heeded():
        assert signal.getsignal(signal.SIGHUP) is signal.SIG_DFL


def test_a_reload_while_packets_are_waited_for_does_not_end_the_waiting(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def wait() -> Iterator[Batch]:
        signal.raise_signal(signal.SIGHUP)
        yield from BATCHES

    monkeypatch.setattr("os.isatty", lambda _: False)
    interrupts = Interrupts(lambda: None)
    with interrupts.heeded():
        assert list(interrupts.until_asked(wait())) == BATCHES
