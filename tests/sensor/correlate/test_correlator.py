"""Transcripts: messages in, events out, in order."""

from __future__ import annotations

from itertools import permutations

import pytest

from decoders import ntlmssp, smb1, smb2
from sensor import limits
from sensor.types import Event, Observation
from tests.support.talk import (
    CLIENT,
    LOGON_FAILURE,
    MORE,
    SECOND,
    SERVER,
    START,
    STEP,
    Talk,
    alerts,
    exchanges,
    flow,
    ntlm,
    smb1_found,
    smb2_found,
    smb2_logon,
    smb2_negotiate,
    smb2_negotiate_reply,
    smb2_plain,
    smb2_setup,
    smb2_setup_reply,
    transcript,
    type1,
    type2,
    type3,
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


# --- order ---
# TCP keeps the order of each direction; what comes first of the two is anybody's guess.
ORDERS = [
    order
    for order in permutations(range(4))
    if order.index(0) < order.index(2) and order.index(1) < order.index(3)
]


def stamped(talk: Talk, turns: list[tuple[int, object]]) -> list[Observation]:
    return [talk.observation(side, found) for side, found in turns]  # type: ignore[arg-type]


@pytest.mark.parametrize("order", ORDERS)
def test_an_smb2_logon_is_one_exchange_in_whatever_order_it_is_heard(
    order: tuple[int, ...],
) -> None:
    talk = Talk()
    messages = stamped(talk, list(smb2_logon()))

    told = talk.replay(messages[place] for place in order)
    told += talk.close()

    (exchange,) = exchanges(told)
    assert exchange.facts["State"] == "success"
    assert exchange.facts["Status"] == "STATUS_SUCCESS"


@pytest.mark.parametrize("order", list(permutations(range(3))))
def test_a_raw_exchange_is_one_in_whatever_order_it_is_heard(
    order: tuple[int, ...],
) -> None:
    talk = Talk(on=flow(port=8080))
    turns = [(0, ntlm(type1())), (1, ntlm(type2())), (0, ntlm(type3()))]
    messages = stamped(talk, list(turns))

    told = talk.replay(messages[place] for place in order)
    (exchange,) = exchanges(told + talk.close())

    assert exchange.facts["State"] == "unknown"
    assert exchange.facts["User"] == "alice"
    assert exchange.facts["ServerChallenge"] == "0123456789abcdef"


def test_one_side_first_then_the_other() -> None:
    talk = Talk()
    messages = stamped(talk, list(smb2_logon()))

    told = talk.replay([messages[1], messages[3], messages[0], messages[2]])

    assert transcript(exchanges(told)) == ["NTLM success"]


def test_what_its_first_half_knew_is_not_lost_when_both_are_joined() -> None:
    talk = Talk()
    request, challenge, response, reply = smb2_logon()
    first = talk.observation(*request, "duplicate")
    others = stamped(talk, [challenge, response, reply])

    told = talk.replay([first, others[1], others[0], others[2]])

    (exchange,) = exchanges(told)
    assert exchange.facts["Flags"] == ["duplicate"]


# --- many at once ---
def interleave(*logons: list[tuple[int, object]]) -> list[tuple[int, object]]:
    return [turn for turns in zip(*logons, strict=True) for turn in turns]


def test_interleaved_sessions_on_one_connection_stay_apart() -> None:
    talk = Talk()
    turns = interleave(
        list(smb2_logon(0x51, 1, "alice")),
        list(smb2_logon(0x52, 11, "bob", LOGON_FAILURE)),
        list(smb2_logon(0x53, 21, "carol")),
    )
    told = talk.replay(stamped(talk, turns))

    assert [(e.facts["User"], e.facts["State"]) for e in exchanges(told)] == [
        ("alice", "success"),
        ("bob", "failed"),
        ("carol", "success"),
    ]


def test_thirty_logons_one_after_the_other() -> None:
    talk = Talk()
    told = talk.hear_all(
        *(turn for n in range(30) for turn in smb2_logon(0x100 + n, 1 + 2 * n, f"u{n}"))
    )

    assert [e.facts["User"] for e in exchanges(told)] == [f"u{n}" for n in range(30)]
    assert talk.stats.counts == {"correlate.negotiations_success": 30}


def test_a_session_that_logs_on_again_is_a_new_exchange() -> None:
    talk = Talk()
    talk.hear_all(*smb2_logon())
    told = talk.hear_all(
        (CLIENT, smb2_setup(7, 0x51, type1())),
        (SERVER, smb2_setup_reply(7, 0x51, MORE, type2())),
        (CLIENT, smb2_setup(8, 0x51, type3("bob"))),
        (SERVER, smb2_setup_reply(8, 0x51, 0)),
    )

    assert [e.facts["User"] for e in exchanges(told)] == ["bob"]


def test_ntlm_after_kerberos_on_the_same_session_has_its_own_outcome() -> None:
    talk = Talk()
    told = talk.hear_all(
        (CLIENT, smb2_setup(1, 0)),
        (SERVER, smb2_setup_reply(1, 0x51, 0)),
        (CLIENT, smb2_setup(2, 0x51, type1())),
        (SERVER, smb2_setup_reply(2, 0x51, MORE, type2())),
        (CLIENT, smb2_setup(3, 0x51, type3())),
    )
    assert exchanges(told) == []

    told = talk.hear(SERVER, smb2_setup_reply(3, 0x51, LOGON_FAILURE))
    assert [e.facts["State"] for e in exchanges(told)] == ["failed"]


def test_a_logon_without_ntlm_is_no_ntlm_exchange() -> None:
    talk = Talk()
    told = talk.hear_all(
        (CLIENT, smb2_setup(1, 0)), (SERVER, smb2_setup_reply(1, 0x51, 0))
    )
    told += talk.close()

    assert transcript(told) == ["SMB2", "SMB2 success"]
    assert talk.stats.counts == {"correlate.negotiations_success": 1}


def test_raw_exchanges_follow_each_other() -> None:
    talk = Talk(on=flow(port=8080))
    told = talk.hear_all(
        (CLIENT, ntlm(type1())),
        (SERVER, ntlm(type2())),
        (CLIENT, ntlm(type3("alice"))),
        (CLIENT, ntlm(type1())),
        (SERVER, ntlm(type2())),
        (CLIENT, ntlm(type3("bob"))),
    )
    told += talk.close()

    assert [(e.facts["User"], e.facts["State"]) for e in exchanges(told)] == [
        ("alice", "unknown"),
        ("bob", "unknown"),
    ]


def test_a_copy_of_an_exchange_in_one_direction_is_no_exchange_of_two() -> None:
    talk = Talk(on=flow(port=8080))
    told = talk.hear_all(
        (CLIENT, ntlm(type1())), (CLIENT, ntlm(type2())), (CLIENT, ntlm(type3()))
    )
    told += talk.close()

    for event in exchanges(told):
        assert event.facts["Confidence"] == "header"
        assert not {"User", "ServerChallenge"} <= set(event.facts)


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


# --- SMB1 ---
SETUP = smb1.SESSION_SETUP


def smb1_logon(uid: int = 7, mid: int = 3) -> list[tuple[int, object]]:
    request, reply = smb1.SessionSetup(), smb1.SessionSetupReply()
    return [
        (0, smb1_found(request, command=SETUP, ids=(mid, 0, 1), inner=type1())),
        (
            1,
            smb1_found(
                reply, command=SETUP, ids=(mid, uid, 1), status=MORE, inner=type2()
            ),
        ),
        (
            0,
            smb1_found(
                request,
                command=SETUP,
                ids=(mid + 1, uid, 1),
                inner=type3(f"user{uid}"),
            ),
        ),
        (1, smb1_found(reply, command=SETUP, ids=(mid + 1, uid, 1), status=0)),
    ]


@pytest.mark.parametrize("order", ORDERS)
def test_an_smb1_logon_is_one_exchange_in_whatever_order(
    order: tuple[int, ...],
) -> None:
    talk = Talk()
    messages = stamped(talk, smb1_logon())
    told = talk.replay(messages[place] for place in order) + talk.close()

    assert transcript(exchanges(told)) == ["NTLM success"]


def test_interleaved_smb1_sessions_stay_apart() -> None:
    talk = Talk()
    turns = interleave(smb1_logon(7, 3), smb1_logon(8, 13))
    told = talk.replay(stamped(talk, turns))

    assert [e.facts["User"] for e in exchanges(told)] == ["user7", "user8"]


def smb1_old_logon(status: int = 0) -> list[tuple[int, object]]:
    """Challenge and responses in SMB1's own fields: no extended security."""
    offered = smb1.Negotiate(("LANMAN1.0", "NT LM 0.12"))
    chosen = smb1.NegotiateReply(
        dialect_index=1,
        security_mode=0x0F,
        server_challenge=bytes.fromhex("1122334455667788"),
        domain="WORKGROUP",
        server_name="NAS",
    )
    setup = smb1.SessionSetup(
        user="alice",
        domain="CORP",
        native_os="Windows 2000 2195",
        lm_length=24,
        nt_length=24,
        ntlm_version="NTLMv1",
    )
    reply = smb1.SessionSetupReply()
    return [
        (0, smb1_found(offered, command=smb1.NEGOTIATE)),
        (1, smb1_found(chosen, command=smb1.NEGOTIATE, status=0)),
        (0, smb1_found(setup, command=SETUP, ids=(2, 0, 1))),
        (1, smb1_found(reply, command=SETUP, ids=(2, 5, 1), status=status)),
    ]


def test_an_smb1_logon_without_extended_security_is_an_ntlm_exchange() -> None:
    talk = Talk()
    told = talk.replay(stamped(talk, smb1_old_logon()))

    assert transcript(told) == [
        "SMB1 negotiate",
        "SMB1 negotiate",
        "SMB1 authenticate",
        "SMB1 success",
        "NTLM success",
    ]
    facts = exchanges(told)[0].facts
    assert facts["NtlmVersion"] == "NTLMv1"
    assert facts["ServerChallenge"] == "1122334455667788"
    assert facts["TargetInfo"] == {"NbComputerName": "NAS", "NbDomainName": "WORKGROUP"}
    assert (facts["Domain"], facts["User"]) == ("CORP", "alice")
    assert facts["Dialect"] == "NT LM 0.12"
    assert facts["Signing"] == "required"


def test_a_dos_error_is_a_failure_without_an_nt_name() -> None:
    talk = Talk()
    *opening, _ = smb1_old_logon()
    talk.replay(stamped(talk, opening))
    told = talk.hear(
        SERVER,
        smb1_found(
            smb1.Other(), command=SETUP, ids=(2, 0, 1), status=0x0005_0001, flags2=0
        ),
    )

    (exchange,) = exchanges(told)
    assert exchange.facts["State"] == "failed"
    assert exchange.facts["Status"] == "0x00050001"


def test_an_smb1_negotiate_answered_by_smb2_is_one_negotiation() -> None:
    talk = Talk()
    offered = smb1.Negotiate(("NT LM 0.12", "SMB 2.???"))
    talk.hear(CLIENT, smb1_found(offered, command=smb1.NEGOTIATE))
    talk.hear(SERVER, smb2_negotiate_reply())
    talk.hear_all((CLIENT, smb2_negotiate()), (SERVER, smb2_negotiate_reply()))
    talk.hear_all(*smb2_logon())

    assert talk.stats.counts == {"correlate.negotiations_success": 1}


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
def public_logon(user: str = "alice", status: int = 0) -> list[tuple[int, object]]:
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
