from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from impacket.spnego import SPNEGO_NegTokenInit, SPNEGO_NegTokenResp, TypesMech

from decoders import ntlmssp, spnego
from decoders.spnego import Token
from decoders.wire import DecodeError
from tests.support import ntlm

NTLMSSP = "1.3.6.1.4.1.311.2.2.10"
KERBEROS = "1.2.840.113554.1.2.2"
AP_REQ = bytes.fromhex("6013 0609 2a864886f712010202 0100 6e06 300406026869")


def init(token: bytes, *mechs: str) -> bytes:
    blob = SPNEGO_NegTokenInit()
    blob["MechTypes"] = [TypesMech[mech] for mech in mechs]
    blob["MechToken"] = token
    return bytes(blob.getData())


def resp(token: bytes, state: bytes = b"\x01") -> bytes:
    blob = SPNEGO_NegTokenResp()
    blob["NegState"] = state
    blob["SupportedMech"] = TypesMech[
        "NTLMSSP - Microsoft NTLM Security Support Provider"
    ]
    blob["ResponseToken"] = token
    return bytes(blob.getData())


def test_an_init_token_with_ntlmssp() -> None:
    blob = init(ntlm.NEGOTIATE, "NTLMSSP - Microsoft NTLM Security Support Provider")
    token = spnego.decode(blob)

    assert token.mechs == (NTLMSSP,)
    assert token.ntlm == ntlmssp.decode(ntlm.NEGOTIATE)
    end = token.ntlm_start + token.ntlm_length
    assert blob[token.ntlm_start : end] == ntlm.NEGOTIATE


def test_a_resp_token_with_ntlmssp() -> None:
    token = spnego.decode(resp(ntlm.CHALLENGE_V2))

    assert (token.mechs, token.state) == ((NTLMSSP,), 1)
    assert token.ntlm == ntlmssp.decode(ntlm.CHALLENGE_V2)


def test_states_without_a_token() -> None:
    assert spnego.decode(bytes.fromhex("a1073005a0030a0100")) == Token(state=0)
    assert spnego.decode(bytes.fromhex("a1073005a0030a0102")) == Token(state=2)


def test_kerberos_is_recognised_and_named() -> None:
    mechs = ("MS KRB5 - Microsoft Kerberos 5", "KRB5 - Kerberos 5")
    token = spnego.decode(init(AP_REQ, *mechs))

    assert token.mechs == ("1.2.840.48018.1.2.2", KERBEROS)
    assert token.kerberos
    assert spnego.decode(AP_REQ) == Token(mechs=(KERBEROS,), kerberos=True)
    assert spnego.decode(AP_REQ[15:]) == Token(kerberos=True)


def test_a_kerberos_offer_without_a_ticket_is_no_kerberos_logon() -> None:
    assert not spnego.decode(init(b"", "KRB5 - Kerberos 5")).kerberos


def test_raw_ntlmssp_without_spnego() -> None:
    token = spnego.decode(ntlm.AUTHENTICATE_V2)

    assert token.ntlm == ntlmssp.decode(ntlm.AUTHENTICATE_V2)
    assert (token.ntlm_start, token.ntlm_length) == (0, len(ntlm.AUTHENTICATE_V2))


def test_odd_der_does_not_hide_ntlmssp() -> None:
    for front in (b"\x60\x84\xff\xff\xff\xff", b"\xa1\x80", b"junk"):
        token = spnego.decode(front + ntlm.NEGOTIATE)
        assert token.ntlm == ntlmssp.decode(ntlm.NEGOTIATE)
        assert token.ntlm_start == len(front)


def test_ntlmssp_beside_a_token_is_found() -> None:
    blob = bytes.fromhex("a1073005a0030a0101") + ntlm.NEGOTIATE

    assert spnego.decode(blob) == Token(
        state=1,
        ntlm=ntlmssp.decode(ntlm.NEGOTIATE),
        ntlm_start=9,
        ntlm_length=len(ntlm.NEGOTIATE),
    )


def test_a_cut_blob_gives_what_is_there() -> None:
    blob = resp(ntlm.CHALLENGE_V2)
    token = spnego.decode(blob[:-20], truncated=True)

    assert token.state == 1
    assert isinstance(token.ntlm, ntlmssp.Challenge)
    assert token.ntlm.target_name == "Server"


@pytest.mark.parametrize("blob", [b"", b"\x04\x01a", b"hello", b"\x60\x03\x02\x01\x01"])
def test_what_is_no_token_is_refused(blob: bytes) -> None:
    with pytest.raises(DecodeError):
        spnego.decode(blob)
    assert spnego.maybe(blob) is None


@settings(max_examples=300)
@given(st.data())
def test_any_bytes_give_a_token_or_a_decode_error(data: st.DataObject) -> None:
    blob = bytearray(
        data.draw(
            st.sampled_from(
                [init(AP_REQ, "KRB5 - Kerberos 5"), resp(ntlm.AUTHENTICATE_V2)]
            )
        )
    )
    for _ in range(data.draw(st.integers(1, 4))):
        blob[data.draw(st.integers(0, len(blob) - 1))] = data.draw(st.integers(0, 255))
    cut = data.draw(st.integers(0, len(blob)))
    spnego.maybe(bytes(blob[:cut]), data.draw(st.booleans()))
