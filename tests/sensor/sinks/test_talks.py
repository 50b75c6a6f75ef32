from __future__ import annotations

import json
from typing import Any

import pytest

from sensor.sinks import talks as module
from sensor.sinks.talks import Talks
from sensor.types import Stats


class Clock:
    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


def row(
    state: str | None,
    *,
    action: str = "NetworkSignatureInspected",
    name: str = "SMB2",
    key: str = "1:a=",
    **facts: Any,
) -> dict[str, Any]:
    told = {"CommunityId": key, **facts} | ({"State": state} if state else {})
    fields: dict[str, Any] = {"Netsig": told}
    if action == "NetworkSignatureInspected":
        fields["SignatureName"] = name
    return {
        "ActionType": action,
        "LocalIP": "10.0.0.5",
        "LocalPort": 50000,
        "RemoteIP": "10.0.0.9",
        "RemotePort": 445,
        "AdditionalFields": json.dumps(fields),
    }


USER = {"User": "alice", "Domain": "CORP", "NtlmVersion": "NTLMv2"}


def test_a_negotiation_is_under_way_until_it_is_over() -> None:
    clock = Clock()
    talks = Talks(Stats(), clock)
    talks.take(row("negotiate"))
    clock.now += 2
    talks.take(row("authenticate", name="NTLM-Authenticate", **USER))
    [talk] = talks.under_way()

    assert (talk.device, talk.remote) == ("10.0.0.5:50000", "10.0.0.9:445")
    assert (talk.name, talk.state, talk.seconds) == ("NTLM", "authenticate", 2.0)
    assert talk.user == "CORP\\alice (NTLMv2)"

    talks.take(row("failure", action="NtlmAuthenticationInspected", **USER))
    assert talks.under_way() == []
    assert [(t.state, t.user) for t in talks.lately] == [
        ("failure", "CORP\\alice (NTLMv2)")
    ]


def test_rows_that_negotiate_nothing_are_none() -> None:
    talks = Talks(Stats())
    talks.take(row(None, action="ConnectionAttempt"))
    talks.take(row("negotiate") | {"AdditionalFields": None})

    assert talks.under_way() == []


def test_the_one_heard_last_comes_first_and_what_fell_silent_goes() -> None:
    clock = Clock()
    talks = Talks(Stats(), clock)
    for key in ("1:a=", "1:b=", "1:a="):
        talks.take(row("negotiate", key=key))
    assert len(talks.under_way()) == 2
    clock.now += 6
    talks.take(row("challenge", key="1:b="))

    assert [talk.state for talk in talks.under_way()] == ["challenge", "negotiate"]
    clock.now += 6
    assert [talk.state for talk in talks.under_way()] == ["challenge"]


def test_only_so_many_are_known(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "SHOWN_TALKS", 3)
    stats, clock = Stats(), Clock()
    talks = Talks(stats, clock)
    for key in "abcd":
        talks.take(row("negotiate", key=key))
    assert stats.counts == {"console.talks_not_shown": 1}
    clock.now += 60
    talks.take(row("negotiate", key="e"))  # in the place of one long silent
    assert stats.counts == {"console.talks_not_shown": 1}


def test_only_the_last_few_that_ended_are_kept() -> None:
    talks = Talks(Stats())
    for number in range(9):
        talks.take(
            row("success", action="NtlmAuthenticationInspected", key=str(number))
        )
    assert len(talks.lately) == 5
