"""Event beside verdict, both sides of each border."""

from __future__ import annotations

from typing import Any

import pytest

from sensor.addresses import LocalNetworks
from sensor.correlate.rules.credentials_to_public import CredentialsToPublic
from sensor.correlate.rules.site import Site
from sensor.types import Alert, Endpoint, Event, Stats
from tests.support.findings import event, flow

RULE = CredentialsToPublic(Site(LocalNetworks(("10.0.0.0/8", "8.8.4.0/24")), Stats()))


def sent(
    name: str = "NTLM-Authenticate",
    client: str = "10.0.0.5",
    server: str = "8.8.8.8",
    *,
    from_client: bool = True,
    **facts: Any,
) -> Event:
    ends = flow(Endpoint(client, 50000), Endpoint(server, 445))
    known: dict[str, object] = {
        "Confidence": "negotiated",
        "User": "alice",
        "Domain": "CORP",
        "NtlmVersion": "NTLMv2",
    }
    return event(name=name, on=ends, from_client=from_client, facts=known | facts)


@pytest.mark.parametrize(
    ("one", "is_alert"),
    [
        (sent(), True),
        (sent("SMB1", NtlmVersion="NTLMv1"), True),
        (sent(NtlmVersion="anonymous"), False),
        (sent("SMB1", NtlmVersion="anonymous"), False),
        (sent(server="8.8.4.4"), False),
        (sent(server="10.0.0.9"), False),
        (sent(server="198.51.100.1"), False),
        (sent(server="2a00:1450::1"), True),
        (sent(client="1.1.1.1"), False),
        # who connected is not who authenticates
        (sent(client="8.8.8.8", server="10.0.0.5", from_client=False), True),
        (sent(client="8.8.8.8", server="10.0.0.5"), False),
        (event("signature", "NTLM-Challenge"), False),
        (event("signature", "SMB1"), False),
        (event("ntlm-exchange", "NTLM", facts={"NtlmVersion": "NTLMv2"}), False),
    ],
)
def test_verdict(one: Event, is_alert: bool) -> None:
    assert bool(list(RULE.check(one))) == is_alert


def test_the_alert_names_account_version_and_place() -> None:
    one = sent(Netname="files.evil.example")

    assert list(RULE.check(one)) == [
        Alert(
            rule="credentials-to-public",
            title=r"CORP\alice's NTLMv2 response was sent to 8.8.8.8 (public)",
            severity="High",
            category="CredentialAccess",
            techniques=("Forced Authentication (T1187)",),
            ts_ns=one.ts_ns,
            reasons=(
                r"10.0.0.5 sent the NTLM response of CORP\alice to 8.8.8.8.",
                "8.8.8.8 is a public address and none of the local networks.",
                "An NTLMv2 response can be cracked offline, or relayed.",
                "The client asked for the server by the name files.evil.example.",
            ),
            events=(one,),
        )
    ]


@pytest.mark.parametrize(
    ("facts", "reason"),
    [
        ({"NtlmVersion": "NTLMv1"}, "gives away the NT hash"),
        ({"NtlmVersion": "NTLMv1-ESS"}, "gives away the NT hash"),
        ({"NtlmVersion": "LM"}, "gives away the password"),
        ({"User": "WS05$"}, "machine account"),
        ({"Confidence": "header"}, "Only one direction was seen"),
    ],
)
def test_what_makes_it_worse_or_doubtful_is_a_reason(
    facts: dict[str, Any], reason: str
) -> None:
    (alert,) = RULE.check(sent(**facts))
    assert any(reason in text for text in alert.reasons)

    (plain,) = RULE.check(sent())
    assert not any(reason in text for text in plain.reasons)


@pytest.mark.parametrize(
    ("confidence", "severity"),
    [("negotiated", "High"), ("both-directions", "High"), ("header", "Medium")],
)
def test_what_may_be_a_file_in_transit_is_less_severe(
    confidence: str, severity: str
) -> None:
    (alert,) = RULE.check(sent(Confidence=confidence))

    assert alert.severity == severity


@pytest.mark.parametrize(
    ("facts", "account"),
    [
        ({"Domain": ""}, "alice's NTLMv2"),
        ({"User": "", "NtlmVersion": "NTLMv2"}, r"CORP\an unnamed account's NTLMv2"),
        ({"User": "a\x1b[2Jb"}, "CORP\\a\x1b[2Jb's NTLMv2"),  # sinks escape
    ],
)
def test_the_account_is_named_as_it_was_sent(
    facts: dict[str, Any], account: str
) -> None:
    (alert,) = RULE.check(sent(**facts))

    assert alert.title.startswith(account)


def test_a_version_that_the_response_does_not_tell_is_not_made_up() -> None:
    one = sent()
    del one.facts["NtlmVersion"]
    (alert,) = RULE.check(one)

    assert alert.title == r"CORP\alice's NTLM response was sent to 8.8.8.8 (public)"
