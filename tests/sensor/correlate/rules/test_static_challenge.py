"""A server that gives the same again; copies of a packet are none."""

from __future__ import annotations

import pytest

from sensor import limits
from sensor.correlate.rules.static_challenge import StaticChallenge
from sensor.types import Event
from tests.support.judging import INSIDE, OUTSIDE, happened, judged, site

OTHER, SERVER = "10.0.0.6", "10.0.0.66"


def gives(
    challenge: str = "0123456789abcdef",
    client: str = INSIDE,
    at: float = 0,
    server: str = SERVER,
) -> Event:
    facts = {"ServerChallenge": challenge}
    return happened("signature NTLM-Challenge", client, server, at, **facts)


def test_the_same_challenge_on_another_connection() -> None:
    first, second = gives(), gives(client=OTHER, at=2)
    rule = StaticChallenge(site())

    assert judged(rule, [first]) == []
    (alert,) = judged(rule, [second])
    assert (alert.rule, alert.severity) == ("static-challenge", "High")
    assert alert.title == "10.0.0.66 gives 10.0.0.6 a challenge that is not random"
    assert alert.techniques == ("LLMNR/NBT-NS Poisoning and SMB Relay (T1557.001)",)
    assert alert.events == (first, second)
    assert alert.reasons == (
        "The challenge was 0123456789abcdef.",
        "It gave the same one 2 s before, on another connection.",
        "Servers make one for each logon; responses to this one can be looked up.",
    )


@pytest.mark.parametrize("known", ["1122334455667788", "41" * 8])
def test_a_challenge_of_a_known_tool_needs_no_second_one(known: str) -> None:
    one = gives(known)

    (alert,) = judged(StaticChallenge(site()), [one])
    assert alert.events == (one,)


def test_each_client_is_told_of_once() -> None:
    known = "1122334455667788"
    twice = [gives(known, client, at) for at in (0, 5) for client in (INSIDE, OTHER)]

    alerts = judged(StaticChallenge(site()), twice)
    assert [alert.events[-1].flow.ends[0].ip for alert in alerts] == [INSIDE, OTHER]


@pytest.mark.parametrize(
    ("apart", "alerts"), [(0.999999999, 0), (1, 1), (600, 1), (600.000000001, 0)]
)
def test_neither_copies_nor_old_ones_count(apart: float, alerts: int) -> None:
    pair = [gives(), gives(client=OTHER, at=apart)]

    assert len(judged(StaticChallenge(site()), pair)) == alerts


def test_the_same_connection_repeats_itself() -> None:
    one = gives()
    later = gives(at=5)
    again = Event(
        later.kind, later.name, later.ts_ns, 9, "a.pcap", one.flow, False, later.facts
    )

    assert judged(StaticChallenge(site()), [one, again]) == []


def test_random_challenges_and_those_of_other_servers_are_fine() -> None:
    random = [gives(f"{n:016x}", at=n) for n in range(9)]
    other = [gives(f"{8:016x}", at=20, server="10.0.0.67")]

    assert judged(StaticChallenge(site()), random + other) == []


def test_a_known_challenge_to_others_is_not_our_business() -> None:
    away = gives("1122334455667788", "1.1.1.1", server=OUTSIDE)

    assert judged(StaticChallenge(site()), [away]) == []


def test_servers_are_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "CHALLENGES", 10)
    here = site()
    judged(StaticChallenge(here), (gives(server=f"10.9.0.{n}") for n in range(100)))

    assert here.stats.counts == {"correlate.challenges_forgotten": 90}
