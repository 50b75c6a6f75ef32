"""A target that becomes a source, within minutes."""

from __future__ import annotations

import pytest

from sensor.correlate.rules.smb_worm import SmbWorm
from sensor.types import Event
from tests.support.judging import OUTSIDE, happened, judged, site

ZERO, FIRST, OTHERS = "10.0.0.66", "10.0.1.10", ("10.0.1.11", "10.0.1.12", "10.0.1.13")


def opened(
    client: str, server: str, at: float = 0, share: str = "ADMIN$", sure: str = "header"
) -> Event:
    path = rf"\\{server}\{share}"
    return happened("access tree", client, server, at, Tree=path, Confidence=sure)


def spread(at: float = 30, share: str = "ADMIN$", count: int = 3) -> list[Event]:
    return [opened(FIRST, host, at, share) for host in OTHERS[:count]]


def test_the_third_host_sets_it_off_once() -> None:
    rule = SmbWorm(site())
    way_in, passed_on = opened(ZERO, FIRST), spread()

    assert judged(rule, [way_in, *passed_on[:2]]) == []
    (alert,) = judged(rule, [passed_on[2], opened(FIRST, "10.0.1.14", 31)])
    assert (alert.rule, alert.severity) == ("smb-worm", "High")
    assert alert.title == "10.0.1.10 spreads over SMB, as it was reached itself"
    assert alert.category == "LateralMovement"
    assert alert.techniques == ("SMB/Windows Admin Shares (T1021.002)",)
    assert alert.events == (way_in, *passed_on)
    assert alert.reasons == (
        r"10.0.0.66 opened \\10.0.1.10\ADMIN$ on 10.0.1.10.",
        r"Within 30 s of that 10.0.1.10 opened \\10.0.1.11\ADMIN$, "
        r"\\10.0.1.12\ADMIN$, \\10.0.1.13\ADMIN$.",
        "These shares are for administrators; what was done to it, it does to others.",
    )


@pytest.mark.parametrize(("after", "alerts"), [(600, 1), (600.000000001, 0)])
def test_it_happens_within_ten_minutes(after: float, alerts: int) -> None:
    events = [opened(ZERO, FIRST), *spread(after)]

    assert len(judged(SmbWorm(site()), events)) == alerts


@pytest.mark.parametrize(
    ("share", "alerts"),
    [("C$", 1), ("admin$", 1), ("d$", 1), ("IPC$", 0), ("projects", 0), ("print$", 0)],
)
def test_only_administrative_shares_count(share: str, alerts: int) -> None:
    events = [opened(ZERO, FIRST, share=share), *spread(share=share)]

    assert len(judged(SmbWorm(site()), events)) == alerts


def test_an_administrator_at_his_desk_is_no_worm() -> None:
    assert judged(SmbWorm(site()), spread()) == []


def test_what_comes_before_the_way_in_does_not_count() -> None:
    assert judged(SmbWorm(site()), [opened(ZERO, FIRST, 60), *spread(30)]) == []


def test_opening_a_share_of_who_came_is_no_spreading() -> None:
    back = [opened(ZERO, FIRST), *spread(count=2), opened(FIRST, ZERO, 31)]

    assert judged(SmbWorm(site()), back) == []


def test_one_host_again_is_one_host() -> None:
    again = [opened(FIRST, OTHERS[0], 30 + n) for n in range(10)]

    assert judged(SmbWorm(site()), [opened(ZERO, FIRST), *again]) == []


def test_a_bare_magic_and_hosts_outside_do_not_count() -> None:
    magic = [opened(ZERO, FIRST, sure="magic"), *spread()]
    outside = [opened(ZERO, OUTSIDE)]
    outside += [opened(OUTSIDE, host, 30) for host in OTHERS]

    assert judged(SmbWorm(site()), magic) == []
    assert judged(SmbWorm(site()), outside) == []
