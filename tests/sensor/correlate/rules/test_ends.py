from __future__ import annotations

from sensor.correlate.rules.ends import (
    account_of,
    client_and_server,
    is_smb,
    is_sure,
    listed,
)
from tests.support.findings import INSIDE, OUTSIDE, event, flow


def test_the_client_comes_first() -> None:
    on = flow(INSIDE, OUTSIDE)
    assert client_and_server(event(on=on)) == (INSIDE, OUTSIDE)

    on.client = 1
    assert client_and_server(event(on=on)) == (OUTSIDE, INSIDE)


def test_ends_without_a_client_are_not_known() -> None:
    assert client_and_server(event(on=flow(known=False))) is None


def test_smb_signatures_are_smb_and_nothing_else() -> None:
    assert is_smb(event(name="SMB1"))
    assert is_smb(event(name="SMB3-Encrypted"))
    assert not is_smb(event(name="NTLM-Challenge"))
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
