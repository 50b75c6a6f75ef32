"""Transcripts: messages in, events out, in order."""

from __future__ import annotations

import pytest

from decoders import ntlmssp, smb2
from decoders.messages import Found
from sensor import limits
from sensor.types import Event
from tests.support.talk import (
    CLIENT,
    LOGON_FAILURE,
    MORE,
    SERVER,
    START,
    STEP,
    Talk,
    alerts,
    exchanges,
    flow,
    ntlm,
    smb2_found,
    smb2_logon,
    smb2_negotiate,
    smb2_negotiate_reply,
    smb2_plain,
    smb2_setup,
    smb2_setup_reply,
    stamped,
    transcript,
    type1,
    type2,
)


def test_an_smb2_logon_from_negotiate_to_success() -> None:
    talk = Talk()

    assert transcript(
        talk.hear_all(
            (CLIENT, smb2_negotiate()), (SERVER, smb2_negotiate_reply()), *smb2_logon()
        )
    ) == [
        "SMB2 negotiate",
        "SMB2 negotiate",
        "SMB2 negotiate",
        "NTLM-Negotiate negotiate",
        "SMB2 challenge",
        "NTLM-Challenge challenge",
        "SMB2 authenticate",
        "NTLM-Authenticate authenticate",
        "SMB2 success",
        "NTLM success",
    ]
    assert talk.close() == []
    assert talk.stats.counts == {"correlate.negotiations_success": 1}


def test_an_exchange_tells_what_all_its_messages_said() -> None:
    talk = Talk()
    told = talk.hear_all(
        (CLIENT, smb2_negotiate()), (SERVER, smb2_negotiate_reply()), *smb2_logon()
    )

    (exchange,) = exchanges(told)
    assert exchange.facts == {
        "Carrier": "smb2",
        "Confidence": "negotiated",
        "State": "success",
        "Status": "STATUS_SUCCESS",
        "NegotiateFlags": "0xE2888215",
        "ServerChallenge": "0123456789abcdef",
        "TargetName": "CORP",
        "TargetInfo": {
            "NbDomainName": "CORP",
            "NbComputerName": "FS01",
            "DnsDomainName": "corp.example",
            "DnsComputerName": "fs01.corp.example",
            "DnsTreeName": "corp.example",
            "Timestamp": "2023-08-21T12:05:23.4950001Z",
        },
        "OsVersion": "10.0.20348",
        "User": "alice",
        "Domain": "CORP",
        "Workstation": "WS05",
        "NtlmVersion": "NTLMv2",
        "Mic": True,
        "Dialect": "3.1.1",
        "Netname": "files.example",
        "Signing": "required",
    }
    assert (exchange.ts_ns, exchange.packet) == (talk.now, 6)
    assert exchange.from_client is True


def test_a_refused_logon_names_its_status() -> None:
    talk = Talk()
    (exchange,) = exchanges(talk.hear_all(*smb2_logon(status=LOGON_FAILURE)))

    assert exchange.facts["State"] == "failed"
    assert exchange.facts["Status"] == "STATUS_LOGON_FAILURE"


def test_a_server_that_never_names_the_session_is_followed_by_order() -> None:
    talk = Talk()
    told = talk.hear_all(*smb2_logon(session_id=0, status=LOGON_FAILURE))
    told += talk.hear_all(*smb2_logon(session_id=0, first=5, user="bob"))
    told += talk.close()

    assert [(e.facts["User"], e.facts["State"]) for e in exchanges(told)] == [
        ("alice", "failed"),
        ("bob", "success"),
    ]


def test_a_pending_reply_is_no_outcome() -> None:
    talk = Talk()
    *opening, last = smb2_logon()
    talk.hear_all(*opening)

    assert exchanges(talk.hear(SERVER, smb2_setup_reply(2, 0x51, 0x103))) == []
    assert len(exchanges(talk.hear_all(last))) == 1


# --- which messages make signatures ---
def test_a_tree_connect_gives_no_event_but_is_known_afterwards() -> None:
    talk = Talk()
    talk.hear_all(*smb2_logon())
    tree = smb2_plain(smb2.TreeConnect(r"\\fs01\pay"), command=smb2.TREE_CONNECT)
    assert talk.hear(CLIENT, tree) == []

    (event, *_) = talk.hear(CLIENT, smb2_setup(9, 0, type1()))
    assert isinstance(event, Event)
    assert event.facts["Tree"] == r"\\fs01\pay"

    talk.hear(CLIENT, smb2_plain(smb2.Other(), command=smb2.LOGOFF))
    (event, *_) = talk.hear(CLIENT, smb2_setup(10, 0, type1()))
    assert isinstance(event, Event)
    assert "Tree" not in event.facts


def test_only_the_first_message_of_a_flow_met_midway_is_told() -> None:
    talk = Talk()
    read = smb2_plain(smb2.Other(), command=8)

    assert transcript(talk.hear(CLIENT, read)) == ["SMB2"]
    assert talk.hear(CLIENT, read) == []


def test_encryption_and_compression_are_told_once_from_each_side() -> None:
    talk = Talk()
    encrypted = smb2_found(smb2.Transform(100, 0x51))
    compressed = smb2_found(smb2.Compressed(100, 1, 0))
    rdma = smb2_found(smb2.RdmaTransform(1))
    told = talk.hear_all(
        (CLIENT, encrypted),
        (SERVER, encrypted),
        (CLIENT, encrypted),
        (SERVER, compressed),
        (SERVER, compressed),
        (CLIENT, rdma),
    )

    assert transcript(told) == [
        "SMB3-Encrypted",
        "SMB3-Encrypted",
        "SMB3-Compressed",
        "SMB3-RDMA",
    ]


