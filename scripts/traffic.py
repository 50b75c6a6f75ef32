"""Generates traffic that is not ours: TCP with random payloads, as a SPAN port sees.

usage: python -m scripts.traffic FILE MEGABYTES [CAPTURE]

Frames are 66, 590 or 1514 bytes (700 on average) of 1000 connections a block. Each
block has new ports and later times; CAPTURE's packets, if given, follow each block.
The same call makes the same bytes.
"""

from __future__ import annotations

import struct
import sys
from pathlib import Path
from typing import Final

import numpy as np
import numpy.typing as npt

BLOCK_PACKETS: Final = 90_000
CONNECTIONS: Final = 1000
SIZES: Final = (66, 590, 1514)
SHARES: Final = (0.5, 0.1, 0.4)
FILE_HEADER: Final = struct.pack("<IHHIIII", 0xA1B2C3D4, 2, 4, 0, 0, 65535, 1)
RECORD: Final = 16
SPORT: Final = 34
"Offset of the TCP source port in a frame."
START: Final = 1_772_445_600

U8 = npt.NDArray[np.uint8]
I64 = npt.NDArray[np.int64]


def write(path: Path, megabytes: int, extra: Path | None = None) -> int:
    """Write at least *megabytes* of traffic and return the number of packets."""
    block, starts = make_block()
    records = extra.read_bytes()[len(FILE_HEADER) :] if extra else b""
    count = -(-megabytes * 1_000_000 // len(block))
    with path.open("wb") as file:
        file.write(FILE_HEADER)
        for number in range(count):
            restamp(block, starts, number)
            file.write(block.tobytes())
            file.write(records)
    return count * len(starts)


def make_block() -> tuple[U8, I64]:
    """Return records in pcap's form and the offset of each."""
    rng = np.random.default_rng(445)
    sizes = rng.choice(SIZES, BLOCK_PACKETS, p=SHARES).astype(np.int64)
    ends = np.cumsum(sizes + RECORD)
    starts = ends - sizes - RECORD
    block = np.frombuffer(rng.bytes(int(ends[-1])), np.uint8).copy()
    heads = [_head(int(size), i) for i, size in enumerate(sizes)]
    head = np.frombuffer(b"".join(heads), np.uint8).reshape(BLOCK_PACKETS, -1)
    block[starts[:, None] + np.arange(head.shape[1])] = head
    return block, starts


def restamp(block: U8, starts: I64, number: int) -> None:
    """Give the records of block *number* their times and ports."""
    micros = np.arange(len(starts), dtype=np.int64) * 10
    stamp = np.stack([START + number + micros // 10**6, micros % 10**6], axis=1)
    block[starts[:, None] + np.arange(8)] = stamp.astype("<u4").view(np.uint8)
    ports = (1024 + (np.arange(len(starts)) + number * 37) % CONNECTIONS) % 65536
    at = starts[:, None] + RECORD + SPORT + np.arange(2)
    block[at] = ports.astype(">u2")[:, None].view(np.uint8)


def _head(size: int, packet: int) -> bytes:
    """Return the record, Ethernet, IPv4 and TCP headers of one packet."""
    connection = packet % CONNECTIONS
    source = bytes([10, 20, connection >> 8, connection & 0xFF])
    target = bytes([10, 30, connection & 0xFF, 7])
    return b"".join(
        (
            struct.pack("<IIII", 0, 0, size, size),
            b"\x02\0\0\0\0\x01\x02\0\0\0\0\x02\x08\0",
            struct.pack(">BBHHHBBH", 0x45, 0, size - 14, 0, 0x4000, 64, 6, 0),
            source,
            target,
            struct.pack(">HHIIBBHHH", 0, 443, packet * 1460, 1, 0x50, 0x10, 8192, 0, 0),
        )
    )


if __name__ == "__main__":
    extra = Path(sys.argv[3]) if len(sys.argv) > 3 else None
    print(write(Path(sys.argv[1]), int(sys.argv[2]), extra))
