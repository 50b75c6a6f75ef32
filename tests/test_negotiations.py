"""Messages that belong together stay together, whatever is heard first."""

from __future__ import annotations

from itertools import permutations

import pytest

from decoders import smb1
from decoders.messages import Found
from tests.support.talk import (
    CLIENT,
    LOGON_FAILURE,
    MORE,
    SERVER,
    Talk,
    exchanges,
    flow,
    interleave,
    ntlm,
    smb1_found,
    smb2_logon,
    smb2_negotiate,
    smb2_negotiate_reply,
    smb2_setup,
    smb2_setup_reply,
    stamped,
    transcript,
    type1,
    type2,
    type3,
)

# --- order ---
# TCP keeps the order of each direction; what comes first of the two is anybody's guess.
ORDERS = [
    order
    for order in permutations(range(4))
    if order.index(0) < order.index(2) and order.index(1) < order.index(3)
]


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


def test_a_logon_of_which_only_the_client_is_heard_is_one_exchange() -> None:
    talk = Talk()
    messages = stamped(talk, list(smb2_logon()))

    told = talk.replay([messages[0], messages[2]])
    told += talk.close()

    (exchange,) = exchanges(told)
    assert exchange.facts["User"] == "alice"
    assert "Status" not in exchange.facts


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
        assert event.facts["Confidence"] in ("magic", "header")
        assert not {"User", "ServerChallenge"} <= set(event.facts)


# --- SMB1 ---
SETUP = smb1.SESSION_SETUP


def smb1_logon(uid: int = 7, mid: int = 3) -> list[tuple[int, Found]]:
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


def smb1_old_logon(status: int = 0) -> list[tuple[int, Found]]:
    """Challenge and responses in SMB1's own fields: no extended security."""
    offered = smb1.Negotiate(("LANMAN1.0", "NT LM 0.12"))
    chosen = smb1.NegotiateReply(
        dialect_index=1,
        security_mode=0x0F,
        server_challenge=bytes.fromhex("8f3ea1b05c77d264"),
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
    assert facts["ServerChallenge"] == "8f3ea1b05c77d264"
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
