from __future__ import annotations

import base64

import pytest
from hypothesis import given
from hypothesis import strategies as st

from decoders import base64text
from tests.support import ntlm


def needle_in(text: bytes) -> int:
    return min(at for n in base64text.NEEDLES if (at := text.find(n)) >= 0)


@pytest.mark.parametrize("front", range(12))
@pytest.mark.parametrize("url_safe", [True, False])
def test_every_alignment_and_alphabet(front: int, url_safe: bool) -> None:
    encode = base64.urlsafe_b64encode if url_safe else base64.b64encode
    token = encode(b"\xa1" * front + ntlm.AUTHENTICATE_V2)
    for text in (token, token.rstrip(b"=")):
        whole = b"Authorization: Negotiate " + text + b"\r\nHost: x"
        found = base64text.read(whole, needle_in(whole))

        assert found is not None
        assert found.ended
        assert found.data.removeprefix(b"\xa1" * (front % 3)) == ntlm.AUTHENTICATE_V2
        assert found.end == len(whole) - 9 - text.count(b"=")


def test_folded_lines() -> None:
    token = base64.b64encode(ntlm.AUTHENTICATE_V2)
    folded = b"\r\n ".join(token[i : i + 64] for i in range(0, len(token), 64))
    found = base64text.read(folded + b"\r\nHost: x", 0)

    assert found is not None
    assert (found.data, found.ended) == (ntlm.AUTHENTICATE_V2, True)


@pytest.mark.parametrize("tail", [b"", b"\r", b"\r\n", b"\r\n ", b"\n\t "])
def test_a_run_that_may_go_on_has_not_ended(tail: bytes) -> None:
    found = base64text.read(b"TlRMTVNTUAABAAAA" + tail, 0)

    assert found is not None
    assert not found.ended


@pytest.mark.parametrize("tail", [b"=", b'"', b"\r\n\r\n", b"\r\nHost: x", b" HTTP"])
def test_what_is_not_base64_ends_a_run(tail: bytes) -> None:
    found = base64text.read(b"TlRMTVNTUAABAAAA" + tail, 0)

    assert found is not None
    assert found.ended


def test_a_needle_without_its_group_is_no_token() -> None:
    assert base64text.read(b"a5UTE1TU1AA", 1) is None
    assert base64text.read(b" :5UTE1TU1AA", 2) is None


@given(st.binary(min_size=1, max_size=100))
def test_padding_is_not_needed(data: bytes) -> None:
    assert base64text.decode(base64.b64encode(data).rstrip(b"=")) == data


@given(st.binary(max_size=60), st.sampled_from(base64text.NEEDLES))
def test_any_bytes_around_a_needle(tail: bytes, needle: bytes) -> None:
    found = base64text.read(b"abc" + needle + tail, 3)

    assert found is not None
    assert found.end <= len(tail) + 13
