from __future__ import annotations

import base64
import struct
from collections.abc import Iterable, Iterator

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from decoders import ntlmssp, search, smb1, smb2
from decoders.limits import CONTEXT_BYTES, MESSAGE_BYTES, PIPE_BYTES
from decoders.messages import Found
from decoders.stream import StreamDecoder
from tests.support import ntlm, smb
from tests.support.smb import nbss

SMB1_NEGOTIATE = nbss(smb.smb1(0x72, b"", b"\x02NT LM 0.12\0\x02SMB 2.???\0"))
SETUP = nbss(smb.session_setup(ntlm.AUTHENTICATE_V2))
ECHO = nbss(smb.smb2(13, struct.pack("<HH", 4, 0)))
READ = nbss(smb.read_reply(b"NTLMSSP in a file: " + ntlm.CHALLENGE_V2 * 9))
PIPE = nbss(smb.write(smb.bind(ntlm.NEGOTIATE)))
TEXT = b"Authorization: NTLM " + base64.b64encode(ntlm.AUTHENTICATE_V1) + b"\r\n\r\n"
TRANSFORM = nbss(b"\xfdSMB" + bytes(32) + struct.pack("<IHHQ", 99, 0, 1, 7) + bytes(99))
REQUEST = b"\x81\0\0\x44" + (b"\x20" + b"CA" * 16 + b"\0") * 2

PIECES = (
    SMB1_NEGOTIATE,
    SETUP,
    ECHO,
    READ,
    PIPE,
    TEXT,
    TRANSFORM,
    REQUEST,
    ntlm.CHALLENGE_V2,
    b"\x85\0\0\0",
    b"\0\0\0\x40\xfeSMB junk",
    b"NTLMSSP\0\3\0\0\0" + b"\xff" * 60,
    b"\0\0\0",
    b"TlRMTVNTUA",
    SETUP[4:],
)


def run(chunks: Iterable[tuple[bytes, int]]) -> tuple[list[Found], StreamDecoder]:
    decoder = StreamDecoder()
    found = [one for data, lost in chunks for one in decoder.receive(data, lost)]
    return [*found, *decoder.close()], decoder


def find(data: bytes) -> list[Found]:
    return run([(data, 0)])[0]


def cut(data: bytes, sizes: Iterator[int]) -> Iterator[tuple[bytes, int]]:
    at = 0
    while at < len(data):
        size = next(sizes)
        yield data[at : at + size], 0
        at += size


def names(found: list[Found]) -> list[str]:
    return [f"{one.carrier} {type(one.message).__name__}" for one in found]


# --- any chunking gives the same ---


@settings(max_examples=60)
@given(
    st.lists(st.sampled_from(PIECES), max_size=6),
    st.lists(st.integers(1, 90), min_size=1, max_size=9),
)
def test_any_chunking_gives_the_same(pieces: list[bytes], sizes: list[int]) -> None:
    data = b"".join(pieces)
    whole = find(data)

    def again() -> Iterator[int]:
        while True:
            yield from sizes

    def ones() -> Iterator[int]:
        while True:
            yield 1

    assert run(cut(data, again()))[0] == whole
    assert run(cut(data, ones()))[0] == whole


@settings(max_examples=60)
@given(
    st.lists(st.sampled_from(PIECES), min_size=1, max_size=4),
    st.integers(0, 900),
    st.integers(1, 900),
    st.integers(1, 50),
)
def test_any_chunking_around_a_loss_gives_the_same(
    pieces: list[bytes], at: int, lost: int, size: int
) -> None:
    data = b"".join(pieces)
    before, after = data[:at], data[at + lost :]

    def sizes() -> Iterator[int]:
        while True:
            yield size

    whole, decoder = run([(before, 0), (after, lost)])
    head, tail = list(cut(before, sizes())), list(cut(after, sizes()))
    tail[:1] = [(tail[0][0], lost)] if tail else [(b"", lost)]
    again, second = run([*head, *tail])

    assert again == whole
    assert (second.offset, second.waiting) == (decoder.offset, decoder.waiting)


@given(st.lists(st.binary(max_size=40) | st.sampled_from(PIECES), max_size=5))
def test_any_bytes_are_taken(pieces: list[bytes]) -> None:
    for found in run((piece, 0) for piece in pieces)[0]:
        assert found.start >= 0


# --- what is found, and where ---


def test_a_logon_in_frames() -> None:
    found = find(SMB1_NEGOTIATE + SETUP)

    assert names(found) == ["smb1 Message", "smb2 Plain"]
    assert [one.start for one in found] == [4, len(SMB1_NEGOTIATE) + 4]
    assert [one.confidence for one in found] == ["header", "header"]
    (inner,) = found[1].inner
    assert inner.start == len(SMB1_NEGOTIATE) + SETUP.index(b"NTLMSSP")
    assert inner.message == ntlmssp.decode(ntlm.AUTHENTICATE_V2)


@pytest.mark.parametrize(
    "front", [b"", REQUEST, b"\x85\0\0\0" * 3, b"\5\1\0", b"GET / HTTP/1.1\r\n\r\n"]
)
def test_junk_in_front_hides_nothing(front: bytes) -> None:
    (found,) = find(front + SETUP)

    assert (found.start, found.confidence) == (len(front) + 4, "header")


