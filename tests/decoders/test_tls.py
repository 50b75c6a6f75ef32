"""Hellos as RFC 8446 draws them; aioquic and Python's ssl are the other witnesses."""

from __future__ import annotations

import ssl

import pytest
from hypothesis import given
from hypothesis import strategies as st

from decoders.tls import ClientHello, client_hello, extent
from decoders.wire import DecodeError
from tests.support import quic


def test_a_hello_says_name_and_protocols() -> None:
    data = quic.client_hello((b"h3", b"smb"), b"fs.example.test")
    assert client_hello(data) == ClientHello("fs.example.test", (b"h3", b"smb"))
    assert extent(data) == len(data)
    assert client_hello(data + b"more") == client_hello(data)


def test_the_hello_of_openssl_is_read() -> None:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    context.set_alpn_protocols(["smb", "h2"])
    out = ssl.MemoryBIO()
    end = context.wrap_bio(ssl.MemoryBIO(), out, server_hostname="a.example.test")
    with pytest.raises(ssl.SSLWantReadError):
        end.do_handshake()
    record = out.read()[5:]
    assert client_hello(record) == ClientHello("a.example.test", (b"smb", b"h2"))


def test_a_hello_may_ask_for_nothing() -> None:
    bare = b"\x01\0\0\x2b\x03\x03" + bytes(32) + b"\0\0\x02\x13\x01\x01\0\0\0"
    assert client_hello(bare) == ClientHello()


def test_a_cut_hello_says_what_is_whole() -> None:
    data = quic.client_hello()
    whole = client_hello(data)
    assert client_hello(data[:-7]) == whole  # the extension after ALPN is cut
    assert client_hello(data[:-8]) == ClientHello(quic.NAME)
    assert client_hello(data[:-28]) == ClientHello()


@pytest.mark.parametrize("size", [0, 1, 3, 4, 30, 44])
def test_a_hello_cut_before_its_extensions_is_an_error(size: int) -> None:
    with pytest.raises(DecodeError):
        client_hello(quic.client_hello()[:size])


def test_another_message_is_an_error() -> None:
    with pytest.raises(DecodeError, match="type 2 is not 1"):
        client_hello(quic.server_hello())


def test_extent_needs_the_header() -> None:
    assert [extent(b"\x01\0\x02"), extent(b"\x01\0\x02\0")] == [4, 0x204]


@given(st.binary(max_size=200), st.integers(0, 60))
def test_any_bytes_give_a_hello_or_a_decode_error(tail: bytes, keep: int) -> None:
    data = quic.client_hello()[:keep] + tail
    try:
        hello = client_hello(data)
    except DecodeError:
        return
    assert all(one in data for one in hello.protocols)
