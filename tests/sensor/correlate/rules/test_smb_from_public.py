"""Event beside verdict, both sides of each border."""

from __future__ import annotations

import pytest

from sensor.addresses import LocalNetworks
from sensor.correlate.rules.site import Site
from sensor.correlate.rules.smb_from_public import SmbFromPublic
from sensor.types import Alert, Endpoint, Event, Stats
from tests.support.findings import event, flow

RULE = SmbFromPublic(Site(LocalNetworks(("10.0.0.0/8", "8.8.4.0/24")), Stats()))


def seen(
    name: str = "SMB2",
    client: str = "8.8.8.8",
    server: str = "10.0.0.9",
    *,
    from_client: bool = True,
    **facts: object,
) -> Event:
    ends = flow(Endpoint(client, 50000), Endpoint(server, 445))
    known = {"Confidence": "negotiated"} | facts
    return event(name=name, on=ends, from_client=from_client, facts=known)


@pytest.mark.parametrize(
    ("one", "is_alert"),
    [
        (seen(), True),
        (seen("SMB1", Confidence="header"), True),
        (seen(from_client=False), True),
        (seen(server="8.8.4.4"), True),  # a public address of ours
        (seen(Confidence="magic"), False),
        (seen("NTLM-Negotiate"), False),
        (seen(client="8.8.4.4"), False),
        (seen(client="10.0.0.5"), False),
        (seen(client="203.0.113.9"), False),
        (seen(server="1.1.1.1"), False),
        (event("connection", "success"), False),
    ],
)
def test_verdict(one: Event, is_alert: bool) -> None:
    assert bool(list(RULE.check(one))) == is_alert


@pytest.mark.parametrize(
    ("from_client", "reason"),
    [
        (True, "8.8.8.8 sent SMB2 to 10.0.0.9: no firewall stands between them."),
        (False, "10.0.0.9 sent SMB2 to 8.8.8.8: no firewall stands between them."),
    ],
)
def test_the_alert_says_what_and_why(from_client: bool, reason: str) -> None:
    one = seen(from_client=from_client)

    assert list(RULE.check(one)) == [
        Alert(
            rule="smb-from-public",
            title="8.8.8.8 (public) speaks SMB to 10.0.0.9",
            severity="Medium",
            category="InitialAccess",
            techniques=(
                "External Remote Services (T1133)",
                "SMB/Windows Admin Shares (T1021.002)",
            ),
            ts_ns=one.ts_ns,
            reasons=(
                "8.8.8.8 is a public address and none of the local networks.",
                reason,
            ),
            events=(one,),
        )
    ]
