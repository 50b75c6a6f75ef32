"""MS-NLMP 3.1.5.1.2: a client that sends a MIC says so in MsvAvFlags, bit 0x2."""

from __future__ import annotations

import pytest

from sensor.correlate.rules.mic_removed import MicRemoved
from sensor.types import Event
from tests.support.judging import INSIDE, happened, judged, site

SERVER = "10.0.0.9"


def sent(flags: str | None = "0x00000002", **facts: object) -> Event:
    info = {"TargetInfo": {"Flags": flags} if flags else {"DnsTreeName": "corp"}}
    known = {"Mic": False, "User": "alice", "Domain": "CORP"} | info | facts
    return happened("signature NTLM-Authenticate", INSIDE, SERVER, **known)


@pytest.mark.parametrize(
    ("one", "alerts"),
    [
        (sent(), 1),
        (sent("0x00000003"), 1),
        (sent("0x00000001"), 0),
        (sent(None), 0),
        (sent(Mic=True), 0),
        (sent(Mic=None), 0),  # the layout leaves no room to tell
        (sent(TargetInfo=[]), 0),
        (sent(Flags=["truncated"]), 0),
        (sent(Confidence="header"), 0),  # may lie in a file
        (happened("signature NTLM-Negotiate", INSIDE, SERVER), 0),
    ],
)
def test_verdict(one: Event, alerts: int) -> None:
    assert len(judged(MicRemoved(site()), [one])) == alerts


def test_the_alert_says_what_and_why_once() -> None:
    (alert,) = judged(MicRemoved(site()), [sent(), sent()])

    assert (alert.rule, alert.severity) == ("ntlm-relay", "Medium")
    assert alert.title == r"CORP\alice's logon from 10.0.0.5 to 10.0.0.9 was changed"
    assert alert.reasons == (
        "The client says in its response that it sends a MIC; there is none.",
        "Relays take it out, so that they can change the message.",
    )
