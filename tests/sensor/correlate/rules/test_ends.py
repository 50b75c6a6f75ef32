from __future__ import annotations

from sensor.correlate.rules.ends import client_and_server, is_smb, listed
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
