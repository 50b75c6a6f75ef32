from __future__ import annotations

import struct
from contextlib import suppress

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from impacket import ntlm as impacket_ntlm

from decoders import ntlmssp
from decoders.ntlmssp import Authenticate, AvPair, Challenge, Negotiate, Version
from decoders.wire import DecodeError, TruncatedError
from tests.support import ntlm

VISTA = Version(6, 0, 6000, 15)
XP = Version(5, 1, 2600, 15)
NAMES = (AvPair(2, "Domain"), AvPair(1, "Server"))


def spec(flags: int, version: str, nt_length: int = 24) -> Authenticate:
    return Authenticate(
        flags=flags,
        domain="Domain",
        user="User",
        workstation="COMPUTER",
        ntlm_version=version,
        lm_length=24,
        nt_length=nt_length,
        mic=False,
        target_info=NAMES if nt_length > 24 else (),
        version=XP,
    )


def authenticate(header: int, mic: bytes = b"", flags: int = 0xE288_8235) -> bytes:
    """Lay out a Type 3 with a one-byte LM response after *header* bytes."""
    empty = struct.pack("<HHI", 0, 0, header + 1)
    data = b"NTLMSSP\0\3\0\0\0" + struct.pack("<HHI", 1, 1, header) + empty * 5
    data += struct.pack("<I", flags) + bytes.fromhex("0a00ba470000000f") + mic
    return data[:header].ljust(header, b"\0") + b"\0"


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (
            ntlm.NEGOTIATE,
            Negotiate(0xE208_8297, None, None, Version(10, 0, 18362, 15)),
        ),
        (
            ntlm.CHALLENGE_V1,
            Challenge(
                0xE202_8233, "Server", bytes.fromhex("0123456789abcdef"), (), VISTA
            ),
        ),
        (
            ntlm.CHALLENGE_V2,
            Challenge(
                0xE28A_8233, "Server", bytes.fromhex("0123456789abcdef"), NAMES, VISTA
            ),
        ),
        (ntlm.AUTHENTICATE_V1, spec(0xE280_8235, "NTLMv1")),
        (ntlm.AUTHENTICATE_V1_ESS, spec(0x8208_8235, "NTLMv1-ESS")),
        (ntlm.AUTHENTICATE_V2, spec(0xE288_8235, "NTLMv2", 84)),
    ],
)
def test_the_worked_examples_of_the_specification(
    data: bytes, message: ntlmssp.Message
) -> None:
    assert ntlmssp.decode(data) == message
    assert ntlmssp.extent(data) == len(data)
    assert ntlmssp.extent(data + b"trailing bytes" * 9) == len(data)


@pytest.mark.parametrize("data", [ntlm.NEGOTIATE, *ntlm.SPEC])
def test_every_prefix_is_waited_for_and_refused(data: bytes) -> None:
    for cut in range(len(data)):
        assert ntlmssp.extent(data[:cut]) in (None, len(data))
        if data is not ntlm.NEGOTIATE or cut < 16:
            with pytest.raises(DecodeError):
                ntlmssp.decode(data[:cut])


@pytest.mark.parametrize("data", ntlm.SPEC)
def test_a_cut_message_says_only_what_was_seen(data: bytes) -> None:
    whole = ntlmssp.decode(data)
    for cut in range(12, len(data)):
        try:
            part = ntlmssp.decode(data[:cut], truncated=True)
        except TruncatedError:
            assert cut < 64
            continue
        assert part.flags == whole.flags
        for name in ("domain", "user", "workstation", "target_name"):
            assert getattr(part, name, None) in (None, getattr(whole, name, None))
        challenges = [getattr(one, "server_challenge", b"") for one in (part, whole)]
        assert challenges[0] in (b"", challenges[1])
        for name in ("version", "target_info", "ntlm_version"):
            seen, there = getattr(part, name, None), getattr(whole, name, None)
            assert not seen or seen == there or seen == there[: len(seen)]  # type: ignore[index]


def test_the_mic_is_told_by_the_layout() -> None:
    def mic(data: bytes) -> bool | None:
        message = ntlmssp.decode(data, truncated=True)
        assert isinstance(message, Authenticate)
        return message.mic

    assert mic(authenticate(88, b"\x07" * 16)) is True
    assert mic(authenticate(88, bytes(16))) is False
    assert mic(authenticate(72)) is False
    assert mic(authenticate(64)) is False
    assert mic(authenticate(88, b"\x07" * 16)[:80]) is None
    empty = (
        b"NTLMSSP\0\3\0\0\0" + bytes(48) + struct.pack("<I", 0x0200_0205) + bytes(24)
    )
    assert mic(empty) is None


def test_the_oldest_authenticate_has_no_flags() -> None:
    message = ntlmssp.decode(authenticate(52))

    assert isinstance(message, Authenticate)
    assert (message.flags, message.version) == (0, None)
    assert message.ntlm_version == "anonymous"


