"""Every way for a negotiation to stop halfway says which it was."""

from __future__ import annotations

import pytest

from tests.support.talk import (
    CLIENT,
    SECOND,
    SERVER,
    Talk,
    exchanges,
    flow,
    ntlm,
    smb2_logon,
    smb2_negotiate,
    smb2_negotiate_reply,
    smb2_setup,
    transcript,
    type1,
)

# --- how it ends without an outcome ---
INCOMPLETE = [pytest.param(length, id=f"{length} messages") for length in range(1, 4)]


@pytest.mark.parametrize("length", INCOMPLETE)
@pytest.mark.parametrize(
    ("how", "state"),
    [
        ("fin", "incomplete"),
        ("idle", "incomplete"),
        ("reused", "incomplete"),
        ("end", "incomplete"),
        ("reset", "reset"),
        ("evicted", "partial"),
    ],
)
def test_a_logon_that_stops_says_how(length: int, how: str, state: str) -> None:
    talk = Talk()
    talk.hear_all(*smb2_logon()[:length])
    told = talk.close(how)

    assert transcript(told) == [f"NTLM {state}"]
    assert "Status" not in exchanges(told)[0].facts
    assert talk.close(how) == []


@pytest.mark.parametrize("length", INCOMPLETE)
@pytest.mark.parametrize("flag", ["gap", "truncated", "one-sided"])
def test_what_stops_where_bytes_are_missing_is_partial(length: int, flag: str) -> None:
    talk = Talk()
    talk.hear_all(*smb2_logon()[:length])
    talk.flow.flags.add(flag)

    assert transcript(talk.close()) == ["NTLM partial"]


@pytest.mark.parametrize("length", INCOMPLETE)
def test_ten_seconds_of_silence_are_an_end(length: int) -> None:
    talk = Talk()
    talk.hear_all(*smb2_logon()[:length])
    last = talk.now

    assert talk.wait(10 * SECOND) == []
    told = talk.wait(1)
    assert transcript(told) == ["NTLM incomplete"]
    assert exchanges(told)[0].ts_ns == last  # not the time of whoever noticed
    assert talk.close() == []


def test_silence_is_noticed_by_the_next_message_of_any_flow() -> None:
    talk = Talk()
    talk.hear(CLIENT, smb2_setup(1, 0, type1()))
    talk.flow = flow(client="10.0.0.6")
    talk.now += 11 * SECOND

    assert transcript(talk.hear(CLIENT, smb2_negotiate())) == [
        "NTLM incomplete",
        "SMB2 negotiate",
    ]


def test_the_end_of_the_capture_ends_all() -> None:
    talk = Talk()
    talk.hear(CLIENT, smb2_setup(1, 0, type1()))
    talk.flow = flow(client="10.0.0.6")
    talk.hear(CLIENT, ntlm(type1()))

    told = list(talk.correlator.finish(talk.now))
    assert transcript(told) == ["NTLM incomplete", "NTLM incomplete"]
    assert list(talk.correlator.finish(talk.now)) == []


@pytest.mark.parametrize(
    ("how", "state"),
    [("fin", "incomplete"), ("reset", "reset"), ("evicted", "partial")],
)
def test_a_negotiate_without_session_setup_is_counted(how: str, state: str) -> None:
    talk = Talk()
    talk.hear_all((CLIENT, smb2_negotiate()), (SERVER, smb2_negotiate_reply()))

    assert talk.close(how) == []
    assert talk.stats.counts == {f"correlate.negotiations_{state}": 1}


def test_a_negotiate_without_session_setup_for_ten_seconds_is_incomplete() -> None:
    talk = Talk()
    talk.hear_all((CLIENT, smb2_negotiate()), (SERVER, smb2_negotiate_reply()))
    talk.wait(10 * SECOND + 1)

    assert talk.stats.counts == {"correlate.negotiations_incomplete": 1}


def test_a_refused_negotiate_is_a_failure() -> None:
    talk = Talk()
    told = talk.hear_all(
        (CLIENT, smb2_negotiate()), (SERVER, smb2_negotiate_reply(0xC000_00BB))
    )
    talk.close()

    assert transcript(told) == ["SMB2 negotiate", "SMB2 failed"]
    assert talk.stats.counts == {"correlate.negotiations_failed": 1}


def test_an_outcome_whose_request_was_never_seen_still_counts() -> None:
    talk = Talk()
    told = talk.hear_all(smb2_logon()[1], smb2_logon()[3])
    assert exchanges(told) == []

    (exchange,) = exchanges(talk.close())
    assert exchange.facts["State"] == "success"
    assert "User" not in exchange.facts
