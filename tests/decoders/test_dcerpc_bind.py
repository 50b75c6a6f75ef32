"""Fragments by hand as C706 12.6 and [MS-RPCE] 2.2.2 have them, and by impacket."""

from __future__ import annotations

import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st
from impacket import uuid
from impacket.dcerpc.v5 import epm, rpcrt

from decoders import dcerpc_bind
from decoders.carrier import Answer, Envelope, Need, Token
from tests.support import ntlm
from tests.support.dialogues import Turns, heard
from tests.support.rpc import (
    ALTER,
    ALTER_RESP,
    AUTH3,
    BIND,
    BIND_ACK,
    BIND_NAK,
    NDR,
    RTS,
    SPNEGO,
    SVCCTL,
    agreed,
    contexts,
    fault,
    pdu,
    response,
)

TYPES = {1: ntlm.NEGOTIATE, 2: ntlm.CHALLENGE_V2, 3: ntlm.AUTHENTICATE_V2}


def token(data: bytes, kind: int) -> Token:
    start = data.index(TYPES[kind])
    return Token(data, start, start + len(TYPES[kind]), kind, False, b"")


def claimed(data: bytes, kind: int) -> Envelope:
    envelope = dcerpc_bind.claim(token(data, kind))
    assert envelope is not None
    return envelope


BIND_1 = pdu(BIND, contexts(), TYPES[1])
ACK_2 = pdu(BIND_ACK, bytes(36), TYPES[2])
AUTH3_3 = pdu(AUTH3, bytes(4), TYPES[3])
ALTER_3 = pdu(ALTER, contexts(), b"\xa1\x82\x01\x00" + TYPES[3] + b"mic", SPNEGO)


def answer(data: bytes, asked: bytes = AUTH3_3, kind: int = 3) -> object:
    listen = claimed(asked, kind).listen
    assert listen is not None
    return listen(data, False)


@pytest.mark.parametrize(
    ("data", "kind"),
    [
        (BIND_1, 1),
        (b"\x05\0\x0b\x03" * 9 + BIND_1, 1),
        (b"HTTP/1.1 200 OK\r\n\r\n" + ACK_2, 2),
        (AUTH3_3, 3),
        (ALTER_3, 3),
        (pdu(BIND, contexts(">"), TYPES[1], order=">"), 1),
        (b"\x05\x01" + BIND_1[2:], 1),
    ],
)
def test_the_auth_value_of_a_fragment_is_claimed(data: bytes, kind: int) -> None:
    assert isinstance(dcerpc_bind.claim(token(data, kind)), Envelope)


@pytest.mark.parametrize(
    "data",
    [
        TYPES[1],
        pdu(BIND, contexts() + TYPES[1]),
        pdu(BIND, contexts(), b"front" + TYPES[1]),
        pdu(BIND, contexts(), TYPES[1], 16),
        pdu(0, contexts(), TYPES[1]),
        b"\x04" + BIND_1[1:],
        BIND_1[1:],
        pdu(BIND, contexts(), bytes(40)) + TYPES[1],
        pdu(BIND, contexts(), TYPES[1][:-1]) + TYPES[1][-1:],
    ],
    ids=[
        *("bare", "in the body", "not first", "Kerberos", "request", "v4", "cut"),
        *("behind", "too long"),
    ],
)
def test_what_stands_elsewhere_is_not(data: bytes) -> None:
    assert dcerpc_bind.claim(token(data, 1)) is None


@pytest.mark.parametrize("order", ["<", ">"])
def test_a_bind_names_its_interface(order: str) -> None:
    data = pdu(BIND, contexts(order), TYPES[1], order=order)
    facts = {"Interface": str(SVCCTL), "InterfaceName": "svcctl"}
    assert claimed(data, 1).facts == facts


def test_an_interface_without_a_name_has_its_number() -> None:
    data = pdu(BIND, contexts(interface=NDR), TYPES[1])
    assert claimed(data, 1).facts == {"Interface": str(NDR)}


@pytest.mark.parametrize("body", [b"", bytes(8), contexts()[:30]])
def test_a_bind_that_is_too_short_names_none(body: bytes) -> None:
    assert claimed(pdu(BIND, body, TYPES[1]), 1).facts == {}


def test_impacket_binds() -> None:
    bind, item = rpcrt.MSRPCBind(), rpcrt.CtxItem()
    item["AbstractSyntax"] = epm.MSRPC_UUID_PORTMAP
    item["TransferSyntax"] = uuid.uuidtup_to_bin((str(NDR), "2.0"))
    item["ContextID"], item["TransItems"] = 0, 1
    bind.addCtxItem(item)
    trailer, packet = rpcrt.SEC_TRAILER(), rpcrt.MSRPCHeader()
    trailer["auth_type"], trailer["auth_level"] = rpcrt.RPC_C_AUTHN_WINNT, 2
    trailer["auth_ctx_id"], trailer["auth_pad_len"] = 79231, 0
    packet["type"], packet["pduData"] = rpcrt.MSRPC_BIND, bind.getData()
    packet["sec_trailer"], packet["auth_data"] = trailer, TYPES[1]
    facts = claimed(packet.get_packet(), 1).facts
    assert facts == {
        "Interface": "e1af8308-5d1f-11c9-91a4-08002b14a0fa",
        "InterfaceName": "epmapper",
    }


@pytest.mark.parametrize(
    ("data", "told"),
    [
        (response(), Answer(True, "response")),
        (response(bytes(16)), Answer(True, "response")),
        (fault(5, call=8), Answer(False, "0x00000005")),
        (fault(0x721, ">", call=8), Answer(False, "0x00000721")),
        (fault(0x1C01000B), Answer(False, "0x1c01000b")),
    ],
)
def test_how_the_next_call_is_taken_is_the_outcome_of_an_auth3(
    data: bytes, told: Answer
) -> None:
    assert answer(data) == told
    assert answer(agreed(0) + data) == told


