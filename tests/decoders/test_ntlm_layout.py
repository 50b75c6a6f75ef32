from __future__ import annotations

import struct

import pytest

from decoders import ntlm_layout
from decoders.wire import DecodeError
from tests.support import ntlm


def authenticate(payload: int, flags: int = 0xE288_8235) -> bytes:
    """Lay out a Type 3 whose only response begins at *payload*."""
    data = b"NTLMSSP\0" + struct.pack("<I", 3) + struct.pack("<HHI", 1, 1, payload)
    data += bytes(40) + struct.pack("<I", flags) + bytes(24)
    return data[:payload].ljust(payload + 1, b"\x01")


@pytest.mark.parametrize(
    ("payload", "flags", "version", "mic"),
    [
        (52, None, None, None),
        (64, 0xE288_8235, None, None),
        (72, 0xE288_8235, 64, None),
        (88, 0xE288_8235, 64, 72),
    ],
)
def test_the_smallest_offset_tells_the_layout(
    payload: int, flags: int | None, version: int | None, mic: int | None
) -> None:
    layout = ntlm_layout.read(authenticate(payload))

    assert (layout.flags, layout.version, layout.mic) == (flags, version, mic)
    assert layout.first == payload


def test_version_needs_its_flag() -> None:
    assert ntlm_layout.read(authenticate(72, 0x0000_8205)).version is None


def test_the_oldest_negotiate_has_no_fields() -> None:
    data = b"NTLMSSP\0" + struct.pack("<II", 1, 0x0000_0202)

    assert ntlm_layout.read(data + b"HTTP/1.1 200 OK\r\n").header == 16
    assert ntlm_layout.read(data + bytes(16)).header == 32


def test_challenges_with_and_without_target_info() -> None:
    assert ntlm_layout.read(ntlm.CHALLENGE_V2).fields[1].length == 36
    assert ntlm_layout.read(ntlm.CHALLENGE_V1).fields[1].length == 0
    bare = b"NTLMSSP\0" + struct.pack("<IHHII", 2, 4, 4, 32, 0x202) + bytes(8) + b"HOST"
    assert ntlm_layout.read(bare).fields[1] == ntlm_layout.ABSENT


@pytest.mark.parametrize(
    ("data", "error"),
    [
        (b"NTLMSSP", "ntlmssp+0x0: no NTLMSSP signature"),
        (b"NTLMSSP\0\1", "ntlmssp+0x8: need 4 bytes of type, have 1"),
        (b"NTLMSSP\0\x09\0\0\0", "ntlmssp+0x8: message type 9 is not 1, 2 or 3"),
    ],
)
def test_what_is_no_message_is_named(data: bytes, error: str) -> None:
    with pytest.raises(DecodeError) as caught:
        ntlm_layout.read(data)

    assert str(caught.value) == error


def test_fields_must_lie_in_the_payload() -> None:
    for field in (struct.pack("<HHI", 9, 8, 64), struct.pack("<HHI", 1, 1, 20)):
        layout = ntlm_layout.read(b"NTLMSSP\0\3\0\0\0" + field + bytes(60))
        with pytest.raises(DecodeError):
            ntlm_layout.check(layout)
