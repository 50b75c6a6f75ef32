"""The triangle, and what only looks like one."""

from __future__ import annotations

import pytest

from sensor import limits
from sensor.correlate.rules.ntlm_relay import NtlmRelay
from sensor.types import Event
from tests.support.judging import OUTSIDE, happened, judged, site

VICTIM, RELAY, SERVER = "10.0.0.15", "10.0.0.66", "10.0.0.5"
CHALLENGE = "0123456789abcdef"


def gives(client: str, server: str, at: float = 0, **facts: object) -> Event:
    known = {"ServerChallenge": CHALLENGE, "Carrier": "smb2"} | facts
    return happened("signature NTLM-Challenge", client, server, at, **known)


def triangle(took: float = 0.02, **onward: object) -> list[Event]:
    return [gives(RELAY, SERVER, **onward), gives(VICTIM, RELAY, took)]


def test_a_challenge_that_is_handed_on_is_a_relay() -> None:
    legs = triangle()
    rule = NtlmRelay(site())

    assert judged(rule, legs[:1]) == []
    (alert,) = judged(rule, legs[1:])
    assert (alert.rule, alert.severity) == ("ntlm-relay", "High")
    assert alert.title == "10.0.0.66 relays the NTLM logon of 10.0.0.15 to 10.0.0.5"
    assert alert.techniques == ("LLMNR/NBT-NS Poisoning and SMB Relay (T1557.001)",)
    assert alert.events == tuple(legs)
    assert alert.reasons == (
        "10.0.0.5 gave 10.0.0.66 the challenge 0123456789abcdef.",
        "20 ms later 10.0.0.66 gave the same challenge to 10.0.0.15.",
        "A challenge is eight random bytes: no two servers have the same.",
    )


def test_another_carrier_and_the_name_inside_are_reasons() -> None:
    onward = gives(RELAY, SERVER, Carrier="ldap")
    victim = gives(VICTIM, RELAY, 0.02, TargetInfo={"NbComputerName": "DC1"})

    (alert,) = judged(NtlmRelay(site()), [onward, victim])
    assert alert.reasons[-2:] == (
        "It came by ldap and went on by smb2.",
        "By the names in it, DC1 made it.",
    )


def test_whichever_leg_is_heard_first_the_alert_is_the_same() -> None:
    legs = triangle()

    assert judged(NtlmRelay(site()), legs) == judged(NtlmRelay(site()), legs[::-1])


def test_a_relay_back_to_the_victim_is_one_too() -> None:
    legs = [gives(RELAY, VICTIM), gives(VICTIM, RELAY, 0.02)]

    assert len(judged(NtlmRelay(site()), legs)) == 1


@pytest.mark.parametrize(("took", "alerts"), [(60, 1), (60.000000001, 0), (-0.02, 0)])
def test_the_challenge_is_fetched_first_and_soon(took: float, alerts: int) -> None:
    assert len(judged(NtlmRelay(site()), triangle(took))) == alerts


def test_a_challenge_that_is_given_before_it_was_fetched_is_no_relay() -> None:
    assert judged(NtlmRelay(site()), triangle(-0.02, Carrier="ldap")) == []


@pytest.mark.parametrize(("took", "alerts"), [(0.000999999, 0), (0.001, 1)])
def test_the_same_packet_behind_a_load_balancer_is_no_relay(
    took: float, alerts: int
) -> None:
    assert len(judged(NtlmRelay(site()), triangle(took))) == alerts
    assert len(judged(NtlmRelay(site()), triangle(0, Carrier="ldap"))) == 1


def test_the_same_packet_behind_a_router_is_no_relay() -> None:
    seen = [gives(VICTIM, SERVER), gives("10.0.1.1", SERVER, 0.02)]

    assert judged(NtlmRelay(site()), seen) == []


def test_a_mirrored_packet_is_no_relay() -> None:
    one = gives(VICTIM, SERVER)

    assert judged(NtlmRelay(site()), [one, one]) == []


def test_a_proxy_that_is_known_is_no_relay() -> None:
    assert judged(NtlmRelay(site(RELAY)), triangle()) == []


@pytest.mark.parametrize(("asked", "alerts"), [("intranet", 0), ("wpad", 1)])
def test_a_proxy_asks_for_whom_its_client_asks(asked: str, alerts: int) -> None:
    onward = gives(RELAY, SERVER, Carrier="http", Host="intranet")
    front = gives(VICTIM, RELAY, 0.02, Carrier="http", Host=asked)

    assert len(judged(NtlmRelay(site()), [onward, front])) == alerts


def test_other_challenges_are_no_relay() -> None:
    legs = [gives(RELAY, SERVER), gives(VICTIM, RELAY, 0.02, ServerChallenge="00" * 8)]

    assert judged(NtlmRelay(site()), legs) == []


def test_each_victim_is_told_of_once() -> None:
    again = [
        leg
        for n in range(3)
        for leg in (
            gives(RELAY, SERVER, n, ServerChallenge=f"{n:016x}"),
            gives(f"10.0.0.{n % 2}", RELAY, n + 0.02, ServerChallenge=f"{n:016x}"),
        )
    ]

    alerts = judged(NtlmRelay(site()), again)
    assert [one.events[-1].flow.ends[0].ip for one in alerts] == [
        "10.0.0.0",
        "10.0.0.1",
    ]


def test_what_is_between_others_is_not_our_business() -> None:
    legs = [gives(OUTSIDE, "1.1.1.1"), gives("9.9.9.9", OUTSIDE, 0.02)]

    assert judged(NtlmRelay(site()), legs) == []


def test_challenges_are_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "CHALLENGES", 10)
    here = site()
    many = (gives(VICTIM, SERVER, ServerChallenge=f"{n:016x}") for n in range(100))
    judged(NtlmRelay(here), many)

    assert here.stats.counts == {"correlate.challenges_forgotten": 90}
