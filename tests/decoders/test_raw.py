from __future__ import annotations

import base64
import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

from decoders import ntlmssp, raw
from decoders.limits import TEXT_BYTES
from decoders.messages import Found
from decoders.raw import Need
from tests.support import ntlm

LYING = b"NTLMSSP\0\3\0\0\0" + struct.pack("<HHI", 9, 8, 64) + bytes(44)


def test_a_bare_message_with_others_around_it() -> None:
    found = raw.at(b"front" + ntlm.AUTHENTICATE_V2 + b"back", 5, final=False)

    assert isinstance(found, Found)
    assert found.message == ntlmssp.decode(ntlm.AUTHENTICATE_V2)
    assert (found.carrier, found.start, found.length) == ("raw", 5, 232)
    assert found.matched == b"NTLMSSP\0\3\0\0\0"
    assert found.sample == ntlm.AUTHENTICATE_V2[:64]
    assert (found.from_client, found.confidence, found.truncated) == (
        True,
        "header",
        False,
    )


def test_direction_is_told_by_the_type() -> None:
    for data, from_client in ((ntlm.NEGOTIATE, True), (ntlm.CHALLENGE_V2, False)):
        found = raw.at(data, 0, final=True)
        assert isinstance(found, Found)
        assert found.from_client is from_client


@pytest.mark.parametrize("data", ntlm.SPEC)
def test_a_cut_message_is_waited_for_then_told_as_truncated(data: bytes) -> None:
    for cut in (64, len(data) - 1):
        assert isinstance(raw.at(data[:cut], 0, final=False), Need)
        found = raw.at(data[:cut], 0, final=True)
        assert isinstance(found, Found)
        assert found.truncated


def test_a_need_is_never_more_than_the_message() -> None:
    data = ntlm.AUTHENTICATE_V2
    for cut in range(8, len(data)):
        need = raw.at(data[:cut], 0, final=False)
        assert isinstance(need, Need)
        assert cut < need.size <= len(data)


def test_lies_are_no_message() -> None:
    assert raw.at(LYING, 0, final=False) is None
    assert raw.at(base64.b64encode(LYING), 0, final=False) is None
    assert raw.at(b"NTLMSSP\0\4\0\0\0", 0, final=False) is None


@pytest.mark.parametrize("front", [0, 1, 2])
@pytest.mark.parametrize("data", ntlm.SPEC)
def test_base64_at_each_alignment(data: bytes, front: int) -> None:
    text = b"x: " + base64.b64encode(b"\xa1" * front + data + b"\x04" * 30)
    needle = min(at for n in raw.NEEDLES if (at := text.find(n)) >= 0)
    found = raw.at(text, needle, final=False)

    assert isinstance(found, Found)
    assert found.message == ntlmssp.decode(data)
    assert found.start == 3
    assert found.length == -(-(front + len(data)) * 4 // 3)
    assert found.sample == data[:64]


def test_base64_is_waited_for_by_letters() -> None:
    text = base64.b64encode(ntlm.CHALLENGE_V2)
    for cut in range(10, len(text) - 1):
        need = raw.at(text[:cut], 0, final=False)
        assert isinstance(need, Need)
        assert cut < need.size <= len(text)


def test_a_text_that_ends_early_is_truncated() -> None:
    text = base64.b64encode(ntlm.CHALLENGE_V2)[:96]

    for found in (raw.at(text + b'"', 0, final=False), raw.at(text, 0, final=True)):
        assert isinstance(found, Found)
        assert found.truncated


def test_a_text_that_is_too_long_asks_for_more_than_the_limit() -> None:
    header = b"NTLMSSP\0" + struct.pack("<II", 1, 0x1207)
    header += struct.pack("<HHIHHI", 60000, 60000, 32, 0, 0, 32)
    letters = base64.b64encode(header + b"a" * 60000)
    folded = b"\r\n   ".join(letters[i : i + 4] for i in range(0, len(letters), 4))
    need = raw.at(folded, 0, final=False)

    assert isinstance(need, Need)
    assert need.size > TEXT_BYTES


def test_a_long_run_is_not_decoded_as_a_whole(monkeypatch: pytest.MonkeyPatch) -> None:
    decoded = []

    def count(letters: bytes) -> bytes:
        decoded.append(len(letters))
        return base64.b64decode(letters + b"=" * (-len(letters) % 4))

    monkeypatch.setattr(raw.base64text, "decode", count)
    raw.at(base64.b64encode(ntlm.CHALLENGE_V2) + b"A" * 100_000, 0, final=False)

    assert sum(decoded) <= 1024


def test_datagrams() -> None:
    data = b"x" + ntlm.NEGOTIATE + b" " + base64.b64encode(ntlm.CHALLENGE_V2) + LYING
    found = list(raw.datagram(data))

    assert [one.message for one in found] == [
        ntlmssp.decode(ntlm.NEGOTIATE),
        ntlmssp.decode(ntlm.CHALLENGE_V2),
    ]
    (cut,) = raw.datagram(ntlm.AUTHENTICATE_V2[:100])
    assert cut.truncated


@given(st.binary(max_size=120), st.sampled_from(raw.NEEDLES), st.booleans())
def test_any_bytes_after_a_needle(tail: bytes, needle: bytes, final: bool) -> None:
    verdict = raw.at(b"abcd" + needle + tail, 4, final)

    assert not (final and isinstance(verdict, Need))