def test_session_messages_between_frames_keep_the_framing() -> None:
    found, decoder = run([(SETUP + b"\x85\0\0\0" + SETUP + ECHO, 0)])

    assert len(found) == 2
    assert decoder.synced


def test_the_first_message_of_a_flow_met_midway_is_told_once() -> None:
    (found,) = find(READ + ECHO + READ)

    assert isinstance(found.message, smb2.Plain)
    assert found.message.body == smb2.Other()
    assert (found.start, found.length) == (4, len(READ) - 4)
    assert not found.truncated


def test_file_contents_are_no_logon() -> None:
    assert [one.inner for one in find(SETUP + READ * 3)[1:]] == []


def test_a_logon_in_a_pipe_is_found_and_a_large_fragment_counted() -> None:
    found = find(SETUP + READ + PIPE)
    assert [one.message for one in found[1].inner] == [ntlmssp.decode(ntlm.NEGOTIATE)]

    large = nbss(smb.write(smb.bind(ntlm.NEGOTIATE) + bytes(PIPE_BYTES)))
    found, decoder = run([(SETUP + large + SETUP, 0)])
    assert len(found) == 2
    assert decoder.dropped == {"pipe_bytes": 1}


def test_a_pipe_that_can_coerce_is_told_and_a_file_is_not() -> None:
    spooler, file = (nbss(smb.create(name)) for name in ("spoolss", "report.txt"))

    told = find(SETUP + file + spooler + READ)[1:]
    assert [one.message.body for one in told] == [smb2.Create("spoolss")]


def test_compounds_without_a_negotiation_are_not_reported() -> None:
    echo = smb.smb2(13, struct.pack("<HHI", 4, 0, 0), following=72)
    setup = smb.session_setup(ntlm.NEGOTIATE)

    assert len(find(SETUP + nbss(echo + ECHO[4:]))) == 1
    assert len(find(SETUP + nbss(echo + setup))) == 2


def test_encrypted_messages_are_told_once_a_stream() -> None:
    assert names(find(SETUP + TRANSFORM * 3)) == ["smb2 Plain", "smb2 Transform"]


def test_raw_ntlmssp_and_base64() -> None:
    found = find(b"junk" + ntlm.NEGOTIATE + TEXT)

    assert names(found) == ["raw Negotiate", "raw Authenticate"]
    assert found[1].start == 4 + len(ntlm.NEGOTIATE) + TEXT.index(b"TlRM")
    assert found[1].message == ntlmssp.decode(ntlm.AUTHENTICATE_V1)


def test_a_message_without_a_frame_has_less_confidence() -> None:
    (found,) = find(b"some header" + SETUP[4:] + bytes(300))

    assert (found.confidence, found.start) == ("magic", 11)
    assert found.length == len(SETUP) - 4
    assert len(found.inner) == 1


def test_bulk_messages_without_a_frame_are_not_believed() -> None:
    assert find(b"some header" + ECHO[4:] + TRANSFORM[4:] + bytes(300)) == []


def test_a_bare_magic_is_not_smb() -> None:
    assert find(b"\xffSMB" * 50 + b"\xfeSMB@\0" + bytes(300)) == []


# --- losses ---


def test_a_cut_message_is_told_as_truncated() -> None:
    (found,) = find(SETUP[:-60])

    assert found.truncated
    assert [one.truncated for one in found.inner] == [True]


def test_a_loss_inside_bulk_data_keeps_the_framing() -> None:
    found, decoder = run([(SETUP + READ[:100], 0), (READ[400:] + SETUP, 300)])

    assert [one.start for one in found] == [4, len(SETUP) + len(READ) + 4]
    assert decoder.synced
    assert decoder.offset == 2 * len(SETUP) + len(READ)


def test_a_loss_beyond_the_frame_resynchronises() -> None:
    found, decoder = run([(SETUP + READ[:100], 0), (b"\1" * 50 + SETUP, 5000)])

    assert len(found) == 2
    assert found[1].start == len(SETUP) + 100 + 5000 + 50 + 4
    assert decoder.synced


def test_the_rest_of_a_cut_message_is_stepped_over() -> None:
    chunks = [(SETUP[:150], 0), (SETUP[160:] + SETUP, 10)]
    found, _ = run(chunks)

    assert [one.truncated for one in found] == [True, False]
    assert found[1].start == len(SETUP) + 4


def test_a_frame_vouches_for_a_compressed_header_of_absurd_size() -> None:
    absurd = nbss(b"\xfcSMB" + struct.pack("<IHHI", 0xFFFF_FFF0, 1, 0, 0) + bytes(8))

    (found,) = find(absurd)

    assert found.message == smb2.Compressed(0xFFFF_FFF0, 1, 0)
    assert found.confidence == "header"


