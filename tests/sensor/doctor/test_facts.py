from __future__ import annotations

from sensor.doctor.facts import Facts


def test_seconds_are_between_the_earliest_and_the_latest_packet() -> None:
    assert Facts(first_ns=5_000_000_000, last_ns=7_500_000_000).seconds == 2.5
    assert Facts().seconds == 0.0
