"""Suboptions by hand, as RFC 854, RFC 2941 and [MS-TNAP] 2.2 have them."""

from __future__ import annotations

import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

from decoders import ntlmssp, telnet
from decoders.carrier import Answer, Envelope, Need, Token
from tests.support import ntlm
from tests.support.dialogues import C, S, found, told

IAC, SB, SE = b"\xff", b"\xfa", b"\xf0"
IS, REPLY = 0, 2
TYPES = {1: ntlm.NEGOTIATE, 2: ntlm.CHALLENGE_V2, 3: ntlm.AUTHENTICATE_V2}
FULL = ntlm.CHALLENGE_V2.replace(
    bytes.fromhex("0123456789abcdef"), bytes.fromhex("ffff45ff89abcdff")
)
"A challenge with bytes that Telnet doubles."


def doubled(data: bytes) -> bytes:
    return data.replace(IAC, IAC + IAC)


def option(verb: int, command: int, data: bytes = b"") -> bytes:
    inside = bytes([37, verb, 15, 0, command]) + doubled(data)
    return IAC + SB + inside + IAC + SE


def token(kind: int, message: bytes | None = None, size: int | None = None) -> bytes:
    data = TYPES[kind] if message is None else message
    head = struct.pack("<II", len(data) if size is None else size, 2)
    return option(REPLY if kind == 2 else IS, kind - 1, head + data)


def logon(challenge: bytes, end: bytes) -> list[tuple[int, bytes]]:
    return [
        (S, IAC + b"\xfd\x25"),
        (C, IAC + b"\xfb\x25"),
        (S, IAC + SB + b"\x25\x01\x0f\x00" + IAC + SE),
        (C, token(1)),
        (S, token(2, challenge)),
        (C, token(3)),
        (S, end),
    ]


@pytest.mark.parametrize(
    ("end", "answer"),
    [
        (option(REPLY, 3), Answer(True, "ACCEPT")),
        (option(REPLY, 4), Answer(False, "REJECT")),
        (option(REPLY, 3, struct.pack("<I", 0)), Answer(True, "ACCEPT")),
        (IAC + SB + b"\x27\x01" + IAC + SE + option(REPLY, 4), Answer(False, "REJECT")),
        (b"\xff\xff\xfa\x25\x02\x0f\0\x03" + option(REPLY, 4), Answer(False, "REJECT")),
    ],
)
@pytest.mark.parametrize("challenge", [ntlm.CHALLENGE_V2, FULL])
def test_the_server_accepts_or_rejects(
    challenge: bytes, end: bytes, answer: Answer
) -> None:
    talk = logon(challenge, end)
    assert told(talk) == [("telnet", 1), ("telnet", 2), ("telnet", 3), answer]
    for size in (1, 2, 5, 64):
        assert found(talk, size) == found(talk)


@given(st.binary(min_size=8, max_size=8))
def test_a_message_is_read_as_it_was_before_its_bytes_were_doubled(
    challenge: bytes,
) -> None:
    plain = ntlm.CHALLENGE_V2[:24] + challenge + ntlm.CHALLENGE_V2[32:]
    (one,) = found([(S, token(2, plain))], 1)
    assert one.message == ntlmssp.decode(plain)
    assert one.sample == plain[:64]
    assert one.start == 7 + len(doubled(struct.pack("<II", len(plain), 2)))
    assert one.length == len(doubled(plain))


def test_a_size_may_be_doubled_too() -> None:
    fields = struct.pack("<HHIHHI", 223, 223, 32, 0, 0, 0)
    named = ntlm.NEGOTIATE[:16] + fields + b"D" * 223
    assert len(named) == 255
    assert told([(C, token(1, named))], 1) == [("telnet", 1)]


def test_a_message_that_the_option_cuts_is_cut() -> None:
    short = token(2, FULL[:60], size=len(FULL))
    (one,) = found([(S, short + b"login: ")], 1)
    assert (one.truncated, one.length) == (True, len(doubled(FULL[:60])))
    (ended,) = found([(S, short[:-2])], 1)
    assert (ended.truncated, ended.length) == (True, len(doubled(FULL[:60])))


@pytest.mark.parametrize(
    "data",
    [
        ntlm.NEGOTIATE,
        token(1, size=len(ntlm.NEGOTIATE) - 1),
        token(1).replace(b"\x25\0", b"\x25\x02"),
        token(1).replace(b"\x25\0", b"\x26\0"),
        token(1).replace(b"\x25\0\x0f", b"\x25\0\x02"),
        token(1).replace(b"NTLMSSP", b"\0NTLMSSP"),
    ],
)
def test_what_stands_elsewhere_is_raw(data: bytes) -> None:
    assert told([(C, data)]) == [("raw", 1)]


def test_a_rejected_type_1_is_an_outcome_and_an_accepted_one_is_not() -> None:
    asked = [(C, token(1))]
    rejected = [("telnet", 1), Answer(False, "REJECT")]
    assert told([*asked, (S, option(REPLY, 4))]) == rejected
    assert told([*asked, (S, option(REPLY, 3))]) == [("telnet", 1)]


def listen(data: bytes, final: bool = False) -> Answer | Need | None:
    message = token(3)
    start = message.index(b"NTLMSSP")
    end = start + len(TYPES[3])
    claim = telnet.claim(Token(message, start, end, 3, False, b""))
    assert isinstance(claim, Envelope)
    assert claim.listen is not None
    return claim.listen(data, final)


def test_a_cut_answer_is_waited_for() -> None:
    assert listen(option(REPLY, 4)[:6]) == Need(7)
    assert listen(option(REPLY, 4)[:6], final=True) is None
    assert listen(token(2)) is None


@given(st.binary(max_size=100), st.binary(max_size=300), st.booleans())
def test_any_bytes_around_a_token(before: bytes, after: bytes, final: bool) -> None:
    head = b"\xff\xfa\x25\x00\x0f\0\0"
    talk = [(C, before + head + struct.pack("<II", 40, 2) + TYPES[1][:8] + after)]
    assert found(talk, 1) == found(talk)
    answered = listen(after, final)
    assert answered is None or isinstance(answered, Answer | Need)
