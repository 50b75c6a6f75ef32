"""A pipe, and a machine account's logon back to who opened it."""

from __future__ import annotations

import pytest

from sensor import limits
from sensor.correlate.rules.coercion import Coercion
from sensor.types import Event
from tests.support.judging import happened, judged, site

DC, ATTACKER, OTHER = "10.0.0.2", "10.0.0.66", "10.0.0.67"


def opened(client: str = ATTACKER, server: str = DC, at: float = 0) -> Event:
    return happened("access pipe", client, server, at, Pipe="spoolss")


def logon(
    at: float = 0.5, user: str = "DC1$", to: str = ATTACKER, **facts: object
) -> Event:
    who = {"User": user, "Domain": "CORP"}
    return happened("signature NTLM-Authenticate", DC, to, at, **who, **facts)


def test_a_machine_that_logs_on_to_who_opened_a_pipe_on_it() -> None:
    pipe, back = opened(), logon()

    (alert,) = judged(Coercion(site()), [pipe, back, logon(1)])
    assert (alert.rule, alert.severity) == ("coercion", "High")
    assert alert.title == r"10.0.0.66 made 10.0.0.2 log on to it as CORP\DC1$"
    assert alert.techniques == ("Forced Authentication (T1187)",)
    assert alert.events == (pipe, back)
    assert alert.reasons == (
        "10.0.0.66 opened the pipe spoolss on 10.0.0.2.",
        "It has calls that make a host log on to another one of the caller's choice.",
        r"500 ms later 10.0.0.2 logged on to 10.0.0.66 as CORP\DC1$.",
        "It is a machine account: nobody typed this address.",
    )


@pytest.mark.parametrize(("at", "alerts"), [(15, 1), (15.000000001, 0), (-0.001, 0)])
def test_it_follows_within_15_seconds(at: float, alerts: int) -> None:
    assert len(judged(Coercion(site()), [opened(), logon(at)])) == alerts


@pytest.mark.parametrize(
    "back",
    [
        logon(user="alice"),  # a person
        logon(to=OTHER),  # to somebody else
        logon(Confidence="header"),  # may lie in a file
        happened("signature NTLM-Negotiate", DC, ATTACKER, 0.5, User="DC1$"),
    ],
)
def test_everyday_logons_are_not_forced(back: Event) -> None:
    assert judged(Coercion(site()), [opened(), back]) == []


def test_a_logon_without_a_pipe_is_not_forced() -> None:
    share = happened("access tree", ATTACKER, DC, Tree=r"\\dc1\IPC$")

    assert judged(Coercion(site()), [share, logon()]) == []


def test_pipes_are_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "PIPES", 10)
    here = site()
    judged(Coercion(here), (opened(server=f"10.9.0.{n}") for n in range(100)))

    assert here.stats.counts == {"correlate.pipes_forgotten": 90}
