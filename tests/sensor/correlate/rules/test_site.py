from __future__ import annotations

import pytest

from sensor import limits
from sensor.types import Endpoint
from tests.support.findings import event
from tests.support.judging import INSIDE, OUTSIDE, site


def test_hosts_of_ours_may_do_ten_times_as_much() -> None:
    # bro-simple-scan: scan_threshold 25, local_scan_threshold 250
    assert site().threshold(OUTSIDE, 25) == 25
    assert site().threshold(INSIDE, 25) == 250


@pytest.mark.parametrize(
    ("ends", "ours"),
    [
        ((INSIDE, OUTSIDE), True),
        ((OUTSIDE, INSIDE), True),
        ((OUTSIDE, "1.1.1.1"), False),
    ],
)
def test_what_has_an_end_of_ours_concerns_us(ends: tuple[str, str], ours: bool) -> None:
    assert site().concerns(*(Endpoint(ip, 445) for ip in ends)) is ours


def test_the_latest_evidence_is_shown_and_the_rest_counted() -> None:
    here = site()
    events = tuple(event(name=str(n)) for n in range(limits.EVIDENCE + 3))

    assert here.evidence(events) == events[3:]
    assert here.stats.counts == {"correlate.evidence_left_out": 3}
    assert here.evidence(events[:2]) == events[:2]
    assert here.stats.counts == {"correlate.evidence_left_out": 3}