def test_oem_text_and_text_of_a_message_without_flags() -> None:
    user = b"M\x81LLER"
    for header, flags in ((52, b""), (64, struct.pack("<I", 2))):
        field = struct.pack("<HHI", len(user), len(user), header)
        empty = struct.pack("<HHI", 0, 0, header)
        data = (
            b"NTLMSSP\0\3\0\0\0"
            + empty * 3
            + field
            + empty * (1 if header == 52 else 2)
        )
        message = ntlmssp.decode(data + flags + user)
        assert isinstance(message, Authenticate)
        assert message.user == "MüLLER"


def test_negotiate_names_are_oem() -> None:
    data = b"NTLMSSP\0" + struct.pack("<II", 1, 0x3207)
    data += struct.pack("<HHIHHI", 4, 4, 36, 4, 4, 32) + b"HOSTCORP"

    assert ntlmssp.decode(data) == Negotiate(0x3207, "CORP", "HOST")


def test_sixteen_bytes_are_a_negotiate_when_nothing_follows() -> None:
    data = b"NTLMSSP\0" + struct.pack("<II", 1, 0x0202)

    assert ntlmssp.decode(data) == Negotiate(0x0202)
    assert ntlmssp.extent(data) is None
    assert ntlmssp.extent(data, complete=True) == 16
    assert ntlmssp.extent(data + b"GET / HTTP/1.1\r\n") == 16


@pytest.mark.parametrize(
    "field",
    [struct.pack("<HHI", 9, 4, 200), struct.pack("<HHI", 9, 9, 8)],
    ids=["length beyond maximum", "inside the header"],
)
def test_lies_are_no_raw_message(field: bytes) -> None:
    data = b"NTLMSSP\0\3\0\0\0" + field + ntlm.AUTHENTICATE_V2[20:]

    with pytest.raises(DecodeError):
        ntlmssp.extent(data)


def test_a_field_that_leaves_the_message_is_refused() -> None:
    with pytest.raises(TruncatedError, match=r"field \[216:232\] leaves the message"):
        ntlmssp.decode(ntlm.AUTHENTICATE_V2[:-1])


def test_no_secret_is_within_the_safe_length() -> None:
    v2 = ntlm.AUTHENTICATE_V2

    assert ntlmssp.safe_length(v2) == v2.index(bytes.fromhex("86c35097"))
    assert ntlmssp.safe_length(authenticate(88, b"\x07" * 16)) == 72
    assert ntlmssp.safe_length(authenticate(72)) == 72
    assert ntlmssp.safe_length(authenticate(64)) == 64
    assert ntlmssp.safe_length(ntlm.CHALLENGE_V2) == len(ntlm.CHALLENGE_V2)


def named_challenge() -> bytes:
    """Put a DnsComputerName, which impacket wants, into the specification's example."""
    name = "srv.corp".encode("utf-16-le")
    pairs = (
        ntlm.CHALLENGE_V2[68:-4] + struct.pack("<HH", 3, len(name)) + name + bytes(4)
    )
    field = struct.pack("<HHI", len(pairs), len(pairs), 68)
    return ntlm.CHALLENGE_V2[:40] + field + ntlm.CHALLENGE_V2[48:68] + pairs


@pytest.mark.parametrize("use_v2", [True, False])
def test_impacket_writes_what_we_read(use_v2: bool) -> None:
    first = impacket_ntlm.getNTLMSSPType1("WKS", "CORP", True, use_ntlmv2=use_v2)
    last, _key = impacket_ntlm.getNTLMSSPType3(
        first, named_challenge(), "Alice", "secret", "CORP", use_ntlmv2=use_v2
    )
    message = ntlmssp.decode(last.getData())

    assert isinstance(ntlmssp.decode(first.getData()), Negotiate)
    assert isinstance(message, Authenticate)
    assert (message.user, message.domain) == ("Alice", "CORP")
    assert message.ntlm_version == ("NTLMv2" if use_v2 else "NTLMv1-ESS")
    if use_v2:
        assert message.target_info[:3] == (*NAMES, AvPair(3, "srv.corp"))


@settings(max_examples=300)
@given(st.sampled_from([1, 2, 3]), st.binary(max_size=200), st.booleans())
def test_any_bytes_give_a_message_or_a_decode_error(
    kind: int, rest: bytes, truncated: bool
) -> None:
    data = b"NTLMSSP\0" + struct.pack("<I", kind) + rest
    for call in (
        lambda: ntlmssp.decode(data, truncated),
        lambda: ntlmssp.extent(data, truncated),
        lambda: ntlmssp.safe_length(data),
        lambda: ntlmssp.is_whole(data),
    ):
        with suppress(DecodeError):
            call()
