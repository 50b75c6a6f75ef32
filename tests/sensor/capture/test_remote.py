"""Feeds by network, all of them on loopback; scapy makes what mirrors send."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from scapy.contrib.tzsp import TZSP, TZSPTagEnd, TZSPTagPadding, TZSPTagRawRSSIByte
from scapy.layers.inet import IP, TCP
from scapy.layers.l2 import Ether
from scapy.layers.vxlan import VXLAN

from sensor.capture import open_captures
from sensor.capture import remote as module
from sensor.capture.remote import is_remote, tzsp_frame, vxlan_frame
from sensor.types import Stats
from tests.support.captures import Packet, rows

PCAPS = Path(__file__).resolve().parents[3] / "pcaps"
FRAME = bytes(Ether() / IP(dst="10.0.0.1") / TCP() / b"\xfeSMB")


def free_port(kind: int) -> int:
    with socket.socket(socket.AF_INET, kind) as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


# --- pcap-over-IP ---


@contextmanager
def server(data: bytes) -> Iterator[int]:
    """Serve *data* to the first who connects, in two pieces."""
    with socket.create_server(("127.0.0.1", 0)) as listening:

        def serve() -> None:
            link, _ = listening.accept()
            with link:
                link.sendall(data[:30])
                time.sleep(0.05)
                link.sendall(data[30:])

        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        yield listening.getsockname()[1]
        thread.join(10)


def test_a_server_that_sends_a_capture_is_read_as_the_capture() -> None:
    path = PCAPS / "leak-to-public.pcap"
    whole = [p for b in open_captures([str(path)], Stats()) for p in rows(b)]
    stats = Stats()
    with server(path.read_bytes()) as port:
        name = f"tcp://127.0.0.1:{port}"
        got = [p for batch in open_captures([name], stats) for p in rows(batch)]

    assert got == whole
    assert (stats.files, stats.damaged) == ([name], [])


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("tcp://127.0.0.1:1", "Connection refused"),
        ("tcp://127.0.0.1", "no port, which is from 1 to 65535"),
        ("tcp://127.0.0.1:0", "no port, which is from 1 to 65535"),
        ("tzsp://203.0.113.1:37008", "Cannot assign requested address"),
    ],
)
def test_a_feed_that_cannot_be_had_is_told(name: str, reason: str) -> None:
    stats = Stats()

    assert list(open_captures([name], stats)) == []
    [damage] = stats.damaged
    assert (damage.file, damage.reason, damage.usable) == (name, reason, False)


def test_only_names_with_a_known_scheme_are_feeds() -> None:
    assert all(map(is_remote, ("tcp://a:1", "tzsp://:1", "vxlan://[::1]:1")))
    assert not any(map(is_remote, ("tcp", "udp://a:1", "a/tcp://b", "./x", "-")))


# --- datagrams ---


def heard(kind: str, datagrams: list[bytes], count: int) -> tuple[list[Packet], Stats]:
    """What a listener makes of *datagrams*, until *count* packets came."""
    port, stats = free_port(socket.SOCK_DGRAM), Stats()
    sender = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    done = threading.Event()

    def send() -> None:
        time.sleep(0.05)  # the listener is not bound yet
        while not done.wait(0.05) and not stats.counts["capture.packets"]:
            for datagram in datagrams:
                sender.sendto(datagram, ("127.0.0.1", port))

    thread = threading.Thread(target=send, daemon=True)
    thread.start()
    got: list[Packet] = []
    for batch in open_captures([f"{kind}://:{port}"], stats):
        got.extend(rows(batch))
        if len(got) >= count:
            break
    done.set()
    thread.join(10)
    sender.close()
    return got, stats


TZSP_PLAIN = bytes(TZSP() / TZSPTagEnd() / FRAME)
TZSP_TAGS = bytes(
    TZSP() / TZSPTagPadding() / TZSPTagRawRSSIByte() / TZSPTagEnd() / FRAME
)
VXLAN_PLAIN = bytes(VXLAN(vni=42) / FRAME)


@pytest.mark.parametrize(
    ("kind", "datagram"),
    [("tzsp", TZSP_PLAIN), ("tzsp", TZSP_TAGS), ("vxlan", VXLAN_PLAIN)],
)
def test_frames_are_as_they_were_mirrored(kind: str, datagram: bytes) -> None:
    got, _ = heard(kind, [datagram], 1)

    assert got[0].data == FRAME
    assert (got[0].linktype, got[0].wire_len) == (1, len(FRAME))
    assert abs(got[0].ts_ns - time.time_ns()) < 60_000_000_000


def test_what_is_no_mirrored_frame_is_counted() -> None:
    got, stats = heard("tzsp", [b"\x01\x04\x00\x01", b"", b"x" * 9, TZSP_PLAIN], 1)

    assert {packet.data for packet in got} == {FRAME}
    assert stats.counts["capture.listener_rejected"] >= 3


@pytest.mark.parametrize(
    ("data", "at"),
    [
        (TZSP_PLAIN, 5),
        (TZSP_TAGS, 9),
        (b"\x01\x00\x00\x01\x01", None),
        (b"\x01\x00\x00\x01\x01x", 5),
        (b"\x02\x00\x00\x01\x01x", None),
        (b"\x01\x04\x00\x01\x01x", None),
        (b"\x01\x01\x00\x01\x01x", 5),
        (b"\x01\x00\x00\x12\x01x", None),
        (b"\x01\x00\x00\x01\x0a", None),
        (b"\x01\x00\x00\x01\x0a\xff\x01x", None),
        (b"\x01\x00\x00\x01" + b"\x00" * 9, None),
    ],
)
def test_tzsp(data: bytes, at: int | None) -> None:
    assert tzsp_frame(data) == at


@pytest.mark.parametrize(
    ("data", "at"),
    [
        (VXLAN_PLAIN, 8),
        (b"\x08" + bytes(7), None),
        (b"\x08" + bytes(8), 8),
        (b"\x00" + bytes(8), None),
        (b"\x0c" + bytes(8), None),
        (b"", None),
    ],
)
def test_vxlan(data: bytes, at: int | None) -> None:
    assert vxlan_frame(data) == at


def test_sent_is_read_and_dropped(monkeypatch: pytest.MonkeyPatch) -> None:
    """The kernel keeps little, nobody reads, and then all are accounted for."""
    monkeypatch.setattr(module, "LISTENER_BUFFER_BYTES", 4096)
    stats, port, count = Stats(), free_port(socket.SOCK_DGRAM), 200
    datagram = TZSP_PLAIN + bytes(1000)
    with (
        module.open_remote(f"tzsp://127.0.0.1:{port}", stats) as listener,
        socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sender,
    ):
        for _ in range(count):
            sender.sendto(datagram, ("127.0.0.1", port))
        view = memoryview(bytearray(1 << 20))
        got = listener.readinto(view) or 0  # the header of the pcap, and packets
        for _ in range(3):  # each tells how many were dropped so far
            sender.sendto(datagram, ("127.0.0.1", port))
            got += listener.readinto(view) or 0

    size = 16 + len(FRAME) + 1000
    read = (got - 24) // size
    assert (got - 24) % size == 0
    assert 0 < read < count
    assert read + stats.counts["capture.kernel_drops"] == count + 3


def test_a_small_buffer_gets_it_piece_by_piece() -> None:
    port = free_port(socket.SOCK_DGRAM)
    with (
        module.open_remote(f"vxlan://:{port}", Stats()) as listener,
        socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sender,
    ):
        sender.sendto(VXLAN_PLAIN, ("127.0.0.1", port))
        pieces, view = b"", bytearray(7)
        while len(pieces) < 24 + 16 + len(FRAME):
            got = listener.readinto(memoryview(view)) or 0
            pieces += view[:got]

    assert pieces[:4] == b"\x4d\x3c\xb2\xa1"
    assert pieces[40:] == FRAME