def test_a_fault_of_the_call_itself_tells_nothing() -> None:
    out_of_range = fault(0x1C010002)
    assert answer(out_of_range) == Need(len(out_of_range) + 16)
    assert answer(out_of_range + response()) == Answer(True, "response")


def test_a_response_in_another_security_context_is_not_meant() -> None:
    other = response(bytes(16), context=5)
    assert answer(other) == Need(len(other) + 16)
    assert answer(other + fault(5)) == Answer(False, "0x00000005")


@pytest.mark.parametrize(
    ("data", "told"),
    [
        (agreed(0), Answer(True, "alter_context_resp")),
        (agreed(2), Answer(False, "alter_context_resp")),
        (agreed(0, BIND_ACK), Answer(True, "bind_ack")),
        (fault(5), Answer(False, "0x00000005")),
        (agreed(1) + response(), Answer(True, "response")),
        (agreed(0, call=6) + fault(5), Answer(False, "0x00000005")),
        (pdu(ALTER_RESP, bytes(12)) + response(), Answer(True, "response")),
    ],
)
def test_an_alter_context_is_answered_itself(data: bytes, told: Answer) -> None:
    assert answer(data, ALTER_3) == told


@pytest.mark.parametrize(
    ("data", "told"),
    [
        (ACK_2, None),
        (pdu(BIND_NAK, struct.pack("<HB", 8, 0)), Answer(False, "bind_nak 8")),
        (pdu(BIND_NAK, struct.pack("<HB", 1, 0)), None),
        (fault(5), Answer(False, "0x00000005")),
        (fault(0x1C010014), None),
        (response(call=6) + fault(5), Answer(False, "0x00000005")),
        (fault(5, call=6) + ACK_2, None),
    ],
)
def test_a_bind_may_be_refused(data: bytes, told: Answer | None) -> None:
    assert answer(data, BIND_1, 1) == told


def test_a_server_asks_for_no_answer() -> None:
    assert claimed(ACK_2, 2).listen is None


def test_a_response_cut_before_its_security_context_is_one_all_the_same() -> None:
    listen = claimed(AUTH3_3, 3).listen
    assert listen is not None
    assert listen(response(bytes(16))[:-20], True) == Answer(True, "response")


def test_what_is_no_fragment_tells_nothing() -> None:
    assert answer(b"HTTP/1.1 200 Success\r\n") is None
    assert answer(response()[:-1]) == Need(len(response()))
    assert answer(b"\x05\0") == Need(16)


TALKS: dict[str, Turns] = {
    "success": [(0, BIND_1), (1, ACK_2), (0, AUTH3_3 + pdu(0)), (1, response())],
    "failure": [(0, BIND_1), (1, ACK_2), (0, AUTH3_3 + pdu(0)), (1, fault(5, call=8))],
    "refusal": [(0, BIND_1), (1, pdu(BIND_NAK, struct.pack("<HB", 8, 0)))],
    "spnego": [(0, b"junk" + BIND_1), (1, ACK_2), (0, ALTER_3), (1, agreed(0))],
}
ENDS = {"success": True, "failure": False, "refusal": False, "spnego": True}


@pytest.mark.parametrize("name", TALKS)
def test_any_segmentation_gives_the_same(name: str) -> None:
    whole = heard(TALKS[name])
    *_, (side, last) = whole
    assert isinstance(last.message, Answer)
    assert (side, last.message.is_success) == (1, ENDS[name])
    assert {found.carrier for _, found in whole} == {"dcerpc"}
    for size in (1, 2, 3, 7, 50, 333):
        assert heard(TALKS[name], size) == whole


def channel(verb: bytes, body: bytes) -> Turns:
    """Open a channel of RPC over HTTP (MS-RPCH 2.1.2.1); fragments are its body."""
    head = verb + b" /rpc/rpcproxy.dll?mail:6001 HTTP/1.1\r\nHost: mail\r\n\r\n"
    reply = b"HTTP/1.1 200 Success\r\nContent-Type: application/rpc\r\n\r\n"
    rts = pdu(RTS, struct.pack("<HH", 0, 0))
    if verb == b"RPC_IN_DATA":
        return [(0, head + rts + body), (1, reply)]
    return [(0, head + rts), (1, reply + rts + body)]


@pytest.mark.parametrize(
    ("verb", "body", "count"),
    [(b"RPC_IN_DATA", BIND_1 + AUTH3_3, 2), (b"RPC_OUT_DATA", ACK_2 + fault(5), 1)],
)
def test_a_channel_of_rpc_over_http(verb: bytes, body: bytes, count: int) -> None:
    talk = channel(verb, body)
    whole = heard(talk)
    assert [found.carrier for _, found in whole] == ["dcerpc"] * count
    for size in (1, 7, 50):
        assert heard(talk, size) == whole


@given(st.binary(max_size=99), st.binary(max_size=99), st.booleans())
def test_any_bytes(before: bytes, after: bytes, final: bool) -> None:
    verdict = dcerpc_bind.claim(token(b"\x05\0\x0b" + before + TYPES[1] + after, 1))
    assert verdict is None or isinstance(verdict, Envelope)
    for listen in (claimed(AUTH3_3, 3).listen, claimed(BIND_1, 1).listen):
        assert listen is not None
        for start in (b"", b"\x05\0\x02\x03\x10\0\0\0"):
            told = listen(start + before + after, final)
            assert told is None or isinstance(told, Answer | Need)
