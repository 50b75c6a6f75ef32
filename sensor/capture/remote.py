"""Feeds by network: pcap-over-IP, and mirrors that send each packet in a datagram.

`tcp://HOST:PORT` is a server that sends a capture (pcap-over-IP, as netcat and
PolarProxy do it). `tzsp://ADDRESS:PORT` and `vxlan://ADDRESS:PORT` listen, on loopback
if no address is given, for what routers and clouds mirror by UDP. Such a listener is
read as the pcap that it would be.
"""

from __future__ import annotations

import socket
import struct
from collections.abc import Callable
from io import FileIO
from typing import Final, Self, TypeAlias

from sensor.limits import LISTENER_BUFFER_BYTES
from sensor.types import Stats

CONNECT_SECONDS: Final = 10.0
SO_TIMESTAMPNS: Final = 35  # asm-generic/socket.h
SO_RXQ_OVFL: Final = 40
DATAGRAM_BYTES: Final = 1 << 16
PCAP_HEADER: Final = struct.pack("<IHHiIII", 0xA1B23C4D, 2, 4, 0, 0, 1 << 18, 1)
"Of a pcap with nanoseconds, of Ethernet (link type 1)."
TZSP_DATA: Final = (0, 1)
TZSP_ETHERNET: Final = 1
TZSP_PADDING, TZSP_END = 0, 1
VXLAN_VNI: Final = 0x08
VXLAN_GPE: Final = 0x04


Raw: TypeAlias = "FileIO | Listener"
"Where the bytes of a capture come from."


def is_remote(path: str) -> bool:
    """Tell whether *path* names a feed by network."""
    return path.partition("://")[0] in OPENERS and "://" in path


def open_remote(path: str, stats: Stats) -> Raw:
    """Open the feed that *path* names; raises OSError."""
    scheme, _, rest = path.partition("://")
    host, _, port = rest.rstrip("/").rpartition(":")
    host = host.removeprefix("[").removesuffix("]") or "127.0.0.1"
    if not port.isdecimal() or not 0 < int(port) < 1 << 16:
        raise OSError(0, "no port, which is from 1 to 65535")
    return OPENERS[scheme](host, int(port), stats)


def connect(host: str, port: int, _stats: Stats) -> Raw:
    """Connect to a pcap-over-IP server."""
    link = socket.create_connection((host, port), CONNECT_SECONDS)
    link.settimeout(None)
    link.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
    return FileIO(link.detach())


class Listener:
    """Datagrams that hold frames, read as a pcap.

    *frame* finds where in a datagram the frame begins, None if there is none
    (`capture.listener_rejected`). What the kernel had no room for is counted as
    `capture.kernel_drops`.
    """

    def __init__(
        self, host: str, port: int, stats: Stats, frame: Callable[[bytes], int | None]
    ) -> None:
        self._frame = frame
        self._stats = stats
        self._drops = 0
        self._ready = PCAP_HEADER
        family = socket.AF_INET6 if ":" in host else socket.AF_INET
        self._socket = socket.socket(family, socket.SOCK_DGRAM)
        for option, value in (
            (socket.SO_RCVBUF, LISTENER_BUFFER_BYTES),
            (SO_TIMESTAMPNS, 1),
            (SO_RXQ_OVFL, 1),
        ):
            self._socket.setsockopt(socket.SOL_SOCKET, option, value)
        self._socket.bind((host, port))

    def fileno(self) -> int:
        """Return the file descriptor."""
        return self._socket.fileno()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._socket.close()

    def readinto(self, view: memoryview, /) -> int:
        """Give the next bytes: those of one datagram, waited for, and what came too."""
        have = self._give(view)
        while have == 0:
            self._receive(0)
            have = self._give(view)
        while have < len(view) and self._receive(socket.MSG_DONTWAIT):
            have += self._give(view[have:])
        return have

    def _give(self, view: memoryview) -> int:
        give, self._ready = self._ready[: len(view)], self._ready[len(view) :]
        view[: len(give)] = give
        return len(give)

    def _receive(self, flags: int) -> bool:
        """Take one datagram; False if none is there and none is waited for."""
        try:
            data, told, _, _ = self._socket.recvmsg(DATAGRAM_BYTES, 256, flags)
        except BlockingIOError:
            return False
        seconds = nanoseconds = 0
        for _, kind, value in told:
            if kind == SO_TIMESTAMPNS:
                seconds, nanoseconds = struct.unpack("=qq", value)
            elif kind == SO_RXQ_OVFL:
                self._count_drops(*struct.unpack("=I", value))
        at = self._frame(data)
        self._stats.add("capture.listener_rejected", at is None)
        if at is not None:
            size = len(data) - at
            head = struct.pack("<IIII", seconds, nanoseconds, size, size)
            self._ready = head + data[at:]
        return True

    def _count_drops(self, so_far: int) -> None:
        self._stats.add("capture.kernel_drops", (so_far - self._drops) % (1 << 32))
        self._drops = so_far


def tzsp_frame(data: bytes) -> int | None:
    """Find the Ethernet frame in a TZSP packet: behind four octets, and tags."""
    if len(data) < 5 or data[0] != 1 or data[1] not in TZSP_DATA:
        return None
    if int.from_bytes(data[2:4], "big") != TZSP_ETHERNET:
        return None
    at = 4
    while at < len(data) and data[at] != TZSP_END:
        length = data[at + 1 : at + 2]
        at += 1 if data[at] == TZSP_PADDING or not length else 2 + length[0]
    return at + 1 if at + 1 < len(data) else None


def vxlan_frame(data: bytes) -> int | None:
    """Find the Ethernet frame in a VXLAN packet (RFC 7348): behind eight octets."""
    sound = len(data) > 8 and data[0] & (VXLAN_VNI | VXLAN_GPE) == VXLAN_VNI
    return 8 if sound else None


def listen_tzsp(host: str, port: int, stats: Stats) -> Raw:
    """Listen for TZSP, as MikroTik and others send it."""
    return Listener(host, port, stats, tzsp_frame)


def listen_vxlan(host: str, port: int, stats: Stats) -> Raw:
    """Listen for VXLAN, as cloud mirrors send it."""
    return Listener(host, port, stats, vxlan_frame)


OPENERS: Final[dict[str, Callable[[str, int, Stats], Raw]]] = {
    "tcp": connect,
    "tzsp": listen_tzsp,
    "vxlan": listen_vxlan,
}
