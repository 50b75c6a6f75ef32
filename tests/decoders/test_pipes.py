"""Binds in SMB messages by hand: MS-SMB2 2.2.20 and 2.2.21, MS-CIFS 2.2.5.6."""

from __future__ import annotations

import struct
from collections.abc import Callable

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from decoders import ntlmssp, pipes
from decoders.carrier import Answer
from tests.support import ntlm, smb
from tests.support.dialogues import Turns, heard
from tests.support.rpc import (
    ALTER,
    AUTH3,
    BIND,
    BIND_ACK,
    BIND_NAK,
    SPNEGO,
    SVCCTL,
    agreed,
    contexts,
    fault,
    pdu,
    response,
)
from tests.support.sql import (
    DENIED,
    ENVCHANGE,
    INFO,
    KNOWN,
    LET_IN,
    LOGIN,
    LOGINACK,
    TYPE_2,
    TYPE_3,
    packets,
)

BIND_1 = pdu(BIND, contexts(), ntlm.NEGOTIATE)
ACK_2 = pdu(BIND_ACK, bytes(36), ntlm.CHALLENGE_V2)
AUTH3_3 = pdu(AUTH3, bytes(4), ntlm.AUTHENTICATE_V2)
ALTER_3 = pdu(ALTER, contexts(), b"\xa1\x82\1\0" + ntlm.AUTHENTICATE_V2, SPNEGO)
NAK = pdu(BIND_NAK, struct.pack("<HB", 8, 0))
CALL = pdu(0, bytes(8))
LONG = response(bytes(16), stub=bytes(800))
FACTS = {"Interface": str(SVCCTL), "InterfaceName": "svcctl"}

Frame = Callable[[bytes], bytes]


def transact(data: bytes) -> bytes:
    words = bytes(24) + struct.pack("<H", 68) + bytes(6)
    return smb.smb1(0x25, words, b"\0" + data)


def transact_reply(data: bytes) -> bytes:
    words = bytes(14) + struct.pack("<H", 56) + bytes(4)
    return smb.smb1(0x25, words, b"\0" + data, reply=True)


def compound_reply(data: bytes) -> bytes:
    first = smb.smb2(9, b"\x11" + bytes(15), reply=True, following=80)
    return first + smb.read_reply(data)


def talk(ask: Frame, reply: Frame, *turns: bytes) -> Turns:
    frames = [(ask, reply)[turn % 2](data) for turn, data in enumerate(turns)]
    return [(turn % 2, smb.nbss(frame)) for turn, frame in enumerate(frames)]


@pytest.mark.parametrize(
    ("ask", "reply", "carrier"),
    [
        (smb.write, smb.read_reply, "smb2"),
        (smb.write, compound_reply, "smb2"),
        (transact, transact_reply, "smb1"),
    ],
)
@pytest.mark.parametrize(
    ("turns", "told"),
    [
        ((BIND_1, ACK_2, AUTH3_3 + CALL, response()), Answer(True, "response")),
        ((BIND_1, ACK_2, AUTH3_3 + CALL, LONG), Answer(True, "response")),
        ((BIND_1, ACK_2, AUTH3_3, fault(5)), Answer(False, "0x00000005")),
        ((BIND_1, NAK), Answer(False, "bind_nak 8")),
        ((BIND_1, ACK_2, ALTER_3, agreed(0)), Answer(True, "alter_context_resp")),
        ((BIND_1, ACK_2, AUTH3_3, b"", b"", fault(5)), Answer(False, "0x00000005")),
    ],
)
def test_the_outcome_is_heard_however_the_stream_is_cut(
    ask: Frame, reply: Frame, carrier: str, turns: tuple[bytes, ...], told: Answer
) -> None:
    said = talk(ask, reply, *turns)
    whole = heard(said)
    answers = [(side, one) for side, one in whole if isinstance(one.message, Answer)]
    ((side, found),) = answers
    assert (side, found.message, found.carrier) == (1, told, carrier)
    for size in (1, 3, 50, 333):
        assert heard(said, size) == whole


@pytest.mark.parametrize(
    ("ask", "reply", "carrier"),
    [(smb.write, smb.read_reply, "smb2"), (transact, transact_reply, "smb1")],
)
@pytest.mark.parametrize(
    ("last", "told"),
    [
        (LET_IN, Answer(True, "LOGINACK")),
        (packets(4, ENVCHANGE + INFO * 30 + LOGINACK), Answer(True, "LOGINACK")),
        (DENIED, Answer(False, "18456")),
    ],
)
def test_sql_may_be_spoken_in_a_pipe(
    ask: Frame, reply: Frame, carrier: str, last: bytes, told: Answer
) -> None:
    said = talk(ask, reply, LOGIN, TYPE_2, TYPE_3, last)
    whole = heard(said)
    inner = [one.message for _, found in whole for one in found.inner]
    messages = ntlm.NEGOTIATE, ntlm.CHALLENGE_V2, ntlm.AUTHENTICATE_V2
    assert inner == [*map(ntlmssp.decode, messages)]
    assert [found.message for _, found in whole][3:] == [told]
    assert {found.carrier for _, found in whole} == {carrier}
    assert whole[0][1].facts == KNOWN
    for size in (1, 3, 50, 333):
        assert heard(said, size) == whole


def test_what_only_begins_like_sql_is_passed_over() -> None:
    for data in (b"\x10\1\1\0\0\0\1\0" + bytes(200), TYPE_3[:-1]):
        found = heard(talk(smb.write, smb.read_reply, data))
        assert not any(one.inner for _, one in found)


def test_a_bind_names_its_interface() -> None:
    (_, found), *_ = heard(talk(smb.write, smb.read_reply, BIND_1))
    assert (found.carrier, found.facts) == ("smb2", FACTS)
    ((_, other),) = heard(talk(transact, transact_reply, BIND_1))
    assert (other.carrier, other.facts) == ("smb1", FACTS)


def test_a_session_setup_is_no_bind() -> None:
    ((_, found),) = heard([(0, smb.nbss(smb.session_setup(ntlm.NEGOTIATE)))])
    assert isinstance(found.inner[0].message, ntlmssp.Negotiate)
    assert found.facts == {}


def test_what_a_file_holds_is_no_answer() -> None:
    turns = BIND_1, ACK_2, AUTH3_3, b"\5\0\2\3 of a file", CALL, b"x" + response()
    found = heard(talk(smb.write, smb.read_reply, *turns))
    assert not any(isinstance(one.message, Answer) for _, one in found)


def test_what_is_no_message_in_a_compound_is_no_answer() -> None:
    ((_, found),) = heard([(0, smb.nbss(smb.write(AUTH3_3)))])
    listen = pipes.envelope(smb.write(AUTH3_3), found).listen
    assert listen is not None
    frame = bytearray(compound_reply(response()))
    assert pipes.answer(bytes(frame), listen) == Answer(True, "response")
    frame[80 + 4] += 1  # StructureSize
    assert pipes.answer(bytes(frame), listen) is None


@given(st.binary(max_size=99))
@example(smb.MAGIC)
def test_any_bytes(data: bytes) -> None:
    ((_, found),) = heard([(0, smb.nbss(smb.write(BIND_1)))])
    cut = smb.smb2(9, b"\x11" + bytes(15), reply=True, following=80) + data
    for message in (smb.write(data), transact(data), cut, compound_reply(data)):
        listen = pipes.envelope(smb.write(BIND_1), found).listen
        assert listen is not None
        told = pipes.answer(message, listen)
        assert told is None or isinstance(told, Answer)
        pipes.envelope(message, found)
