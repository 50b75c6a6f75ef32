"""Packets laid out as Oracle's clients and servers of version 9 and 10 send them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from decoders import tns
from decoders.carrier import Answer, Envelope, Need, Token
from decoders.limits import CONTEXT_BYTES, FACT_CHARS
from tests.support import claims, ntlm
from tests.support.turns import Turn, answers, heard

DESCRIPTOR = (
    b"(DESCRIPTION=(CONNECT_DATA=(SERVICE_NAME=sales)(CID=(PROGRAM=C:\\sqlplus.exe)"
    b"(HOST=PC)(USER=u)))(ADDRESS=(PROTOCOL=TCP)(HOST=db.example)(PORT=1521)))"
)
KNOWN = {
    "Database": "sales",
    "AppName": "C:\\sqlplus.exe",
    "ServerName": "db.example",
}


def packet(kind: int, contents: bytes, is_wide: bool = False) -> bytes:
    size = (8 + len(contents)).to_bytes(4 if is_wide else 2, "big")
    return size.ljust(4, b"\0") + bytes([kind, 0, 0, 0]) + contents


def data(contents: bytes, is_wide: bool = False) -> bytes:
    return packet(6, b"\0\0" + contents, is_wide)


def services(message: bytes, error: int = 0) -> bytes:
    fields = (b"\0\4\0\1", len(message).to_bytes(4, "little"))
    service = b"\0\1\0\2" + error.to_bytes(4, "big") + b"".join(fields)
    service += len(message).to_bytes(2, "big") + b"\0\1" + message
    size = (13 + len(service)).to_bytes(2, "big")
    return b"\xde\xad\xbe\xef" + size + b"\x0a\x20\1\0\0\1\0" + service


CONNECT = packet(1, bytes(50) + DESCRIPTOR)
TYPE_1 = data(services(ntlm.NEGOTIATE))
TYPE_2 = data(services(ntlm.CHALLENGE_V2))
TYPE_3 = data(services(ntlm.AUTHENTICATE_V2))
PROTOCOL = data(b"\1\6\0IBMPC/WIN_NT-8.1.0")
KEY = data(b"\x08\2\0\x0c\0\0\0\x0cAUTH_SESSKEY@")
LET_IN = data(b"\x08\x15\0\x13\0\0\0\x13AUTH_VERSION_STRING\x0c")
MARKER = packet(12, b"\1\0\2")
DENIED = data(b"\4\1" + bytes(80) + b"ORA-01017: invalid username/password\n")
ASKED: list[Turn] = [(0, CONNECT), (0, TYPE_1), (1, TYPE_2), (0, TYPE_3)]


def token(before: bytes, message: bytes, kind: int, after: bytes = b"") -> Token:
    end = len(before) + len(message)
    return Token(before + message + after, len(before), end, kind, False, b"")


def claimed(packets: bytes, message: bytes, kind: int) -> Envelope | None:
    before, _, after = packets.partition(message)
    return tns.claim(token(before, message, kind, after))


def answer(said: bytes, kind: int = 3, final: bool = False) -> object:
    asked = (TYPE_1, ntlm.NEGOTIATE) if kind == 1 else (TYPE_3, ntlm.AUTHENTICATE_V2)
    return claims.answer(claimed(*asked, kind), said, final)


def test_a_field_of_native_services_is_claimed() -> None:
    first = claimed(CONNECT + TYPE_1, ntlm.NEGOTIATE, 1)
    assert first is not None
    assert dict(first.facts) == KNOWN
    wide = data(services(ntlm.AUTHENTICATE_V2), is_wide=True)
    last = claimed(wide, ntlm.AUTHENTICATE_V2, 3)
    assert last is not None
    assert dict(last.facts) == {}
    assert claimed(TYPE_2, ntlm.CHALLENGE_V2, 2) == Envelope()


def test_an_older_descriptor_names_a_sid() -> None:
    older = b"(DESCRIPTION=(ADDRESS=(PROTOCOL=TCP)(HOST=AA))(CONNECT_DATA=(SID=void)))"
    envelope = claimed(packet(1, older) + TYPE_1, ntlm.NEGOTIATE, 1)
    assert envelope is not None
    assert dict(envelope.facts) == {"Database": "void", "ServerName": "AA"}


def test_texts_of_a_stranger_are_cut() -> None:
    connect = CONNECT.replace(b"sales", b"a" * 999)
    envelope = claimed(connect + TYPE_1, ntlm.NEGOTIATE, 1)
    assert envelope is not None
    assert envelope.facts["Database"] == "a" * FACT_CHARS


@pytest.mark.parametrize(
    "said",
    [
        ntlm.NEGOTIATE,
        data(ntlm.NEGOTIATE),
        packet(1, b"\0\0" + services(ntlm.NEGOTIATE)),
        data(services(ntlm.NEGOTIATE + b"more")),
        data(services(ntlm.NEGOTIATE))[:8] + services(ntlm.NEGOTIATE),
        data(services(b"")) + ntlm.NEGOTIATE,
        data(services(b"") + b"\0\x28\0\1" + ntlm.NEGOTIATE),
    ],
)
def test_what_stands_elsewhere_is_not(said: bytes) -> None:
    assert claimed(said, ntlm.NEGOTIATE, 1) is None


def test_the_answer_to_the_logon_is_the_outcome() -> None:
    assert answer(PROTOCOL + KEY + LET_IN) == Answer(True, "ORA-00000")
    assert answer(PROTOCOL + KEY + MARKER + DENIED) == Answer(False, "ORA-01017")
    assert answer(data(services(b"", error=12638))) == Answer(False, "ORA-12638")
    assert answer(packet(4, b"\1\0\0\0(ERR=12514)")) == Answer(False, "ORA-12514")
    assert answer(packet(4, b"\1\0\0\0")) == Answer(False, "refused")


def test_only_a_refusal_answers_type_1() -> None:
    assert answer(TYPE_2, 1) is None
    assert answer(data(services(b"", error=12638)), 1) == Answer(False, "ORA-12638")
    assert answer(LET_IN, 1) is None


def test_what_is_not_of_this_protocol_tells_nothing() -> None:
    assert answer(b"HTTP/1.1 200 OK\r\n") is None
    assert answer(packet(6, bytes(CONTEXT_BYTES))) is None
    assert answer(packet(6, b"")) == Need(16)
    assert answer(PROTOCOL, final=True) is None


def test_a_cut_answer_is_waited_for() -> None:
    whole = PROTOCOL + KEY
    for size in range(len(whole)):
        verdict = answer(whole[:size])
        assert isinstance(verdict, Need)
        assert size < verdict.size <= len(whole)


@pytest.mark.parametrize(
    ("last", "outcome"),
    [
        (LET_IN, [Answer(True, "ORA-00000")]),
        (DENIED, [Answer(False, "ORA-01017")]),
        (b"", []),
    ],
)
def test_however_it_is_cut(last: bytes, outcome: list[Answer]) -> None:
    turns = [*ASKED, (1, PROTOCOL + KEY), (1, last)]
    assert answers(turns) == outcome
    assert [one.carrier for one in heard(turns)] == ["tns"] * (3 + len(outcome))
    for size in (1, 2, 3, 7):
        assert heard(turns, size) == heard(turns)


@given(st.binary(max_size=99), st.binary(max_size=99), st.booleans())
def test_any_bytes(before: bytes, after: bytes, final: bool) -> None:
    said = b"\xde\xad\xbe\xef" + before + b"\0\x28\0\1" + ntlm.NEGOTIATE + after
    verdict = claimed(said, ntlm.NEGOTIATE, 1)
    assert verdict is None or isinstance(verdict, Envelope)
    for said in (before + after, PROTOCOL + before, KEY[:11] + before):
        assert isinstance(answer(said, 3, final), Answer | Need | None)
