"""Sends the conversations of captures on an interface, each time from another client.

usage: python -m scripts.talkers INTERFACE SECONDS PACKETS_PER_SECOND CAPTURE...

Captures are pcap with Ethernet and IPv4. Prints how many packets were sent.
"""

from __future__ import annotations

import socket
import struct
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Final

FILE_HEADER: Final = 24
RECORD: Final = 16
ADDRESSES: Final = slice(26, 34)
"Source and destination of IPv4 in an Ethernet frame."
FIRST_CLIENT: Final = 0x0A400000
"10.64.0.0, and on from there: two million clients."
CLIENTS: Final = 1 << 21


def main() -> None:
    interface, seconds, rate = sys.argv[1], float(sys.argv[2]), int(sys.argv[3])
    talks = [frames(Path(name).read_bytes()) for name in sys.argv[4:]]
    count, begun = 0, time.monotonic()
    with socket.socket(socket.AF_PACKET, socket.SOCK_RAW, 0) as sock:
        sock.bind((interface, 0))
        for frame in endless(talks):
            late = time.monotonic() - begun
            if late >= seconds:
                break
            if count / rate > late:
                time.sleep(count / rate - late)
            sock.send(frame)
            count += 1
    print(count)


def frames(data: bytes) -> list[bytes]:
    """Return the frames of a pcap."""
    at, found = FILE_HEADER, []
    while at < len(data):
        (size,) = struct.unpack_from("<I", data, at + 8)
        found.append(data[at + RECORD : at + RECORD + size])
        at += RECORD + size
    return found


def endless(talks: list[list[bytes]]) -> Iterator[bytes]:
    """Give the frames of all *talks* again and again, each time of other clients."""
    number = 0
    while True:
        for talk in talks:
            yield from of_client(talk, FIRST_CLIENT + number % CLIENTS)
            number += 1


def of_client(talk: list[bytes], client: int) -> Iterator[bytes]:
    """Give the frames of *talk*, with *client* for the one that speaks first."""
    before, after = talk[0][ADDRESSES][:4], client.to_bytes(4, "big")
    for frame in talk:
        ends = frame[ADDRESSES]
        source, target = (
            after if end == before else end for end in (ends[:4], ends[4:])
        )
        yield frame[: ADDRESSES.start] + source + target + frame[ADDRESSES.stop :]


if __name__ == "__main__":
    main()
