"""A cable of our own in a network namespace of our own, and what is sent on it."""

from __future__ import annotations

import ctypes
import os
import shutil
import socket
import subprocess
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.support.captures import Packet

CLONE_NEWNET = 0x40000000
HERE = Path("/proc/thread-self/ns/net")
SENDER, WATCHED = "wire0", "wire1"
MTU = 65535
PAUSE = 0.02

_libc = ctypes.CDLL(None, use_errno=True)


def need_root() -> None:
    """Fail where we may not make namespaces, unless that is known."""
    if os.environ.get("NETSIG_WITHOUT_ROOT"):
        pytest.skip("NETSIG_WITHOUT_ROOT is set")
    if os.geteuid() or shutil.which("ip") is None:
        pytest.fail("watching needs root and iproute2, or NETSIG_WITHOUT_ROOT=1")


@contextmanager
def namespace() -> Iterator[None]:
    """Be in a network namespace of our own; it is gone when its last socket is."""
    need_root()
    before = os.open(HERE, os.O_RDONLY)
    _check(_libc.unshare(CLONE_NEWNET))
    try:
        yield
    finally:
        _check(_libc.setns(before, CLONE_NEWNET))
        os.close(before)


@contextmanager
def cable(*pairs: tuple[str, str]) -> Iterator[None]:
    """Have cables, one if none is named, on which nobody says a word but us."""
    with namespace():
        for one, other in pairs or ((SENDER, WATCHED),):
            ip("link", "add", one, "mtu", str(MTU), "type", "veth", "peer", other)
            ip("link", "set", other, "mtu", str(MTU))
            for name in (one, other):
                silence = Path(f"/proc/sys/net/ipv6/conf/{name}/disable_ipv6")
                silence.write_text("1")
                ip("link", "set", name, "arp", "off", "up")
        yield


def ip(*arguments: str) -> None:
    subprocess.run(["ip", *arguments], check=True, capture_output=True)


def sender(interface: str = SENDER) -> socket.socket:
    """Open a socket whose bytes are frames on *interface*."""
    sock = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, 0)
    sock.bind((interface, 0))
    return sock


def send(frames: Iterable[bytes], interface: str = SENDER) -> int:
    """Send *frames*; return how many the interface took."""
    with sender(interface) as sock:
        return sum(_sent(sock, frame) for frame in frames)


def _sent(sock: socket.socket, frame: bytes) -> bool:
    try:
        return sock.send(frame) == len(frame)
    except OSError:  # ENOBUFS: the other end's queue is full
        return False


def replay(packets: list[Packet], interface: str = SENDER) -> None:
    """Send *packets* with the pauses that were between them, PAUSE at most."""
    with sender(interface) as sock:
        last_ns = packets[0].ts_ns
        for packet in packets:
            time.sleep(min((packet.ts_ns - last_ns) / 1e9, PAUSE))
            last_ns = packet.ts_ns
            assert sock.send(packet.data) == len(packet.data)


def _check(status: int) -> None:
    if status:
        raise OSError(ctypes.get_errno(), "namespaces are not to be had")
