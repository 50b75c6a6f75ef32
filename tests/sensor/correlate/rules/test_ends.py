from __future__ import annotations

import pytest

from sensor.correlate.rules.ends import (
    account_of,
    client_and_server,
    is_smb,
    is_sure,
    listed,
    proxy_reasons,
)
from sensor.types import Endpoint
from tests.support.findings import INSIDE, OUTSIDE, event, flow


def test_the_client_comes_first() -> None:
    on = flow(INSIDE, OUTSIDE)
    assert client_and_server(event(on=on)) == (INSIDE, OUTSIDE)

    on.client = 1
    assert client_and_server(event(on=on)) == (OUTSIDE, INSIDE)


def test_ends_without_a_client_are_not_known() -> None:
    assert client_and_server(event(on=flow(known=False))) is None


@pytest.mark.parametrize(
    ("asked", "judged"),
    [
        ("8.8.4.4:8445", Endpoint("8.8.4.4", 8445)),
        ("[2a00:1450:0::1]:445", Endpoint("2a00:1450::1", 445)),
        ("10.0.0.7:445", Endpoint("10.0.0.7", 445)),
        ("files.example:445", INSIDE),
        ("8.8.4.4", INSIDE),
        ("8.8.4.4:many", INSIDE),
        ("", INSIDE),
    ],
)
def test_whom_a_proxy_was_asked_for_counts(asked: str, judged: Endpoint) -> None:
    client = Endpoint("10.0.0.3", 50000)
    one = event(on=flow(client, INSIDE), facts={"ProxyTarget": asked})
    assert client_and_server(one) == (client, judged)
    is_told = bool(list(proxy_reasons(one)))
    assert is_told == (judged is not INSIDE)


def test_a_public_proxy_counts_unless_it_was_asked_for_another_public_end() -> None:
    on = flow(INSIDE, OUTSIDE)
    inside = event(on=on, facts={"ProxyTarget": "10.0.0.7:445"})
    other = event(on=on, facts={"ProxyTarget": "8.8.4.4:445"})
    assert client_and_server(inside) == (INSIDE, OUTSIDE)
    assert client_and_server(other) == (INSIDE, Endpoint("8.8.4.4", 445))
    assert list(proxy_reasons(inside)) == []


def test_smb_signatures_are_smb_and_nothing_else() -> None:
    assert is_smb(event(name="SMB1"))
    assert is_smb(event(name="SMB3-Encrypted"))
    assert not is_smb(event(name="NTLM-Challenge"))
    assert not is_smb(event(name="SMB1", facts={"Carrier": "netbios-datagram"}))
    assert not is_smb(event("connection", "attempt"))


def test_a_list_that_is_unknown_is_empty() -> None:
    assert listed(["gap"]) == ["gap"]
    assert listed(None) == []


def test_an_account_is_written_as_windows_writes_it() -> None:
    assert account_of(event(facts={"User": "alice", "Domain": "CORP"})) == r"CORP\alice"
    assert account_of(event(facts={"User": "alice", "Domain": ""})) == "alice"
    assert account_of(event()) == "an unnamed account"


def test_sure_is_what_both_ends_spoke() -> None:
    told = ["magic", "header", "both-directions", "negotiated"]

    sure = [is_sure(event(facts={"Confidence": one})) for one in told]
    assert sure == [False, False, True, True]
