"""Requests to proxies as RFC 1928, the SOCKS4 notes and RFC 9110 have them."""

from __future__ import annotations

import socket
import struct
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from decoders.limits import FACT_CHARS
from decoders.nbss import HEADER_BYTES
from decoders.proxy import target
from decoders.stream import StreamDecoder
from tests.support import ntlm, smb

GREETING = b"\x05\x01\x00"
WITH_PASSWORD = b"\x05\x02\x00\x02" + b"\x01\x05alice\x06secret"
IPV4, IPV6 = socket.inet_aton("198.51.100.7"), socket.inet_pton(10, "2001:db8::7")
PORT = struct.pack(">H", 445)
BY_NAME = b"\x05\x01\x00\x03\x0ffs.example.test" + PORT
BY_IPV4 = b"\x05\x01\x00\x01" + IPV4 + PORT
BY_IPV6 = b"\x05\x01\x00\x04" + IPV6 + PORT
SOCKS4 = b"\x04\x01" + PORT + IPV4 + b"alice\0"
SOCKS4A = b"\x04\x01" + PORT + b"\0\0\0\x01" + b"alice\0fs.example.test\0"
CONNECT = (
    b"CONNECT fs.example.test:445 HTTP/1.1\r\n"
    b"Host: fs.example.test:445\r\nProxy-Authorization: Basic eA==\r\n\r\n"
)
NAMES = b"\x20" + b"CKFDENECFDEFFCFGEFFCCACACACACACA" + b"\0"
SESSION_REQUEST = b"\x81\0\0\x44" + NAMES * 2


@pytest.mark.parametrize(
    ("before", "asked"),
    [
        (GREETING + BY_NAME, "fs.example.test:445"),
        (GREETING + BY_IPV4, "198.51.100.7:445"),
        (GREETING + BY_IPV6, "[2001:db8::7]:445"),
        (WITH_PASSWORD + BY_IPV4, "198.51.100.7:445"),
        (BY_NAME, "fs.example.test:445"),
        (SOCKS4, "198.51.100.7:445"),
        (SOCKS4.replace(b"alice", b""), "198.51.100.7:445"),
        (SOCKS4A, "fs.example.test:445"),
        (SOCKS4A.replace(b"alice", b""), "fs.example.test:445"),
        (CONNECT, "fs.example.test:445"),
        (CONNECT.replace(b"\r\n", b"\n"), "fs.example.test:445"),
        (b"CONNECT [2001:db8::7]:445 HTTP/1.0\r\n\r\n", "[2001:db8::7]:445"),
        (CONNECT.replace(b":445", b":80") + CONNECT, "fs.example.test:445"),
        (GREETING + BY_IPV4 + CONNECT, "fs.example.test:445"),
        (CONNECT + GREETING + BY_IPV4, "198.51.100.7:445"),
        (GREETING + BY_NAME + SESSION_REQUEST, "fs.example.test:445"),
        (SOCKS4 + SESSION_REQUEST, "198.51.100.7:445"),
    ],
)
def test_what_was_asked_for_is_read(before: bytes, asked: str) -> None:
    assert target(before) == asked


@pytest.mark.parametrize(
    "before",
    [
        b"",
        GREETING,
        BY_NAME + b"x",
        BY_NAME[:-1],
        BY_IPV4[:-2] + b"\0\0",
        BY_NAME.replace(b"\x05\x01", b"\x05\x02"),  # BIND
        BY_NAME.replace(b"\x05\x01", b"\x05\x03"),  # UDP ASSOCIATE
        BY_NAME.replace(b"fs.", b"f\0."),
        SOCKS4.replace(b"\x04\x01", b"\x04\x02"),
        b"x" + SOCKS4,
        SOCKS4 + b"x\0",
        b"\x04\x01" + bytes(7),
        CONNECT[:-2],
        CONNECT + b"x",
        CONNECT.replace(b"CONNECT", b"GET"),
        CONNECT.replace(b"HTTP/1.1", b"HTTP/2.0"),
        b"HTTP/1.1 200 OK\r\n\r\n",
        b"\x05\0\0\x01" + IPV4 + PORT,  # a reply
    ],
)
def test_anything_else_asks_for_nothing(before: bytes) -> None:
    assert target(before) == ""


def test_a_long_name_is_cut() -> None:
    asked = b"CONNECT " + b"a" * 500 + b":445 HTTP/1.1\r\n\r\n"
    assert target(asked) == "a" * FACT_CHARS


@given(st.lists(st.sampled_from([GREETING, BY_NAME, CONNECT, b"\0", b"\r\n"])))
def test_any_sequence_is_read(parts: list[bytes]) -> None:
    assert target(b"".join(parts)) in ("", "fs.example.test:445")


@given(st.binary(max_size=600))
def test_any_bytes_are_read(before: bytes) -> None:
    assert isinstance(target(before), str)


@pytest.mark.parametrize(
    "hostile",
    [b"CONNECT a HTTP/1.1\r\n", b"\x05\x01\x00", b"\x05\x01\x00\x03", b"\x04\x01"],
)
def test_what_is_made_to_take_long_does_not(hostile: bytes) -> None:
    before, start = (hostile * 4096)[:8192], time.process_time()
    assert target(before) == ""
    assert time.process_time() - start < 1


# --- in a stream ---

LOGON = [
    smb.nbss(smb.session_setup(ntlm.NEGOTIATE)),
    smb.nbss(smb.session_setup(ntlm.AUTHENTICATE_V2)),
]


def targets(data: bytes, size: int) -> list[str | None]:
    one = StreamDecoder()
    found = [
        each
        for at in range(0, len(data), size)
        for each in one.receive(data[at : at + size])
    ]
    return [each.facts.get("ProxyTarget") for each in (*found, *one.close())]


@pytest.mark.parametrize("size", [1, 2, 7, 1000])
@pytest.mark.parametrize("prelude", [GREETING + BY_IPV4, SOCKS4, CONNECT])
def test_all_that_is_said_through_a_proxy_knows_of_it(
    prelude: bytes, size: int
) -> None:
    (asked,) = {target(prelude)}
    assert targets(prelude + b"".join(LOGON), size) == [asked, asked]


def test_a_stream_without_a_request_knows_of_none() -> None:
    assert targets(b"".join(LOGON), 1000) == [None, None]
    assert targets(b"junk" * 9 + b"".join(LOGON), 1000) == [None, None]


def test_the_frame_begins_where_the_request_ends() -> None:
    whole = StreamDecoder().receive(SOCKS4 + LOGON[0])
    assert [found.start for found in whole] == [len(SOCKS4) + HEADER_BYTES]