# --- connections ---
def test_connections_are_told_step_by_step() -> None:
    talk = Talk()
    told = [
        *talk.connect("attempt"),
        *talk.connect("acknowledged"),
        *talk.connect("success"),
        *talk.connect("failed", "refused"),
    ]

    assert [(e.name, e.from_client) for e in told if isinstance(e, Event)] == [
        ("attempt", True),
        ("acknowledged", False),
        ("success", True),
        ("failed", None),
    ]
    assert all(isinstance(e, Event) and e.kind == "connection" for e in told)
    assert isinstance(told[3], Event)
    assert told[3].facts == {"State": "refused"}


# --- bounds ---
def test_flows_beyond_the_cap_end_as_partial(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "CONVERSATIONS", 2)
    talk = Talk()
    told = []
    for host in range(3):
        talk.flow = flow(client=f"10.0.0.{host}")
        told += talk.hear(CLIENT, ntlm(type1()))

    assert transcript(exchanges(told)) == ["NTLM partial"]
    assert exchanges(told)[0].flow.ends[0].ip == "10.0.0.0"
    assert talk.stats.counts["correlate.conversations_evicted"] == 1


def test_exchanges_beyond_the_cap_end_as_partial(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(limits, "EXCHANGES", 2)
    talk = Talk()
    told = talk.hear_all(*((CLIENT, smb2_setup(n, 0, type1())) for n in range(3)))

    assert transcript(exchanges(told)) == ["NTLM partial"]
    assert talk.stats.counts["correlate.exchanges_evicted"] == 1


def test_nothing_is_remembered_of_a_flow_that_ended() -> None:
    talk = Talk(on=flow(server="8.8.8.8"))
    talk.hear_all((CLIENT, smb2_negotiate()), (SERVER, smb2_negotiate_reply()))
    talk.hear_all(*smb2_logon())
    talk.hear(CLIENT, smb2_setup(9, 0, type1()))
    talk.close()

    assert not talk.correlator._conversations
    assert not talk.correlator._open


def test_a_peer_that_counts_up_ids_fills_nothing() -> None:
    talk = Talk()
    for n in range(1000):
        talk.hear(SERVER, smb2_setup_reply(5, 0x1000 + n, MORE, type2()))

    (conversation,) = talk.correlator._conversations.values()
    assert len(conversation.exchanges) == limits.EXCHANGES
    assert len(conversation.index) <= 2 * limits.EXCHANGES


# --- alerts ---
def public_logon(user: str = "alice", status: int = 0) -> list[tuple[int, Found]]:
    return [
        (CLIENT, smb2_negotiate()),
        (SERVER, smb2_negotiate_reply()),
        *smb2_logon(user=user, status=status),
    ]


def test_an_alert_follows_the_event_that_set_it_off() -> None:
    talk = Talk(on=flow(server="8.8.8.8"))
    told = talk.replay(stamped(talk, public_logon()))

    assert transcript(told) == [
        "SMB2 negotiate",
        "SMB2 negotiate",
        "! smb-to-public",
        "SMB2 negotiate",
        "NTLM-Negotiate negotiate",
        "SMB2 challenge",
        "NTLM-Challenge challenge",
        "SMB2 authenticate",
        "NTLM-Authenticate authenticate",
        "! credentials-to-public",
        "SMB2 success",
        "NTLM success",
    ]
    assert alerts(told)[1].events[-1].name == "NTLM-Authenticate"
    assert talk.stats.counts["correlate.alerts_repeated"] == 3


def test_each_account_that_leaves_is_an_alert_of_its_own() -> None:
    talk = Talk(on=flow(server="8.8.8.8"))
    told = talk.hear_all(
        *smb2_logon(0x51, 1, "alice"),
        *smb2_logon(0x52, 3, "bob"),
        *smb2_logon(0x53, 5, "bob"),
    )

    titles = [a.title for a in alerts(told) if a.rule == "credentials-to-public"]
    assert titles == [
        r"CORP\alice's NTLMv2 response was sent to 8.8.8.8 (public)",
        r"CORP\bob's NTLMv2 response was sent to 8.8.8.8 (public)",
    ]


def test_alerts_of_one_flow_are_bounded() -> None:
    talk = Talk(on=flow(server="8.8.8.8"))
    told = []
    for n in range(limits.ALERTS + 10):
        told += talk.hear_all(*smb2_logon(0x100 + n, 1 + 2 * n, f"user{n}"))

    assert len(alerts(told)) == limits.ALERTS
    assert talk.stats.counts["correlate.alerts_suppressed"] >= 10


def test_public_ranges_of_ours_raise_no_alert() -> None:
    talk = Talk(("10.0.0.0/8", "8.8.8.0/24"), on=flow(server="8.8.8.8"))

    assert alerts(talk.replay(stamped(talk, public_logon()))) == []


def test_an_empty_time_gives_nothing() -> None:
    talk = Talk()

    assert list(talk.correlator.tick(START)) == []
    assert talk.close() == []
    assert STEP > 0


def test_a_message_that_fits_nowhere_is_told_and_harms_nothing() -> None:
    talk = Talk()
    odd = ntlmssp.Authenticate(0, "", "", "", "", 0, 0, None)

    told = talk.hear_all((SERVER, ntlm(odd)), (CLIENT, ntlm(odd)))
    told += talk.close()

    assert [e.name for e in told if isinstance(e, Event) and e.kind == "signature"] == [
        "NTLM-Authenticate",
        "NTLM-Authenticate",
    ]
