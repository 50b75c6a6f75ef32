"""Packets as impacket lays them out."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st
from impacket.tds import TDSPacket

from decoders import tds_packets
from decoders.limits import TDS_PACKETS

CONTENTS = b"Nothing that is in here looks like a header."


def packets(kind: int, contents: bytes, size: int) -> bytes:
    return b"".join(_packets(kind, contents, size - 8))


def _packets(kind: int, contents: bytes, size: int) -> Iterator[bytes]:
    for at in range(0, len(contents), size):
        packet = TDSPacket()
        packet["Type"] = kind
        packet["Status"] = int(at + size >= len(contents))
        packet["Data"] = contents[at : at + size]
        yield packet.getData()


@pytest.mark.parametrize("size", [11, 12, 20, 52, 999])
def test_packets_are_put_together(size: int) -> None:
    data = b"front" + packets(0x11, CONTENTS, size) + b"and what follows"
    message = tds_packets.message(data, 5)
    assert message is not None
    assert (message.kind, message.contents) == (0x11, CONTENTS)
    assert (message.size, message.is_over, message.is_complete) == (44, True, True)
    assert message.headers == tuple(range(5, 5 + len(data) - 21, size))


@pytest.mark.parametrize("size", [11, 12, 20, 52, 999])
def test_offsets_are_those_of_the_same_byte(size: int) -> None:
    data = b"front" + packets(0x11, CONTENTS, size)
    message = tds_packets.message(data, 5)
    assert message is not None
    for offset, byte in enumerate(CONTENTS):
        at = message.without(offset)
        assert data[at] == byte
        assert message.within(at) == offset


def test_what_is_to_come_is_known() -> None:
    data = packets(0x11, CONTENTS, 30)
    for size in range(8, len(data)):
        message = tds_packets.message(data[:size], 0)
        assert message is not None
        assert not message.is_complete


def test_another_kind_ends_a_message() -> None:
    message = tds_packets.message(packets(0x11, CONTENTS, 30)[:30] + bytes(8), 0)
    assert message is not None
    assert (message.contents, message.is_complete) == (CONTENTS[:22], True)


def test_no_more_than_so_many_are_put_together() -> None:
    data = packets(0x11, bytes(99), 9)
    message = tds_packets.message(data, 0)
    assert message is not None
    assert (len(message.contents), message.is_complete) == (TDS_PACKETS, True)


@pytest.mark.parametrize(
    "header", ["11010008 00000000", "11010009 00000001", "11020009 00000000", "1101"]
)
def test_what_is_no_header(header: str) -> None:
    data = bytes.fromhex(header)
    assert not tds_packets.is_header(data, 0, 0x11)
    assert tds_packets.message(data, 0) is None


def test_a_message_of_a_logon_begins_with_what_may_begin_one() -> None:
    good = packets(0x11, b"NTLM", 99), packets(4, b"\xed", 99), packets(16, b"?", 99)
    bad = packets(0x11, b"?", 99), packets(4, b"\xfd", 99), packets(1, b"N", 99)
    data = b"".join((*good, *bad))
    assert [*tds_packets.starts(data, 0, len(data))] == [21, 12, 0]


@given(st.binary(min_size=1, max_size=99))
def test_any_bytes(data: bytes) -> None:
    for at in range(len(data)):
        tds_packets.message(b"\x11" + data, at)
    assert all(0 <= at < len(data) for at in tds_packets.starts(data, 0, len(data)))
