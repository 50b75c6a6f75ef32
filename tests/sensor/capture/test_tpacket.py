"""Blocks as linux/if_packet.h lays them out, built with struct."""

from __future__ import annotations

import struct
from dataclasses import dataclass

import numpy as np

from sensor.capture import tpacket
from sensor.types import U8

MAC_AT = 82
"tp_mac that the kernel gives on Ethernet without a reserve."
MACS = bytes(range(12))


@dataclass(frozen=True)
class Said:
    """What the kernel says of one packet."""

    frame: bytes
    sec: int = 1_795_614_249
    nsec: int = 999_999_999
    wire: int | None = None
    status: int = 1
    tci: int = 0
    tpid: int = 0


def block_of(*packets: Said, size: int = 1 << 14, status: int = 1) -> U8:
    """Lay out struct tpacket_block_desc, then tpacket3_hdr and frame of each."""
    body, at = b"", 48
    for n, said in enumerate(packets):
        length = MAC_AT + len(said.frame)
        step = -(-length // 16) * 16
        wire = len(said.frame) if said.wire is None else said.wire
        more = step if n < len(packets) - 1 else 0
        head = struct.pack(
            "=IIIIIIHHIIHH8x",
            *(more, said.sec, said.nsec, len(said.frame), wire, said.status),
            *(MAC_AT, MAC_AT + 14, 0x1234, said.tci, said.tpid, 0),
        )
        body += (head.ljust(MAC_AT, b"\xaa") + said.frame).ljust(step, b"\xbb")
    first = packets[0] if packets else Said(b"")
    times = struct.pack("=IIII", first.sec, first.nsec, first.sec, first.nsec)
    desc = struct.pack("=IIIIIIQ", 2, 48, status, len(packets), at, at + len(body), 7)
    return np.frombuffer(bytearray((desc + times + body).ljust(size, b"\0")), np.uint8)


def frames(block: U8) -> list[bytes]:
    found = tpacket.records(block, 1)
    places = zip(found.start.tolist(), found.end.tolist(), strict=True)
    return [block[start:end].tobytes() for start, end in places]


def test_packets_are_found_where_the_kernel_put_them() -> None:
    block = block_of(Said(MACS + b"one"), Said(MACS + b"longer" * 9), Said(MACS))

    assert tpacket.packets_in(block) == 3
    assert frames(block) == [MACS + b"one", MACS + b"longer" * 9, MACS]


def test_times_lengths_and_linktype_are_told() -> None:
    block = block_of(Said(MACS, 2, 3, wire=1500), Said(MACS, (1 << 32) - 1, 0))

    found = tpacket.records(block, 127)

    assert found.ts_ns.tolist() == [2_000_000_003, 4_294_967_295_000_000_000]
    assert found.wire_len.tolist() == [1500, 12]
    assert found.linktype.tolist() == [127, 127]
    assert {found.ts_ns.dtype, found.wire_len.dtype} == {np.dtype("int64")}
    assert tpacket.first_time(block) == 2_000_000_003


def test_a_block_says_how_much_of_it_is_used() -> None:
    block = block_of(Said(MACS))

    assert tpacket.bytes_in(block) == 48 + 96


def test_a_block_is_ours_until_it_is_given_back() -> None:
    ours, timed_out, kernels = (block_of(status=n) for n in (1, 1 | 32, 0))

    assert [tpacket.is_ours(one) for one in (ours, timed_out, kernels)] == [1, 1, 0]
    tpacket.give_back(timed_out)
    assert not tpacket.is_ours(timed_out)
    assert timed_out[8:12].tolist() == [0, 0, 0, 0]


def test_a_block_without_packets_has_none() -> None:
    assert frames(block_of()) == []


def test_a_vlan_tag_is_put_back_between_addresses_and_type() -> None:
    block = block_of(
        Said(MACS + b"\x08\0rest"),
        Said(MACS + b"\x08\0rest", status=1 | 0x10 | 0x40, tci=0x6FFF, tpid=0x88A8),
        Said(MACS + b"\x08\0rest", status=1 | 0x10, tci=5),
        Said(MACS + b"\x08\0rest", tci=5, tpid=0x8100),
    )

    assert frames(block) == [
        MACS + b"\x08\0rest",
        MACS + b"\x88\xa8\x6f\xff\x08\0rest",
        MACS + b"\x81\0\0\5\x08\0rest",
        MACS + b"\x08\0rest",
    ]


def test_a_tag_put_back_counts_on_the_wire() -> None:
    block = block_of(Said(MACS, status=0x11, wire=1514), Said(MACS, wire=1514))

    assert tpacket.records(block, 1).wire_len.tolist() == [1518, 1514]
