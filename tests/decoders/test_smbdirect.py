"""SMB2 in frames of iWARP: whole, in parts, with markers, cut and forged."""

from __future__ import annotations

import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from decoders import smb2
from decoders.carrier import Need
from decoders.limits import DIRECT_BYTES, MESSAGE_BYTES
from decoders.messages import Found
from decoders.smbdirect import Sent, message
from decoders.stream import StreamDecoder
from tests.support import ntlm, smb, smbdirect

MESSAGE = smb.session_setup(ntlm.AUTHENTICATE_V2)
ONE = smbdirect.stream([smbdirect.segment(smbdirect.transfer(MESSAGE))])
AT = 44
BIG = MESSAGE + bytes(3000)


def read(data: bytes, wanted: int = 1 << 20, at: int | None = None) -> object:
    begin = data.index(b"\xfeSMB") if at is None else at
    return message(data, begin, wanted, final=False)


def test_a_message_is_read_from_its_header_backwards() -> None:
    assert ONE.index(MESSAGE) == AT
    assert read(ONE) == Sent(MESSAGE, len(MESSAGE), len(ONE))
    assert read(b"before" + ONE + b"behind") == Sent(
        MESSAGE, len(MESSAGE), len(ONE) + 6
    )


def test_a_message_in_several_transfers_is_put_together() -> None:
    parts = [smbdirect.segment(one) for one in smbdirect.transfers(BIG, 1340)]
    data = smbdirect.stream(parts)
    assert read(data) == Sent(BIG, len(BIG), len(data))


def test_what_lies_between_its_parts_is_stepped_over() -> None:
    parts = [smbdirect.segment(one) for one in smbdirect.transfers(BIG, 2000)]
    others = [smbdirect.tagged(b"d" * 99), smbdirect.segment(smbdirect.transfer(b""))]
    data = smbdirect.stream([parts[0], *others, *parts[1:]])
    assert read(data) == Sent(BIG, len(BIG), len(data))


def test_a_send_in_several_segments_is_put_together() -> None:
    whole = smbdirect.transfer(BIG)
    cuts = range(0, len(whole), 700)
    parts = [
        smbdirect.segment(whole[at : at + 700], 1, at, at + 700 >= len(whole))
        for at in cuts
    ]
    data = smbdirect.stream(parts)
    assert read(data) == Sent(BIG, len(BIG), len(data))


@pytest.mark.parametrize("shift", range(0, 520, 4))
@pytest.mark.parametrize("size", [len(MESSAGE), 300, 100])
def test_markers_are_taken_out(shift: int, size: int) -> None:
    """A first send moves the others, so that markers stand everywhere in them."""
    first = smbdirect.segment(smbdirect.transfer(bytes(shift)) if shift else b"")
    parts = [smbdirect.segment(one) for one in smbdirect.transfers(MESSAGE, size)]
    data = smbdirect.stream([first, *parts], marked=True)
    start = data.index(b"\xfeSMB")
    sent = message(data, start, 1 << 20, final=True)
    assert isinstance(sent, Sent)
    assert (sent.data, sent.end) == (MESSAGE, len(data))


def test_only_what_is_wanted_is_read() -> None:
    parts = [smbdirect.segment(one) for one in smbdirect.transfers(BIG, 1000)]
    data = smbdirect.stream(parts)
    first = len(smbdirect.stream(parts[:1]))
    assert read(data, 192) == Sent(BIG[:1000], len(BIG), first)


def test_what_is_missing_is_needed_or_left_out() -> None:
    parts = [smbdirect.segment(one) for one in smbdirect.transfers(BIG, 2000)]
    data = smbdirect.stream(parts)
    first = len(smbdirect.stream(parts[:1]))
    for have in range(AT + 4, len(data)):
        need = read(data[:have])
        assert isinstance(need, Need)
        assert have < need.size <= len(data)
    cut = message(data[: first + 9], AT, 1 << 20, final=True)
    assert cut == Sent(BIG[:2000], len(BIG), first)


HEAD = ONE[: AT + 64]


@pytest.mark.parametrize(
    ("at", "octet"),
    [
        (2, 0xC1),  # tagged
        (2, 0x42),  # another version of DDP
        (3, 0x41),  # an RDMA read request
        (3, 0x83),  # another version of RDMAP
        (11, 1),  # another queue
        (19, 4),  # not the first segment
        (24, 2),  # unknown flags
        (26, 1),  # a reserved field
        (32, 32),  # data elsewhere
        (1, 0xFF),  # another size
        (36, 0xFF),
    ],
)
def test_a_frame_that_does_not_fit_is_none(at: int, octet: int) -> None:
    forged = bytearray(ONE)
    forged[at] = octet
    assert read(bytes(forged)) is None


