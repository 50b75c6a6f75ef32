"""Just below is silent, at it is one alert; windows have edges."""

from __future__ import annotations

import pytest

from sensor import limits
from sensor.correlate.rules.password_spray import PasswordSpray
from sensor.types import Event
from tests.support.judging import INSIDE, OUTSIDE, happened, judged, site

SERVER = "10.0.0.9"
REMOTE, LOCAL = 5, 50  # accounts in 15 minutes


def failure(user: object, client: str = OUTSIDE, at: float = 0) -> Event:
    facts = {"State": "failed", "Status": "STATUS_LOGON_FAILURE", "Carrier": "smb2"}
    who = {"User": f"user{user}", "Domain": "CORP"}
    return happened("ntlm-exchange NTLM", client, SERVER, at, **who, **facts)


@pytest.mark.parametrize(("client", "most"), [(OUTSIDE, REMOTE), (INSIDE, LOCAL)])
def test_the_last_account_that_is_too_many_sets_it_off_once(
    client: str, most: int
) -> None:
    rule = PasswordSpray(site())
    failures = [failure(n, client) for n in range(most + 60)]

    assert judged(rule, failures[: most - 1]) == []
    (alert,) = judged(rule, failures[most - 1 :])
    shown = failures[:most][-limits.EVIDENCE :]
    assert alert.events == tuple(shown)


def test_the_alert_says_what_and_why() -> None:
    (alert,) = judged(PasswordSpray(site()), [failure(n) for n in range(5)])

    assert (alert.rule, alert.severity) == ("password-spray", "High")
    assert alert.title == "8.8.8.8 tries passwords on many accounts"
    assert alert.category == "CredentialAccess"
    assert alert.techniques == ("Password Spraying (T1110.003)",)
    assert alert.reasons == (
        "8.8.8.8 failed to log on as 5 accounts within 15 minutes.",
        "It tried none of them 5 times.",
        r"The last of them was CORP\user4.",
    )


@pytest.mark.parametrize(("last", "alerts"), [(900, 1), (900.000000001, 0)])
def test_the_window_is_15_minutes(last: float, alerts: int) -> None:
    failures = [failure(n) for n in range(4)]

    assert (
        len(judged(PasswordSpray(site()), [*failures, failure(4, at=last)])) == alerts
    )


def test_one_account_is_one_however_often_and_however_it_is_written() -> None:
    again = [failure(n % 4) for n in range(16)]
    again += [failure(n % 4, at=0) for n in range(4)]

    assert judged(PasswordSpray(site()), again) == []


@pytest.mark.parametrize(("tries", "alerts"), [(4, 1), (5, 0)])
def test_an_account_that_is_tried_often_is_not_sprayed(tries: int, alerts: int) -> None:
    often = [failure(0) for _ in range(tries)]

    rest = [failure(n) for n in range(1, 5)]
    assert len(judged(PasswordSpray(site()), [*often, *rest])) == alerts


def test_hosts_do_not_add_up() -> None:
    failures = [failure(n, f"8.8.{n % 2}.8") for n in range(8)]

    assert judged(PasswordSpray(site()), failures) == []