@pytest.mark.parametrize("kept", [36, 50, 69])
def test_a_frame_cut_inside_its_header_is_told_as_far_as_it_goes(kept: int) -> None:
    found, _ = run([(SETUP[:kept], 0), (ECHO, len(SETUP) - kept)])

    assert [one.truncated for one in found] == [True]
    assert found[0].confidence == "magic"
    assert found[0].matched == b"\xfeSMB"
    assert found[0].sample == SETUP[4:kept][:64]
    assert found[0].from_client is True


def test_a_cut_frame_that_negotiates_nothing_is_told_once() -> None:
    found, _ = run([(ECHO[:40], 0), (ECHO[:40], len(ECHO) - 40), (b"", 28)])

    assert len(found) == 1


# --- limits ---


def held(decoder: StreamDecoder) -> int:
    return len(decoder._held)


def test_bulk_data_is_never_held() -> None:
    decoder = StreamDecoder()
    list(decoder.receive(SETUP))
    list(decoder.receive(nbss(smb.read_reply(bytes(1 << 20)))[:500]))
    for _ in range(100):
        assert held(decoder) == 0
        list(decoder.receive(bytes(10_000)))


def test_it_waits_for_the_rest_of_a_message_and_for_nothing_else() -> None:
    decoder = StreamDecoder()
    list(decoder.receive(SETUP[:100]))
    assert decoder.waiting
    list(decoder.receive(SETUP[100:]))
    assert not decoder.waiting
    list(decoder.receive(nbss(smb.read_reply(bytes(1 << 20)))[:500]))
    assert not decoder.waiting


def test_what_cannot_begin_a_message_is_dropped() -> None:
    decoder = StreamDecoder()
    for _ in range(100):
        list(decoder.receive(b"GET / HTTP/1.1\r\n" * 100))
        assert held(decoder) <= 2 * CONTEXT_BYTES + 1600


def test_a_message_too_long_is_cut_and_counted() -> None:
    body = struct.pack("<HBBIIHHQ", 25, 0, 1, 1, 0, 88, len(ntlm.NEGOTIATE), 0)
    long = nbss(smb.smb2(1, body + ntlm.NEGOTIATE + bytes(2 * MESSAGE_BYTES)))
    decoder = StreamDecoder()
    found: list[Found] = []
    for at in range(0, len(long), 1000):
        found += decoder.receive(long[at : at + 1000])
        assert held(decoder) <= MESSAGE_BYTES + 1000
    found += decoder.receive(SETUP)

    assert [one.truncated for one in found] == [True, False]
    assert decoder.dropped == {"message_bytes": 1}


def test_text_too_long_is_given_up_and_counted() -> None:
    header = b"NTLMSSP\0" + struct.pack("<II", 1, 0x1207)
    header += struct.pack("<HHIHHI", 60000, 60000, 32, 0, 0, 32)
    letters = base64.b64encode(header + b"a" * 60000)
    folded = b"\r\n        ".join(
        letters[i : i + 12] for i in range(0, len(letters), 12)
    )
    found, decoder = run([(folded + b"\r\n\r\n" + SETUP, 0)])

    assert names(found) == ["smb2 Plain"]
    assert decoder.dropped == {"text_bytes": 1}


class Counting(bytearray):
    """A bytearray that counts the bytes that finds go over."""

    looked = 0

    def find(self, sub, start=0, end=None):  # type: ignore[no-untyped-def]
        end = len(self) if end is None else min(end, len(self))
        at = super().find(sub, start, end)
        Counting.looked += (end if at < 0 else at) - start
        return at


@pytest.mark.parametrize(
    "hostile",
    [b"NTLMSSP\0", b"TlRMTVNTUA", b"\xffSMB", b"SMB", ntlm.CHALLENGE_V1, b"\xfeSMB@\0"],
)
def test_the_search_is_linear(hostile: bytes, monkeypatch: pytest.MonkeyPatch) -> None:
    data = hostile * (200_000 // len(hostile))
    monkeypatch.setattr(Counting, "looked", 0)
    decoder = StreamDecoder()
    decoder._held = Counting(data)
    decoder.offset = len(data)
    list(decoder.close())

    # every needle goes over every byte once, and again over two windows a candidate
    candidates = len(data) // len(hostile)
    assert Counting.looked <= 5 * len(data) + candidates * 10_000


@pytest.mark.parametrize("data", [SETUP, TEXT, ntlm.AUTHENTICATE_V2])
def test_a_waiting_message_is_not_judged_at_every_byte(
    data: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    judged = 0

    def count(one: StreamDecoder, final: bool) -> list[Found] | None:
        nonlocal judged
        judged += 1
        return step(one, final)

    step = StreamDecoder._search
    monkeypatch.setattr(StreamDecoder, "_search", count)
    decoder = StreamDecoder()
    for byte in data:
        list(decoder.receive(bytes([byte])))
        if search.earliest(decoder._held, 0) < 0:
            judged = 0

    assert judged <= 100


def test_extents_of_smb1_and_core_dialects_are_followed() -> None:
    reply = nbss(smb.smb1(0x72, b"\x05\0", b"", True))
    found = find(reply + nbss(smb.smb1(0x73, b"", b"", True, 0xC000_006D)))

    assert [type(one.message) for one in found] == [smb1.Message, smb1.Message]
    assert [one.from_client for one in found] == [False, False]