def test_a_message_elsewhere_in_a_frame_or_without_one_is_none() -> None:
    assert read(ONE[1:]) is None
    assert read(MESSAGE) is None
    assert read(smb.nbss(MESSAGE)) is None
    assert read(ONE, at=AT + 4) is None


def test_a_flag_may_say_that_credits_are_wanted() -> None:
    asking = bytearray(ONE)
    asking[24] = 1  # SMB_DIRECT_RESPONSE_REQUESTED
    assert isinstance(read(bytes(asking)), Sent)


def test_parts_are_not_looked_for_for_ever() -> None:
    part = smbdirect.segment(smbdirect.transfer(MESSAGE, more=1 << 20))
    other = smbdirect.frame(smbdirect.tagged(bytes(60000))) + b"crc."
    data = smbdirect.stream([part]) + other * (DIRECT_BYTES // 60000 + 1)
    start = time.process_time()
    sent = read(data)
    assert time.process_time() - start < 1
    assert isinstance(sent, Sent)
    assert (sent.data, sent.length) == (MESSAGE, len(MESSAGE) + (1 << 20))


@given(st.binary(max_size=80), st.binary(max_size=300))
def test_any_bytes_are_read(before: bytes, after: bytes) -> None:
    data = before + MESSAGE[:64] + after
    message(data, len(before), 1 << 20, final=False)
    framed = HEAD[: AT + 10] + after
    assert isinstance(message(framed, AT, 1 << 20, final=True), Sent)


# --- in a stream ---

LOGON = (smb.session_setup(ntlm.NEGOTIATE), MESSAGE)


def heard(data: bytes, size: int = 1 << 20) -> list[Found]:
    one = StreamDecoder()
    found = [
        each
        for at in range(0, len(data), size)
        for each in one.receive(data[at : at + size])
    ]
    return [*found, *one.close()]


@pytest.mark.parametrize("size", [1, 3, 44, 1000])
@pytest.mark.parametrize("marked", [False, True])
def test_a_logon_is_heard_however_it_is_cut(size: int, marked: bool) -> None:
    parts = [
        smbdirect.segment(one)
        for each in LOGON
        for one in smbdirect.transfers(each, 300)
    ]
    data = smbdirect.stream(parts, smbdirect.connect(smbdirect.REQUEST), marked)
    found = heard(data, size)
    assert [(one.carrier, one.confidence, one.length) for one in found] == [
        ("smbdirect", "header", len(each)) for each in LOGON
    ]
    names = [type(one.inner[0].message).__name__ for one in found]
    assert names == ["Negotiate", "Authenticate"]
    assert not any(one.truncated for one in found)


def test_of_other_messages_the_first_is_told() -> None:
    first, other = smb.read_reply(b"x" * 5000), smb.read_reply(b"y" * 5000)
    parts = [
        smbdirect.segment(one)
        for each in (first, other)
        for one in smbdirect.transfers(each, 1340)
    ]
    (found,) = heard(smbdirect.stream(parts))
    assert isinstance(found.message, smb2.Plain)
    assert (found.carrier, found.length) == ("smbdirect", len(first))


def test_smb_in_the_data_of_a_message_is_not_told() -> None:
    inside = smb.nbss(MESSAGE) + MESSAGE
    data = smb.read_reply(inside)
    parts = [smbdirect.segment(one) for one in smbdirect.transfers(data, 1340)]
    (found,) = heard(smbdirect.stream(parts))
    assert isinstance(found.message, smb2.Plain)
    assert found.message.header.command == 8  # READ


def test_a_message_beyond_message_bytes_is_told_as_cut() -> None:
    huge = MESSAGE + bytes(MESSAGE_BYTES + 9000)
    parts = [smbdirect.segment(one) for one in smbdirect.transfers(huge, 8000)]
    one = StreamDecoder()
    (found,) = one.receive(smbdirect.stream(parts))
    assert (found.truncated, one.dropped["message_bytes"]) == (True, 1)


@settings(max_examples=40)
@given(st.integers(1, 200), st.integers(0, 2000))
def test_a_cut_stream_is_heard_to_its_end(size: int, keep: int) -> None:
    parts = [smbdirect.segment(smbdirect.transfer(each)) for each in LOGON]
    data = smbdirect.stream(parts)[:keep]
    assert [one.start for one in heard(data, size)] == [
        one.start for one in heard(data)
    ]
