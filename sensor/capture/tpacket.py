"""TPACKET_V3: what the kernel writes into a block of its ring (linux/if_packet.h).

A block is a descriptor and then packets, each behind a header of its own that says
how far it is to the next one.
"""

from __future__ import annotations

import struct
from typing import Any, Final

import numpy as np

from sensor.capture.walk import Records, gather
from sensor.types import I64, U8

USER: Final = 1
"Bit of the block's status: the kernel has filled the block, and it is ours."
STATUS_AT: Final = 8
"Offset of the status, 32 bits, in the block."
DESCRIPTOR: Final = struct.Struct("=III")
"Behind the status: packets, offset of the first one, bytes in use."
FIRST_TIME: Final = struct.Struct("=II")
FIRST_TIME_AT: Final = 32
"Where seconds and nanoseconds of the first packet stand."

VLAN: Final = 0x10
TPID: Final = 0x40
"Bits of a packet's status: the kernel took a VLAN tag off; its TPID is told too."
DOT1Q: Final = 0x8100
MACS: Final = 12
TAG: Final = 4
"Bytes of both addresses, which stand before the VLAN tag, and of the tag."

HEADER: Final[np.dtype[Any]] = np.dtype(
    {
        "names": [
            *("next", "sec", "nsec", "captured", "wire", "status"),
            *("mac", "tci", "tpid"),
        ],
        "formats": ["u4"] * 6 + ["u2", "u4", "u2"],
        "offsets": [0, 4, 8, 12, 16, 20, 24, 32, 36],
        "itemsize": 40,
    }
)
"struct tpacket3_hdr, in the machine's own byte order; lengths in bytes."


def is_ours(block: U8) -> bool:
    """Tell whether the kernel has filled *block*."""
    return bool(block[STATUS_AT] & USER)


def give_back(block: U8) -> None:
    """Let the kernel fill *block* anew."""
    block[STATUS_AT : STATUS_AT + 4] = 0


def packets_in(block: U8) -> int:
    """Return the number of packets in a *block* that is ours."""
    count: int = DESCRIPTOR.unpack_from(block.data, STATUS_AT + 4)[0]
    return count


def bytes_in(block: U8) -> int:
    """Return the bytes of *block* that are in use, descriptor and headers too."""
    used: int = DESCRIPTOR.unpack_from(block.data, STATUS_AT + 4)[2]
    return used


def first_time(block: U8) -> int:
    """Return when the first packet of *block* came, in nanoseconds since 1970."""
    seconds, nanoseconds = FIRST_TIME.unpack_from(block.data, FIRST_TIME_AT)
    return int(seconds) * 1_000_000_000 + int(nanoseconds)


def records(block: U8, linktype: int) -> Records:
    """Find the packets in *block*, and put back the VLAN tags taken off them."""
    at = np.array(offsets(block), np.int64)
    head = gather(block, at, HEADER)
    tagged = head["status"] & VLAN != 0
    start = at + head["mac"] - TAG * tagged
    if tagged.any():
        put_tags_back(block, start[tagged], head[tagged])
    return Records(
        start=start,
        end=at + head["mac"] + head["captured"],
        wire_len=head["wire"].astype(np.int64) + TAG * tagged,
        ts_ns=head["sec"].astype(np.int64) * 1_000_000_000 + head["nsec"],
        linktype=np.full(len(at), linktype, np.int32),
    )


def offsets(block: U8) -> list[int]:
    """Walk along the packet headers: their offsets in *block*."""
    step = struct.Struct("=I").unpack_from
    count, at, _ = DESCRIPTOR.unpack_from(block.data, STATUS_AT + 4)
    data, found = block.data, []
    for _ in range(count):
        found.append(at)
        at += step(data, at)[0]
    return found


def put_tags_back(block: U8, start: I64, head: Any) -> None:
    """Write the k VLAN tags that *head* tells of into the frames to begin at *start*.

    Both addresses move TAG bytes to the front; before a frame there is room.
    """
    within = np.arange(MACS)
    block[start[:, None] + within] = block[start[:, None] + TAG + within]
    tpid = np.where(head["status"] & TPID, head["tpid"], DOT1Q)
    tag = np.stack([tpid, head["tci"]], axis=1).astype(">u2")
    block[start[:, None] + MACS + np.arange(TAG)] = tag.view(np.uint8)
