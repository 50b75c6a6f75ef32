"""Sends a capture's frames on an interface, over and over, at an even rate.

usage: python -m scripts.sender INTERFACE CAPTURE SECONDS [PACKETS_PER_SECOND]

Prints packets, bytes and seconds. Each time through, sources have new addresses:
10.20.x.y becomes 10.21.x.y. Without a rate it is as fast as the kernel takes them.
"""

from __future__ import annotations

import ctypes
import os
import socket
import struct
import sys
import time
from typing import Final

import numpy as np
import numpy.typing as npt

FILE_HEADER: Final = 24
RECORD: Final = 16
SECOND_OCTET: Final = 27
"Offset of the second octet of the source's IPv4 address in a frame."
MOST: Final = 512
"Messages a call of sendmmsg takes; 1024 are the kernel's limit."
MESSAGE_WORDS: Final = 8
"struct mmsghdr, in words of 64 bits: name, its length, iovec, count, four unused."

U8 = npt.NDArray[np.uint8]
I64 = npt.NDArray[np.int64]

_libc: Final = ctypes.CDLL(None, use_errno=True)


def main() -> None:
    interface, capture, seconds = sys.argv[1:4]
    rate = int(sys.argv[4]) if len(sys.argv) > 4 else 0
    data = np.fromfile(capture, np.uint8)
    starts, sizes = frames(data)
    made = messages(data, starts, sizes)
    count, size = 0, 0
    with socket.socket(socket.AF_PACKET, socket.SOCK_RAW, 0) as sock:
        sock.bind((interface, 0))
        begun = time.perf_counter()
        end = begun + float(seconds)
        while time.perf_counter() < end:
            sent = send(sock, made, rate, end)
            count, size = count + sent, size + int(sizes[:sent].sum())
            data[starts + SECOND_OCTET] += 1
        print(count, size, time.perf_counter() - begun)


def frames(data: U8) -> tuple[I64, I64]:
    """Return offset and length of every frame of a pcap."""
    size_of = struct.Struct("<I").unpack_from
    at, starts, sizes = FILE_HEADER, [], []
    while at < len(data):
        (size,) = size_of(data.data, at + 8)
        starts.append(at + RECORD)
        sizes.append(size)
        at += RECORD + size
    return np.array(starts, np.int64), np.array(sizes, np.int64)


def messages(data: U8, starts: I64, sizes: I64) -> tuple[npt.NDArray[np.uint64], I64]:
    """Return struct mmsghdr of every frame, and the iovecs they point to."""
    vectors = np.stack([starts + data.ctypes.data, sizes], axis=1)
    told = np.zeros((len(starts), MESSAGE_WORDS), np.uint64)
    told[:, 2] = vectors.ctypes.data + 16 * np.arange(len(starts), dtype=np.uint64)
    told[:, 3] = 1
    return told, vectors


def send(
    sock: socket.socket,
    made: tuple[npt.NDArray[np.uint64], I64],
    rate: int,
    end: float,
) -> int:
    """Send all messages, or until it is *end*; return how many were sent.

    At a *rate*, a thousandth of a second's worth goes out when it is due.
    """
    told, _ = made
    step = min(max(rate // 1000, 1), MOST) if rate else MOST
    at, begun = 0, time.perf_counter()
    while at < len(told) and (now := time.perf_counter()) < end:
        if rate and now - begun < at / rate:
            continue  # sleeping takes longer than what there is to wait for
        where = told.ctypes.data + at * 8 * MESSAGE_WORDS
        count = min(step, len(told) - at)
        sent = _libc.sendmmsg(sock.fileno(), ctypes.c_void_p(where), count, 0)
        if sent < 0:
            raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))
        at += sent
    return at


if __name__ == "__main__":
    main()
