from __future__ import annotations

import struct

from hypothesis import given
from hypothesis import strategies as st
from impacket import ntlm

from decoders import avpairs
from decoders.avpairs import AvPair
from decoders.limits import AV_PAIRS


def pair(kind: int, value: bytes) -> bytes:
    return struct.pack("<HH", kind, len(value)) + value


def test_every_kind_of_value() -> None:
    data = pair(1, "SRV".encode("utf-16-le")) + pair(
        4, "corp.local".encode("utf-16-le")
    )
    data += pair(6, struct.pack("<I", 2)) + pair(7, struct.pack("<Q", 1 << 57))
    data += pair(8, bytes(48)) + pair(9, "cifs/x".encode("utf-16-le"))
    data += pair(10, bytes(16)) + pair(99, b"abc") + pair(0, b"") + pair(1, b"x\0")

    assert avpairs.walk(data) == (
        AvPair(1, "SRV"),
        AvPair(4, "corp.local"),
        AvPair(6, 2),
        AvPair(7, 1 << 57),
        AvPair(8, None),
        AvPair(9, "cifs/x"),
        AvPair(10, None),
        AvPair(99, None),
    )


def test_flags_and_timestamp_of_a_wrong_size_say_nothing() -> None:
    assert avpairs.walk(pair(6, b"\1\0") + pair(7, b"\1")) == (
        AvPair(6, None),
        AvPair(7, None),
    )


def test_a_cut_list_keeps_what_was_whole() -> None:
    data = pair(1, b"A\0") + pair(2, b"B\0")
    whole = [0] * 6 + [1] * 6 + [2]

    assert [len(avpairs.walk(data[:cut])) for cut in range(13)] == whole


def test_the_cap_holds() -> None:
    assert len(avpairs.walk(pair(1, b"") * 1000)) == AV_PAIRS


@given(st.dictionaries(st.sampled_from([1, 2, 3, 4, 5]), st.text("abcé.-", max_size=9)))
def test_impacket_writes_what_we_read(names: dict[int, str]) -> None:
    pairs = ntlm.AV_PAIRS()
    for kind, name in names.items():
        pairs[kind] = name.encode("utf-16-le")

    assert {p.id: p.value for p in avpairs.walk(pairs.getData())} == names


@given(st.binary())
def test_any_bytes_are_walked(data: bytes) -> None:
    assert all(isinstance(p.id, int) for p in avpairs.walk(data))
