from __future__ import annotations

from dataclasses import replace

import pytest

from sensor.correlate.rules.failures import account, attempt, is_failure
from tests.support.judging import INSIDE, OUTSIDE, happened


def failed(**facts: object) -> dict[str, object]:
    known = {"State": "failed", "User": "alice", "Carrier": "smb2"}
    return known | {"Status": "STATUS_LOGON_FAILURE"} | facts


@pytest.mark.parametrize(
    ("facts", "is_one"),
    [
        (failed(), True),  # 0xC000006D
        (failed(Status="STATUS_WRONG_PASSWORD"), True),  # 0xC000006A
        (failed(Status="STATUS_ACCOUNT_LOCKED_OUT"), True),  # 0xC0000234
        (failed(Status="STATUS_ACCESS_DENIED"), False),
        (failed(Status="STATUS_LOGON_TYPE_NOT_GRANTED"), False),
        (failed(Carrier="smb1", Status="0x00020002"), True),  # ERRSRV/ERRbadpw
        (failed(Carrier="http", Status="401"), True),
        (failed(State="success"), False),
        (failed(State="incomplete"), False),
        (failed(User=""), False),
    ],
)
def test_what_a_wrong_password_can_explain(
    facts: dict[str, object], is_one: bool
) -> None:
    assert (
        is_failure(happened("ntlm-exchange NTLM", OUTSIDE, INSIDE, **facts)) is is_one
    )


def test_only_whole_exchanges_are_failures() -> None:
    assert not is_failure(happened("signature SMB2", OUTSIDE, INSIDE, **failed()))


def test_windows_does_not_tell_cases_apart() -> None:
    one, other = (
        happened("ntlm-exchange NTLM", OUTSIDE, INSIDE, User=user, Domain=domain)
        for user, domain in (("Alice", "CORP"), ("ALICE", "corp"))
    )
    nobody = happened("ntlm-exchange NTLM", OUTSIDE, INSIDE, User="alice")

    assert account(one) == account(other)
    assert account(nobody) != account(one)


def test_an_attempt_is_told_from_another_but_not_from_its_copy() -> None:
    one, other = (happened("ntlm-exchange NTLM", OUTSIDE, INSIDE) for _ in range(2))
    copy = replace(one, file="b.pcap", flow=replace(one.flow))

    assert attempt(one) != attempt(other)
    assert attempt(one) == attempt(copy)
