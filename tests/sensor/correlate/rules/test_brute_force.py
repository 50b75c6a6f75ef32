"""Just below is silent, at it is one alert; windows have edges."""

from __future__ import annotations

import pytest

from sensor import limits
from sensor.correlate.rules.brute_force import BruteForce
from sensor.types import Event
from tests.support.judging import INSIDE, OUTSIDE, happened, judged, site

SERVER = "10.0.0.9"
REMOTE, LOCAL = 5, 50  # failures in a minute


def failure(client: str = OUTSIDE, at: float = 0, user: str = "admin") -> Event:
    facts = {"State": "failed", "Status": "STATUS_WRONG_PASSWORD", "Carrier": "smb2"}
    return happened("ntlm-exchange NTLM", client, SERVER, at, User=user, **facts)


@pytest.mark.parametrize(("client", "most"), [(OUTSIDE, REMOTE), (INSIDE, LOCAL)])
def test_the_last_failure_that_is_too_many_sets_it_off_once(
    client: str, most: int
) -> None:
    rule = BruteForce(site())
    failures = [failure(client) for _ in range(most + 60)]

    assert judged(rule, failures[: most - 1]) == []
    (alert,) = judged(rule, failures[most - 1 :])
    shown = failures[:most][-limits.EVIDENCE :]
    assert alert.events == tuple(shown)


def test_the_alert_says_what_and_why() -> None:
    (alert,) = judged(BruteForce(site()), [failure() for _ in range(5)])

    assert (alert.rule, alert.severity) == ("brute-force", "High")
    assert alert.title == "8.8.8.8 guesses the password of admin"
    assert alert.category == "CredentialAccess"
    assert alert.techniques == ("Password Guessing (T1110.001)",)
    assert alert.reasons == (
        "8.8.8.8 failed to log on as admin 5 times in a minute.",
        "The last to refuse it was 10.0.0.9, with STATUS_WRONG_PASSWORD.",
    )


@pytest.mark.parametrize(("last", "alerts"), [(60, 1), (60.000000001, 0)])
def test_the_window_is_a_minute(last: float, alerts: int) -> None:
    failures = [failure() for _ in range(4)]

    assert len(judged(BruteForce(site()), [*failures, failure(at=last)])) == alerts


def test_each_account_and_each_host_counts_for_itself() -> None:
    users = [failure(user=f"user{n % 2}") for n in range(8)]
    hosts = [failure(f"8.8.{n % 2}.8") for n in range(8)]

    assert judged(BruteForce(site()), users + hosts) == []


def test_a_failure_that_does_not_say_why_is_told_too() -> None:
    failures = [failure() for _ in range(5)]
    for one in failures:
        del one.facts["Status"]
        one.facts["Carrier"] = "http"

    (alert,) = judged(BruteForce(site()), failures)
    assert alert.reasons[-1] == "The last to refuse it was 10.0.0.9."


def test_the_same_failure_seen_twice_is_one() -> None:
    one = failure()

    assert judged(BruteForce(site()), [one] * 10) == []


def test_what_is_between_others_is_not_our_business() -> None:
    failures = [failure() for _ in range(10)]
    what = "ntlm-exchange NTLM"
    away = [happened(what, OUTSIDE, "1.1.1.1", **one.facts) for one in failures]

    assert judged(BruteForce(site()), away) == []
