from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from impacket import nmb

from decoders import nbss
from decoders.nbss import Frame
from decoders.wire import DecodeError


@pytest.mark.parametrize(
    ("data", "frame"),
    [
        (b"\0\0\1\2rest", Frame(0, 258)),
        (b"\0\xff\xff\xff", Frame(0, 0xFF_FFFF)),
        (b"\x85\0\0\0", Frame(0x85, 0)),
        (b"\0\0\1", None),
        (b"", None),
    ],
)
def test_headers(data: bytes, frame: Frame | None) -> None:
    assert nbss.header(data) == frame
    assert nbss.header(b"before" + data, 6) == frame


@pytest.mark.parametrize(
    ("frame", "good"),
    [
        (Frame(nbss.REQUEST, 68), True),
        (Frame(nbss.REQUEST, 3), False),
        (Frame(nbss.POSITIVE, 0), True),
        (Frame(nbss.POSITIVE, 1), False),
        (Frame(nbss.NEGATIVE, 1), True),
        (Frame(nbss.RETARGET, 6), True),
        (Frame(nbss.KEEP_ALIVE, 0), True),
        (Frame(nbss.KEEP_ALIVE, 4), False),
        (Frame(nbss.MESSAGE, 0), False),
        (Frame(0x86, 0), False),
    ],
)
def test_lengths_must_fit_the_type(frame: Frame, good: bool) -> None:
    assert nbss.is_session_service(frame) is good


def test_a_session_request_as_impacket_encodes_names() -> None:
    called = nmb.encode_name("FILESRV", 0x20, "")
    calling = nmb.encode_name("WS01", 0x00, "")
    data = b"\x81\0\0\x44" + called + calling

    assert nbss.decode(data) == nbss.SessionRequest("FILESRV#20", "WS01#00")
    for cut in range(len(data)):
        with pytest.raises(DecodeError):
            nbss.decode(data[:cut])


@pytest.mark.parametrize(
    ("data", "message"),
    [
        ("82000000", nbss.PositiveResponse()),
        ("8300000182", nbss.NegativeResponse(0x82)),
        ("84000006 0a000001 008b", nbss.Retarget("10.0.0.1", 139)),
        ("85000000", nbss.KeepAlive()),
    ],
)
def test_answers(data: str, message: nbss.Message) -> None:
    assert nbss.decode(bytes.fromhex(data)) == message


def test_odd_names_are_refused() -> None:
    for name in (b"\x10" + b"A" * 32, b"\x20" + b"Z" * 32):
        with pytest.raises(DecodeError):
            nbss.decode(b"\x81\0\0\x44" + name + b"\0")


@given(st.binary(max_size=80))
def test_any_bytes_give_a_message_or_a_decode_error(data: bytes) -> None:
    try:
        nbss.decode(data)
    except DecodeError:
        return
    assert 0x81 <= data[0] <= 0x85
