"""The same bytes on the wire, sent another way.

A capture is a list of (timestamp in ns, Ethernet frame).  Each transformation keeps
what the two ends said and changes how it crossed the wire.
"""

from __future__ import annotations

import gzip
import random
import struct
from collections.abc import Callable, Iterator
from pathlib import Path

import dpkt

Frame = tuple[int, bytes]
Capture = list[Frame]
Transformation = Callable[[Capture], Capture]

FIN, SYN, PSH = 1, 2, 8
DELAY_NS = 500_000_000
"""What a path may delay a packet by; half of what the sensor waits for one."""


def read(path: Path) -> Capture | None:
    """Read an Ethernet capture; None for other link types and formats."""
    opener = gzip.open if path.suffix == ".gz" else open
    with opener(path, "rb") as file:
        try:
            reader = dpkt.pcap.UniversalReader(file)
        except (ValueError, dpkt.dpkt.Error, NotImplementedError, KeyError):
            return None
        if reader.datalink() != 1:
            return None
        packets = list(_whole(reader))
    return [(round(ts * 10**6) * 1000, bytes(frame)) for ts, frame in packets]


def _whole(reader: object) -> Iterator[tuple[float, bytes]]:
    """Give the packets up to where the file is cut."""
    packets = iter(reader)
    while True:
        try:
            yield next(packets)
        except (StopIteration, dpkt.dpkt.NeedData, struct.error):
            return


def write(path: Path, capture: Capture) -> Path:
    """Write a capture as a nanosecond pcap."""
    with path.open("wb") as file:
        file.write(struct.pack("<IHHIIII", 0xA1B23C4D, 2, 4, 0, 0, 262144, 1))
        for ts_ns, frame in capture:
            seconds, rest = divmod(ts_ns, 10**9)
            file.write(struct.pack("<IIII", seconds, rest, len(frame), len(frame)))
            file.write(frame)
    return path


def resegment(size: int) -> Transformation:
    """Cut every TCP payload into pieces of *size* bytes."""

    def cut(capture: Capture) -> Capture:
        return [
            (ts_ns, piece) for ts_ns, frame in capture for piece in _pieces(frame, size)
        ]

    return cut


def _pieces(frame: bytes, size: int) -> list[bytes]:
    place = _tcp(frame)
    if place is None:
        return [frame]
    ip, tcp, start, end = place
    if end - start <= size:
        return [frame]
    flags = frame[tcp + 13]
    (seq,) = struct.unpack_from("!I", frame, tcp + 4)
    pieces = []
    for at in range(start, end, size):
        upto = min(at + size, end)
        head = bytearray(frame[:start])
        own = flags
        if at > start:
            own &= ~SYN
            syn = 1 if flags & SYN else 0
            struct.pack_into("!I", head, tcp + 4, (seq + syn + at - start) % 2**32)
        if upto < end:
            own &= ~(FIN | PSH)
        head[tcp + 13] = own
        _set_length(head, ip, start - ip + upto - at)
        pieces.append(bytes(head) + frame[at:upto])
    return pieces


def shuffle(window: int, seed: int) -> Transformation:
    """Let packets change places within *window* neighbours; times stay in order.

    No packet overtakes one that was sent DELAY_NS before it.  Datagrams stay where they
    are: which came first is nowhere in them, and the first is the one that is told.
    """

    def mix(capture: Capture) -> Capture:
        rng = random.Random(seed)
        mixed: Capture = []
        for part in _together(capture, window):
            moving = [frame for _, frame in part if not _is_udp(frame)]
            rng.shuffle(moving)
            mixed += [
                (ts, frame if _is_udp(frame) else moving.pop()) for ts, frame in part
            ]
        return mixed

    return mix


def _is_udp(frame: bytes) -> bool:
    return frame[12:14] == b"\x08\0" and frame[23:24] == b"\x11"


def _together(capture: Capture, window: int) -> Iterator[Capture]:
    """Split a capture into parts of at most *window* packets, sent within DELAY_NS."""
    part: Capture = []
    for ts_ns, frame in capture:
        if part and (len(part) == window or ts_ns - part[0][0] > DELAY_NS):
            yield part
            part = []
        part.append((ts_ns, frame))
    yield part


def duplicate(capture: Capture) -> Capture:
    """Send every packet twice, as a SPAN port that sees both ways does."""
    return [frame for frame in capture for _ in range(2)]


def fragment(size: int) -> Transformation:
    """Send every IPv4 packet with TCP data in fragments of *size* bytes, last first."""

    def cut(capture: Capture) -> Capture:
        return [
            (ts_ns, part)
            for number, (ts_ns, frame) in enumerate(capture)
            for part in _fragments(frame, size, number)
        ]

    return cut


def _fragments(frame: bytes, size: int, number: int) -> list[bytes]:
    place = _tcp(frame)
    if place is None or frame[place[0]] >> 4 != 4 or place[2] == place[3]:
        return [frame]
    ip, tcp, _, end = place
    parts = []
    for at in range(tcp, end, size):
        upto = min(at + size, end)
        head = bytearray(frame[:tcp])
        more = 0x2000 if upto < end else 0
        struct.pack_into("!HHH", head, ip + 2, tcp - ip + upto - at, number % 65536, 0)
        struct.pack_into("!H", head, ip + 6, more | (at - tcp) // 8)
        parts.append(bytes(head) + frame[at:upto])
    return parts[::-1]


def _tcp(frame: bytes) -> tuple[int, int, int, int] | None:
    """Offsets of IP header, TCP header, payload and its end; None if not plain TCP."""
    ip, kind = 14, frame[12:14]
    while kind in (b"\x81\x00", b"\x88\xa8"):
        kind, ip = frame[ip + 2 : ip + 4], ip + 4
    if kind == b"\x08\x00" and len(frame) >= ip + 20:
        head = (frame[ip] & 15) * 4
        length, _, offset = struct.unpack_from("!HHH", frame, ip + 2)
        if frame[ip + 9] != 6 or offset & 0x3FFF:
            return None
        end = ip + length
    elif kind == b"\x86\xdd" and len(frame) >= ip + 40:
        head = 40
        if frame[ip + 6] != 6:
            return None
        end = ip + 40 + struct.unpack_from("!H", frame, ip + 4)[0]
    else:
        return None
    tcp = ip + head
    if end > len(frame) or end < tcp + 20:
        return None
    start = tcp + (frame[tcp + 12] >> 4) * 4
    return (ip, tcp, start, end) if tcp + 20 <= start <= end else None


def _set_length(head: bytearray, ip: int, length: int) -> None:
    if head[ip] >> 4 == 4:
        struct.pack_into("!H", head, ip + 2, length)
    else:
        struct.pack_into("!H", head, ip + 4, length - 40)
