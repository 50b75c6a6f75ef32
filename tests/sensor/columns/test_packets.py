"""The columns of IP packets are what their descriptions say, packet by packet."""

from __future__ import annotations

import ipaddress
import struct
from dataclasses import fields
from typing import Any

import numpy as np

from sensor.columns import ip, link
from sensor.columns.packets import Packets
from sensor.types import Stats
from tests.support.batches import GAP, batch_of
from tests.support.frames import (
    CLIENT4,
    CLIENT6,
    SERVER4,
    SERVER6,
    TCP,
    UDP,
    ethernet,
    fragments6,
    ipv4,
    ipv6,
    tcp,
    udp,
)

HOP_BY_HOP, AH = 0, 51
MORE = 0x2000

FRAMES = [
    ethernet(ipv4(tcp(b"payload!")), pad=b"pad"),
    ethernet(ipv4(udp(b"payload!"), UDP, options=b"\x01" * 8)),
    ethernet(ipv6(tcp(b"payload!")), tags=(0x8100,)),
    ethernet(ipv6(struct.pack(">BB6x", UDP, 0) + udp(b"payload!"), HOP_BY_HOP)),
    ethernet(ipv4(b"fragment", fragment=MORE | 3)),
    ethernet(ipv4(tcp(b"payload!")))[:-5],
    ethernet(ipv4(struct.pack(">BB10x", TCP, 1) + tcp(), AH)),
    ethernet(fragments6(ipv6(tcp(b"x" * 12)), 16)[1]),
    ethernet(ipv4(tcp(b"payload!"), total=0)),
]

# Bytes from the record's first one; what the headers say; worked out by hand.
EXPECTED = {
    "row": [0, 1, 2, 3, 4, 5, 6, 7, 8],
    "ip": [14, 14, 18, 14, 14, 14, 14, 14, 14],
    "version": [4, 4, 6, 6, 4, 4, 4, 6, 4],
    "proto": [TCP, UDP, TCP, UDP, TCP, TCP, TCP, TCP, TCP],
    "at": [34, 42, 58, 62, 34, 34, 46, 62, 34],
    "stop": [62, 58, 86, 78, 42, 57, 66, 78, 62],
    "promised": [62, 58, 86, 78, 42, 62, 66, 78, 62],
}


def decoded() -> tuple[Packets, list[int]]:
    """Decode FRAMES; give the packets, and where each record begins."""
    stats = Stats()
    wire = [len(frame) for frame in FRAMES]
    wire[5] += 5
    batch = batch_of(FRAMES, wire_lens=wire)
    packets = ip.decode(batch, link.decode(batch, stats), stats)
    assert not stats.counts
    return packets, batch.start.tolist()


def test_offsets_and_headers_are_those_of_each_packet() -> None:
    packets, starts = decoded()
    begin = {name: np.array(starts) for name in ("ip", "at", "stop", "promised")}
    found = {
        name: (getattr(packets, name) - begin.get(name, 0)).tolist()
        for name in EXPECTED
    }
    assert found == EXPECTED
    assert starts[0] == len(GAP)


def test_a_packet_of_fragments_says_its_place_and_all_others_nothing() -> None:
    packets, _ = decoded()
    units = packets.fragment.tolist()
    assert (units[4] & 0x1FFF, units[4] & MORE) == (3, MORE)
    assert (units[7] & 0x1FFF, units[7] & MORE) == (2, 0)
    assert [units[i] for i in (0, 1, 2, 3, 5, 6, 8)] == [0] * 7


def test_an_ipv4_address_is_its_number_and_an_ipv6_address_its_own() -> None:
    packets, _ = decoded()
    four = [i for i, version in enumerate(EXPECTED["version"]) if version == 4]
    six = [i for i, version in enumerate(EXPECTED["version"]) if version == 6]
    ends = (int(ipaddress.ip_address(end)) for end in (CLIENT4, SERVER4))
    assert (set(packets.src[four].tolist()), set(packets.dst[four].tolist())) == tuple(
        {end} for end in ends
    )
    assert CLIENT6 != SERVER6
    assert len({*packets.src[six].tolist(), *packets.dst[six].tolist()}) == 2
    assert not set(packets.src[six].tolist()) & set(packets.dst[six].tolist())


def test_the_columns_have_one_length_and_their_types() -> None:
    packets, _ = decoded()
    columns: dict[str, Any] = {
        field.name: getattr(packets, field.name) for field in fields(packets)
    }
    assert {len(column) for column in columns.values()} == {len(FRAMES)}
    assert {name: column.dtype.name for name, column in columns.items()} == {
        "row": "int64",
        "ip": "int64",
        "version": "uint8",
        "proto": "uint8",
        "at": "int64",
        "stop": "int64",
        "promised": "int64",
        "fragment": "uint16",
        "src": "uint64",
        "dst": "uint64",
    }
