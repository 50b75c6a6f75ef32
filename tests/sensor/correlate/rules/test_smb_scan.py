"""Just below is silent, at it is one alert; windows have edges."""

from __future__ import annotations

import pytest

from sensor import limits
from sensor.correlate.rules.smb_scan import SmbScan
from sensor.types import Event
from tests.support.judging import INSIDE, OUTSIDE, happened, judged, site

REMOTE, LOCAL = 25, 250  # servers in 15 minutes (bro-simple-scan)


def knock(client: str, count: int, at: float = 0) -> Event:
    return happened("connection failed", client, target(count), at, State="refused")


def asked(client: str, count: int, at: float = 0) -> Event:
    facts = {"State": "negotiate"}
    return happened("signature SMB2", client, target(count), at, **facts)


def let_in(client: str, count: int, at: float = 0) -> Event:
    return happened("signature SMB2", client, target(count), at, State="success")


def target(count: int) -> str:
    return f"10.1.{count // 200}.{count % 200}"


@pytest.mark.parametrize(("client", "most"), [(OUTSIDE, REMOTE), (INSIDE, LOCAL)])
@pytest.mark.parametrize("try_", [knock, asked])
def test_the_last_server_that_is_too_many_sets_it_off_once(
    client: str, most: int, try_: object
) -> None:
    assert callable(try_)
    rule = SmbScan(site())

    assert judged(rule, (try_(client, n) for n in range(most - 1))) == []
    (alert,) = judged(rule, (try_(client, n) for n in range(most - 1, most + 300)))
    assert alert.events[-1].flow.ends[1].ip == target(most - 1)
    assert len(alert.events) == min(most, limits.EVIDENCE)


def test_the_alert_says_what_and_why() -> None:
    tries = [knock(OUTSIDE, n) for n in range(22)]
    tries += [asked(OUTSIDE, n) for n in range(22, 25)]

    (alert,) = judged(SmbScan(site()), tries)

    assert (alert.rule, alert.severity) == ("smb-scan", "Medium")
    assert alert.title == "8.8.8.8 looks for SMB on many hosts"
    assert alert.techniques == ("Network Service Discovery (T1046)",)
    assert alert.reasons == (
        "8.8.8.8 tried SMB on 25 hosts within 15 minutes.",
        "22 of them refused the connection, or did not answer.",
        "3 answered, and it logged on to none of them.",
    )
    assert alert.events == tuple(tries)


@pytest.mark.parametrize(("last", "alerts"), [(900, 1), (900.000000001, 0)])
def test_the_window_is_15_minutes(last: float, alerts: int) -> None:
    tries = [knock(OUTSIDE, n) for n in range(24)]

    assert len(judged(SmbScan(site()), [*tries, knock(OUTSIDE, 24, last)])) == alerts


def test_one_server_is_one_however_often_it_is_tried() -> None:
    assert judged(SmbScan(site()), (knock(OUTSIDE, 0, n) for n in range(100))) == []


def test_where_it_logs_on_it_is_no_scan() -> None:
    tries = [one(OUTSIDE, n) for n in range(50) for one in (asked, let_in)]

    assert judged(SmbScan(site()), tries) == []


def test_a_logon_as_nobody_is_still_a_scan() -> None:
    facts = {"NtlmVersion": "anonymous", "State": "success", "Carrier": "smb2"}
    tries = []
    for n in range(25):
        told = happened("ntlm-exchange NTLM", OUTSIDE, target(n), **facts)
        tries += [asked(OUTSIDE, n), let_in(OUTSIDE, n), told]

    assert len(judged(SmbScan(site()), tries)) == 1


def test_hosts_do_not_add_up() -> None:
    tries = [knock(f"8.8.{n % 2}.8", n) for n in range(48)]

    assert judged(SmbScan(site()), tries) == []


def test_what_is_between_others_is_not_our_business() -> None:
    tries = [happened("connection failed", OUTSIDE, f"1.1.1.{n}") for n in range(100)]

    assert judged(SmbScan(site()), tries) == []


def test_connections_that_succeed_are_no_tries() -> None:
    tries = [happened("connection success", OUTSIDE, target(n)) for n in range(100)]

    assert judged(SmbScan(site()), tries) == []


def test_without_a_known_client_there_is_no_verdict() -> None:
    tries = [knock(OUTSIDE, n) for n in range(30)]
    for one in tries:
        one.flow.client = None

    assert judged(SmbScan(site()), tries) == []
