"""Event beside verdict, both sides of each border."""

from __future__ import annotations

import pytest

from sensor.addresses import LocalNetworks
from sensor.correlate.rules.site import Site
from sensor.correlate.rules.smb_to_public import SmbToPublic
from sensor.types import Alert, Endpoint, Event, Stats
from tests.support.findings import event, flow

RULE = SmbToPublic(Site(LocalNetworks(("10.0.0.0/8", "8.8.4.0/24")), Stats()))


def seen(
    name: str = "SMB2",
    client: str = "10.0.0.5",
    server: str = "8.8.8.8",
    *,
    port: int = 445,
    from_client: bool | None = False,
    **facts: object,
) -> Event:
    ends = flow(Endpoint(client, 50000), Endpoint(server, port))
    known = {"Confidence": "negotiated", "Carrier": "smb2"} | facts
    return event(name=name, on=ends, from_client=from_client, facts=known)


@pytest.mark.parametrize(
    ("one", "is_alert"),
    [
        (seen(), True),
        (seen("SMB1"), True),
        (seen("SMB3-Encrypted", Confidence="header"), True),
        (seen("NTLM-Challenge"), True),
        (seen("NTLM-Challenge", Carrier="raw", Confidence="both-directions"), True),
        # a challenge that nobody asked for may lie in a file
        (seen("NTLM-Challenge", Carrier="raw", Confidence="header"), False),
        (seen(Confidence="magic"), False),
        (seen(from_client=True), False),
        (seen(from_client=True, Flags=["midstream"]), True),
        (seen(from_client=True, Flags=["gap"]), False),
        (seen("NTLM-Negotiate", from_client=True), False),
        (seen(server="8.8.4.4"), False),  # ours
        (seen(server="10.0.0.9"), False),
        (seen(server="203.0.113.9"), False),  # documentation is not public
        (seen(server="100.64.0.1"), False),
        (seen(server="2001:db8::1"), False),
        (seen(server="2a00:1450::1"), True),
        (seen(server="::ffff:8.8.8.8"), True),
        (seen(server="2002:808:808::1"), True),
        (seen(client="8.8.4.4"), True),  # a public address of ours is inside
        (seen(client="1.1.1.1"), False),  # both outside: not our business
        (event("connection", "success", facts={}), False),
    ],
)
def test_verdict(one: Event, is_alert: bool) -> None:
    assert bool(list(RULE.check(one))) == is_alert


def test_without_a_known_client_there_is_no_verdict() -> None:
    one = seen()
    one.flow.client = None

    assert list(RULE.check(one)) == []


def test_the_alert_says_what_and_why() -> None:
    one = seen(port=8445, Netname="files.evil.example")

    assert list(RULE.check(one)) == [
        Alert(
            rule="smb-to-public",
            title="10.0.0.5 negotiates SMB with 8.8.8.8 (public)",
            severity="Medium",
            category="CredentialAccess",
            techniques=(
                "Forced Authentication (T1187)",
                "SMB/Windows Admin Shares (T1021.002)",
            ),
            ts_ns=one.ts_ns,
            reasons=(
                "8.8.8.8 is a public address and none of the local networks.",
                "It answered with SMB2.",
                "Port 8445 is not a usual port for SMB.",
                "The client asked for the server by the name files.evil.example.",
            ),
            events=(one,),
        )
    ]


def test_ntlm_in_smb_is_smb_and_elsewhere_is_ntlm() -> None:
    (inside,) = RULE.check(seen("NTLM-Challenge"))
    (alone,) = RULE.check(seen("NTLM-Challenge", Carrier="raw", port=80))

    assert inside.title == "10.0.0.5 negotiates SMB with 8.8.8.8 (public)"
    assert alone.title == "10.0.0.5 negotiates NTLM with 8.8.8.8 (public)"
    assert not any("Port" in reason for reason in alone.reasons)
