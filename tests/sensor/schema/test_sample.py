from __future__ import annotations

import json
import os
import struct

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from sensor.schema.percent import encode
from sensor.schema.sample import message_type, truthful

NTLMSSP = b"NTLMSSP\0"
MARKS = tuple(struct.pack("<I", number) for number in (1, 2, 3))

# Bytes in which the misleading ones are common, not once in 2**32.
adversarial = st.lists(
    st.sampled_from([*MARKS, b"\0", b"\1", b"\2", b"\3", b"%", b"%01", b"NTLMSSP"])
    | st.binary(max_size=6),
    max_size=30,
).map(b"".join)


def hunted(matched: bytes, sample: bytes) -> int:
    """The published query, line by line, on the AdditionalFields that carry these."""
    fields = {
        "SignatureMatchedContent": encode(matched),
        "SamplePacketContent": [encode(sample)],
    }
    af = json.loads(json.dumps(fields))
    packet = json.dumps(af["SamplePacketContent"])  # tostring() of a dynamic array
    combined = (af["SignatureMatchedContent"] + " " + packet).casefold()
    if "%01%00%00%00" in combined or "\x01\x00\x00\x00" in combined:
        return 1
    if "%02%00%00%00" in combined or "\x02\x00\x00\x00" in combined:
        return 2
    if "%03%00%00%00" in combined or "\x03\x00\x00\x00" in combined:
        return 3
    return 0


@given(adversarial, adversarial)
def test_reads_what_the_published_query_reads(matched: bytes, sample: bytes) -> None:
    assert message_type(encode(matched), encode(sample)) == hunted(matched, sample)


def test_raw_bytes_count_as_well() -> None:
    assert message_type("", "NTLMSSP\x00\x03\x00\x00\x00") == 3


@pytest.mark.parametrize("kind", [1, 2, 3])
def test_ntlm_of_every_type_is_told_right_whatever_follows(kind: int) -> None:
    @given(adversarial)
    @example(MARKS[0] + MARKS[1] + MARKS[2])
    @example(b"\1\1\0\0\0\0\0\0")  # how an NTLMv2 response begins
    def law(body: bytes) -> None:
        message = NTLMSSP + MARKS[kind - 1] + body
        assert hunted(*truthful(kind, message[:12], message)) == kind
        assert hunted(*truthful(kind, NTLMSSP, message)) == kind

    law()


@given(adversarial)
def test_smb_is_never_told_as_ntlm(body: bytes) -> None:
    for magic in (b"\xffSMB", b"\xfeSMB", b"\xfdSMB", b"\xfcSMB"):
        matched, sample = truthful(0, magic, magic + body)

        assert hunted(matched, sample) == 0
        assert matched == magic


@given(st.sampled_from([0, 1, 2, 3]), adversarial, adversarial)
def test_never_another_type(kind: int, matched: bytes, sample: bytes) -> None:
    assert hunted(*truthful(kind, matched, sample)) in (kind, 0)


@given(st.sampled_from([0, 1, 2, 3]), adversarial)
def test_sample_is_the_longest_prefix_that_is_right(kind: int, body: bytes) -> None:
    matched = NTLMSSP + MARKS[kind - 1] if kind else b"\xfeSMB"
    longest = max(
        (n for n in range(65) if hunted(matched, body[:n]) == kind), default=0
    )

    assert truthful(kind, matched, body) == (matched, body[:longest])


@pytest.mark.parametrize(
    ("header", "kept"),
    [
        # [MS-SMB2] 2.2.1.2: size 64, credit charge, status, command, credits, flags
        (struct.pack("<4sHHIHHI", b"\xfeSMB", 64, 1, 0, 0, 1, 0), 9),
        (struct.pack("<4sHHIHHI", b"\xfeSMB", 64, 0, 0, 0, 1, 0), 17),
        (struct.pack("<4sHHIHHI", b"\xfeSMB", 64, 0, 0, 1, 0, 1), 15),
        (struct.pack("<4sHHIHHI", b"\xfeSMB", 64, 0, 0xC0000016, 1, 0x21, 1), 19),
    ],
)
def test_smb2_headers_end_before_they_mislead(header: bytes, kept: int) -> None:
    header = header.ljust(64, b"\0")

    assert truthful(0, b"\xfeSMB", header) == (b"\xfeSMB", header[:kept])


def test_challenge_keeps_the_bytes_another_hunt_needs() -> None:
    challenge = bytes.fromhex("1122334455667788")
    message = struct.pack("<8sIHHII8s", NTLMSSP, 2, 0, 0, 56, 0x8201, challenge)

    assert challenge in truthful(2, NTLMSSP, message + os.urandom(8))[1]


def test_at_most_64_bytes() -> None:
    message = NTLMSSP + MARKS[2] + b"\xff" * 200

    assert len(truthful(3, NTLMSSP, message)[1]) == 64


def test_cut_before_the_type_shows_no_type() -> None:
    assert truthful(1, NTLMSSP, NTLMSSP[:5] + MARKS[1]) == (
        NTLMSSP,
        NTLMSSP[:5] + MARKS[1][:3],
    )
