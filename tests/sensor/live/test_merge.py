"""Findings of several workers come in the order of time, and none waits for ever."""

from __future__ import annotations

from dataclasses import dataclass

from sensor.limits import WORKER_LAG_NS
from sensor.live.merge import Merge
from sensor.pipeline import Finding
from sensor.types import Connection, Stats
from tests.support.findings import flow

MS = 1_000_000
FLOW = flow()


@dataclass(frozen=True)
class Told:
    """Findings by packet number and time in milliseconds."""

    merge: Merge

    def add(self, worker: int, until: int, *findings: tuple[int, int]) -> None:
        made: list[Finding] = [
            Connection(FLOW, "attempt", ms * MS, packet, "eth0")
            for packet, ms in findings
        ]
        self.merge.add(worker, made, until * MS)

    def due(self) -> list[int]:
        return [finding.packet for finding in self.merge.due() if is_step(finding)]

    def rest(self) -> list[int]:
        return [finding.packet for finding in self.merge.rest() if is_step(finding)]


def is_step(finding: Finding) -> bool:
    return isinstance(finding, Connection)


def two() -> Told:
    return Told(Merge(2, Stats()))


def test_what_all_have_passed_is_given_in_order_of_time() -> None:
    told = two()
    told.add(0, 100, (1, 10), (3, 30))
    told.add(1, 100, (2, 20), (4, 40))

    assert told.due() == [1, 2, 3, 4]
    assert told.merge.now_ns == 100 * MS


def test_what_another_may_still_precede_waits() -> None:
    told = two()
    told.add(0, 100, (1, 10), (3, 90))
    told.add(1, 50)

    assert told.due() == [1]
    told.add(1, 120, (2, 60))
    assert told.due() == [2, 3]


def test_one_worker_s_findings_stay_in_its_order() -> None:
    """A failed attempt is told later than it happened, and behind what came before."""
    told = two()
    told.add(0, 100, (1, 80))
    told.add(0, 200, (2, 30), (3, 30))
    told.add(1, 200, (4, 90))

    assert told.due() == [1, 4, 2, 3]


def test_one_that_lags_far_behind_is_not_waited_for() -> None:
    told, lag = two(), WORKER_LAG_NS // MS
    told.add(1, 1)
    told.add(0, 1000 + lag, (1, 1000), (2, 1001))

    assert told.due() == [1]
    told.add(1, 1001 + lag, (3, 500))
    assert told.due() == [3, 2]
    assert told.merge._stats.counts == {"live.findings_late": 1}


def test_one_that_told_nothing_yet_is_waited_for() -> None:
    told = two()
    told.add(0, 2 * WORKER_LAG_NS // MS, (1, 10))

    assert told.due() == []
    assert told.rest() == [1]


def test_at_the_end_all_is_given() -> None:
    told = two()
    told.add(0, 100, (2, 90))
    told.add(1, 20, (1, 10))

    assert told.due() == [1]
    assert told.rest() == [2]
    assert told.merge.now_ns == 100 * MS
