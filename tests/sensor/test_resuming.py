from __future__ import annotations

import dataclasses
from collections.abc import Iterator

import numpy as np

from sensor.resuming import resumed
from sensor.sinks.state import Captures, Position
from sensor.types import Batch, Stats
from tests.support.batches import batch_of


def batch(first: int, count: int, file: str = "a.pcap", begun: int = 100) -> Batch:
    """Packets *first*.. of a capture whose packets come every ns from *begun*."""
    made = batch_of([bytes([first + n]) for n in range(count)])
    number = np.arange(first, first + count, dtype=np.int64)
    return dataclasses.replace(made, number=number, ts_ns=number + begun - 1, file=file)


class Run:
    """One run over batches, that knows what the runs before noted."""

    def __init__(self, known: Captures | None = None) -> None:
        self.notes: list[tuple[str, Position]] = []
        self.stats = Stats()
        self.known = dict(known or {})

    def over(self, *batches: Batch) -> Iterator[Batch]:
        def note(file: str, position: Position) -> None:
            self.notes.append((file, position))

        return resumed(iter(batches), self.known, note, self.stats)

    def numbers(self, *batches: Batch) -> list[int]:
        return [int(n) for one in self.over(*batches) for n in one.number]


def test_a_first_run_takes_all_and_notes_what_was_handled() -> None:
    run = Run()
    drawn = run.over(batch(1, 3), batch(4, 2))

    assert list(next(drawn).number) == [1, 2, 3]
    assert run.notes == []
    assert list(next(drawn).number) == [4, 5]
    assert run.notes == [("a.pcap", Position(100, 3))]
    assert next(drawn, None) is None
    assert run.notes[1:] == [("a.pcap", Position(100, 5))]
    assert run.stats.counts == {}


def test_the_next_run_goes_on_behind_it_however_batches_are_cut() -> None:
    run = Run({"a.pcap": Position(100, 4)})

    assert run.numbers(batch(1, 3), batch(4, 3), batch(7, 2)) == [5, 6, 7, 8]
    assert run.stats.counts == {"capture.resumed_packets": 4}
    assert run.notes[-1] == ("a.pcap", Position(100, 8))


def test_all_columns_are_cut_alike() -> None:
    whole = batch(1, 5)
    [rest] = Run({"a.pcap": Position(100, 3)}).over(whole)

    for name in ("start", "end", "wire_len", "ts_ns", "linktype", "number"):
        assert list(getattr(rest, name)) == list(getattr(whole, name))[3:]
    assert rest.data is whole.data


def test_nothing_new_is_nothing_to_note() -> None:
    run = Run({"a.pcap": Position(100, 9)})

    assert run.numbers(batch(1, 3)) == []
    assert run.notes == []
    assert run.stats.counts == {"capture.resumed_packets": 3}


def test_another_capture_in_the_same_place_is_taken_whole() -> None:
    run = Run({"a.pcap": Position(100, 4)})

    assert run.numbers(batch(1, 3, begun=900), batch(4, 2, begun=900)) == [
        1,
        2,
        3,
        4,
        5,
    ]
    assert run.notes[-1] == ("a.pcap", Position(900, 5))


def test_captures_are_told_apart_by_name() -> None:
    run = Run({"a.pcap": Position(100, 2), "b.pcap": Position(100, 1)})

    assert run.numbers(batch(1, 3), batch(1, 3, "b.pcap"), batch(1, 1, "c.pcap")) == [
        3,
        2,
        3,
        1,
    ]


def test_batches_without_packets_say_nothing() -> None:
    run = Run()

    assert run.numbers(batch(1, 0), batch(1, 1)) == [1]
