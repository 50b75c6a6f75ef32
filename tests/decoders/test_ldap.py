"""Binds written by hand in BER, as RFC 4511 and [MS-ADTS] 5.1.1.1.3 have them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from impacket.ldap import ldapasn1
from impacket.spnego import SPNEGO_NegTokenInit, TypesMech
from pyasn1.codec.ber import encoder

from decoders import ldap
from decoders.carrier import Answer, Envelope, Need, Token
from tests.support import ntlm
from tests.support.dialogues import Turns, heard

NTLM_OID = TypesMech["NTLMSSP - Microsoft NTLM Security Support Provider"]


def tlv(tag: int, *parts: bytes) -> bytes:
    contents = b"".join(parts)
    return bytes([tag, 0x82]) + len(contents).to_bytes(2, "big") + contents


def message(number: int, operation: bytes) -> bytes:
    return tlv(0x30, b"\x02\x01" + bytes([number]), operation)


def bind(choice: bytes, number: int = 7) -> bytes:
    return message(number, tlv(0x60, b"\x02\x01\x03", b"\x04\x04NTLM", choice))


def response(code: int, name: bytes = b"", more: bytes = b"", number: int = 7) -> bytes:
    fields = b"\x0a\x01" + bytes([code]), tlv(0x04, name), tlv(0x04), more
    return message(number, tlv(0x61, *fields))


def token(data: bytes, ntlmssp: bytes, kind: int) -> Token:
    start = data.index(ntlmssp)
    return Token(data, start, start + len(ntlmssp), kind, False, b"")


SICILY_1 = bind(tlv(0x8A, ntlm.NEGOTIATE))
SICILY_3 = bind(tlv(0x8B, ntlm.AUTHENTICATE_V2))
SASL_3 = bind(tlv(0xA3, b"\x04\x0aGSS-SPNEGO", tlv(0x04, ntlm.AUTHENTICATE_V2)))


def answer(data: bytes, kind: int = 3) -> object:
    request = SICILY_3 if kind == 3 else SICILY_1
    sent = ntlm.AUTHENTICATE_V2 if kind == 3 else ntlm.NEGOTIATE
    envelope = ldap.claim(token(request, sent, kind))
    assert envelope is not None
    assert envelope.listen is not None
    return envelope.listen(data, False)


@pytest.mark.parametrize(
    ("data", "ntlmssp", "kind"),
    [
        (SICILY_1, ntlm.NEGOTIATE, 1),
        (SICILY_3, ntlm.AUTHENTICATE_V2, 3),
        (SASL_3, ntlm.AUTHENTICATE_V2, 3),
        (b"0\x05\x02\x01\x06\x42\0" + SASL_3, ntlm.AUTHENTICATE_V2, 3),
        (response(0, ntlm.CHALLENGE_V2), ntlm.CHALLENGE_V2, 2),
        (response(14, b"", tlv(0x87, ntlm.CHALLENGE_V2)), ntlm.CHALLENGE_V2, 2),
    ],
)
def test_the_fields_of_a_bind_are_claimed(
    data: bytes, ntlmssp: bytes, kind: int
) -> None:
    assert isinstance(ldap.claim(token(data, ntlmssp, kind)), Envelope)


@pytest.mark.parametrize(
    "data",
    [
        ntlm.NEGOTIATE,
        tlv(0x30, ntlm.NEGOTIATE),
        message(7, tlv(0x63, b"\x04\x01x", tlv(0x04, ntlm.NEGOTIATE))),
        bind(tlv(0x8A, ntlm.NEGOTIATE + b"more")),
        bind(tlv(0x80, ntlm.NEGOTIATE)),
        bind(tlv(0xA3)) + ntlm.NEGOTIATE,
        bind(tlv(0xA3, tlv(0x0C, ntlm.NEGOTIATE))),
        message(7, tlv(0x60, b"\x02\x01\x03", tlv(0x04, ntlm.NEGOTIATE))),
        bind(b"") + ntlm.NEGOTIATE,
    ],
)
def test_what_stands_elsewhere_is_not(data: bytes) -> None:
    assert ldap.claim(token(data, ntlm.NEGOTIATE, 1)) is None


@pytest.mark.parametrize(("code", "success"), [(0, True), (49, False), (8, False)])
def test_the_result_code_is_the_outcome(code: int, success: bool) -> None:
    assert answer(response(code)) == Answer(success, str(code))


def test_a_challenge_is_no_outcome_and_a_refusal_of_type_1_is_one() -> None:
    assert answer(response(14)) is None
    assert answer(response(0, ntlm.CHALLENGE_V2), 1) is None
    assert answer(response(49), 1) == Answer(False, "49")


def test_only_the_answer_to_this_bind_counts() -> None:
    other = response(49, number=6)
    assert answer(other) == Need(len(other) + 1)
    assert answer(other + response(0)) == Answer(True, "0")
    assert answer(message(7, tlv(0x65, b""))) is None


def test_a_cut_answer_is_waited_for() -> None:
    whole = response(0)
    for size in range(len(whole)):
        assert answer(whole[:size]) == Need(size + 1)


def sent_by_impacket(choice: str, value: object) -> bytes:
    asked = ldapasn1.BindRequest()
    asked["version"], asked["name"] = 3, "user"
    if choice == "sasl":
        asked["authentication"]["sasl"]["mechanism"] = "GSS-SPNEGO"
        asked["authentication"]["sasl"]["credentials"] = value
    else:
        asked["authentication"][choice] = value
    envelope = ldapasn1.LDAPMessage()
    envelope["messageID"] = 7
    envelope["protocolOp"].setComponentByType(asked.getTagSet(), asked)
    return bytes(encoder.encode(envelope))


def test_impacket_binds() -> None:
    sicily = sent_by_impacket("sicilyNegotiate", ntlm.NEGOTIATE)
    assert isinstance(ldap.claim(token(sicily, ntlm.NEGOTIATE, 1)), Envelope)
    spnego = SPNEGO_NegTokenInit()
    spnego["MechTypes"], spnego["MechToken"] = [NTLM_OID], ntlm.NEGOTIATE
    sasl = sent_by_impacket("sasl", spnego.getData())
    assert isinstance(ldap.claim(token(sasl, ntlm.NEGOTIATE, 1)), Envelope)


def test_a_number_is_the_same_however_it_is_written() -> None:
    padded = tlv(0x30, b"\x02\x02\x00\x07", response(0)[7:])
    assert answer(padded) == Answer(True, "0")


TALKS: dict[bool, Turns] = {
    is_success: [
        (0, b"junk" + bind(tlv(0x8A, ntlm.NEGOTIATE), 6)),
        (1, response(0, ntlm.CHALLENGE_V2, number=6)),
        (0, SICILY_3),
        (1, response(0 if is_success else 49)),
    ]
    for is_success in (True, False)
}
SASL_TALK: Turns = [
    (0, bind(tlv(0xA3, b"\x04\x06GSSAPI", tlv(0x04, ntlm.NEGOTIATE)), 6)),
    (1, response(14, b"", tlv(0x87, ntlm.CHALLENGE_V2), number=6)),
    (0, SASL_3),
    (1, message(3, tlv(0x64)) + response(0)),
]


@pytest.mark.parametrize(
    ("talk", "success"), [(TALKS[True], True), (TALKS[False], False), (SASL_TALK, True)]
)
def test_any_segmentation_gives_the_same(talk: Turns, success: bool) -> None:
    whole = heard(talk)
    *_, (side, last) = whole
    assert isinstance(last.message, Answer)
    assert (side, last.message.is_success) == (1, success)
    assert {found.carrier for _, found in whole} == {"ldap"}
    for size in (1, 2, 3, 7, 50, 333):
        assert heard(talk, size) == whole


@given(st.binary(max_size=99), st.binary(max_size=99))
def test_any_bytes(before: bytes, after: bytes) -> None:
    data = b"0\x84" + before + ntlm.NEGOTIATE + after
    verdict = ldap.claim(token(data, ntlm.NEGOTIATE, 1))
    assert verdict is None or isinstance(verdict, Envelope)
    heard = answer(b"0" + before + after)
    assert heard is None or isinstance(heard, Answer | Need)
