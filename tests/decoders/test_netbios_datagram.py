"""SMB1 in NetBIOS datagrams: by hand from RFC 1002 and [MS-CIFS], and by scapy."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scapy.layers.netbios import NBTDatagram

from decoders import smb1
from decoders.limits import FACT_CHARS
from decoders.netbios_datagram import read
from tests.support.netbios import BROWSE, NAME, datagram, transaction


@pytest.mark.parametrize("kind", [0x10, 0x11, 0x12])
def test_a_message_is_found_with_its_mailslot(kind: int) -> None:
    message = transaction()
    found = read(datagram(message, kind))

    assert found
    assert isinstance(found.message, smb1.Message)
    assert found.message.header.command == 0x25
    assert (found.carrier, found.confidence) == ("netbios-datagram", "header")
    assert found.facts == {"Mailslot": "\\MAILSLOT\\BROWSE"}
    assert (found.start, found.length) == (14 + 2 * len(NAME), len(message))
    assert (found.from_client, found.truncated) == (True, False)
    assert found.matched == b"\xffSMB"


def test_what_scapy_builds_is_read() -> None:
    message = transaction()
    names = {"SourceName": b"ONE", "DestinationName": b"ALL"}
    built = NBTDatagram(Type=0x11, Length=68 + len(message), **names) / message
    found = read(bytes(built))
    assert found
    assert found.facts == {"Mailslot": "\\MAILSLOT\\BROWSE"}


def test_names_may_have_a_scope() -> None:
    scoped = NAME[:-1] + b"\x04corp\x07example\0"
    found = read(datagram(transaction(), names=scoped + NAME))
    assert found
    assert found.start == 14 + len(scoped) + len(NAME)


def test_a_name_may_be_in_unicode() -> None:
    wide = b"\0" + "\\mailslot\\net\\netlogon".encode("utf-16-le") + b"\0\0"
    found = read(datagram(transaction(wide, flags2=0x8000)))
    assert found
    assert found.facts == {"Mailslot": "\\mailslot\\net\\netlogon"}


@pytest.mark.parametrize("name", [b"\\PIPE\\LANMAN\0", b"\0", b"\xff\xfe\xfd\0"])
def test_a_name_of_something_else_is_not_told(name: bytes) -> None:
    found = read(datagram(transaction(name)))
    assert found
    assert found.facts == {}


def test_a_long_name_is_cut() -> None:
    found = read(datagram(transaction(BROWSE + b"x" * 500 + b"\0")))
    assert found
    assert len(found.facts["Mailslot"]) == FACT_CHARS


def test_another_command_names_no_mailslot() -> None:
    found = read(datagram(transaction().replace(b"SMB\x25", b"SMB\x32")))
    assert found
    assert found.facts == {}


def test_a_cut_message_is_told_as_such() -> None:
    whole = datagram(transaction())
    found = read(whole[:-4])
    assert found
    assert found.truncated


@pytest.mark.parametrize(
    "other",
    [
        b"",
        datagram(transaction(), kind=0x13),
        datagram(transaction(), offset=100),
        datagram(transaction(), names=NAME),
        datagram(transaction(), names=NAME.replace(b"\x20", b"\x1f") * 2),
        datagram(transaction(), length=20),
        datagram(b"\xfeSMB" + bytes(60)),
        datagram(b"x" + transaction()),
        datagram(transaction()[:30]),
        b"x" + datagram(transaction()),
        transaction(),
    ],
)
def test_anything_else_is_none(other: bytes) -> None:
    assert read(other) is None


@given(st.binary(max_size=300), st.integers(0, 200))
def test_any_bytes_are_read(tail: bytes, keep: int) -> None:
    read(tail)
    read(datagram(transaction())[:keep] + tail)
    read(datagram(transaction()[:33] + tail))
