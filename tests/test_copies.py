"""Captures that travel as files, and dumps of streams, are told apart and never judged.

What is in them was judged where it happened, or not at all: nobody logs on here.
"""

from __future__ import annotations

import base64
from collections.abc import Callable, Iterable
from pathlib import Path

import dpkt
import pytest

from sensor.fixtures import containers, logons
from sensor.fixtures.conversation import Said, Studio, Tcp
from sensor.fixtures.messages.smb2_files import Session
from sensor.fixtures.model import Host
from sensor.fixtures.network import frames
from tests.support.corpus import captures, needs_corpus
from tests.support.events import alerts_of, events_of

OURS = sorted(Path(__file__).resolve().parent.parent.glob("pcaps/*.pcap"))
INSIDE, OTHER = Host("10.20.0.15", inside=True), Host("10.20.0.7", inside=True)
OUTSIDE = Host("81.2.69.144")
WAYS = [(INSIDE, OTHER), (INSIDE, OUTSIDE), (OUTSIDE, INSIDE)]
CORPUS_BYTES = 1 << 20
"Of a capture that is copied: what is in longer ones is in shorter ones too."


def download(tcp: Tcp, content: bytes) -> None:
    head = f"HTTP/1.1 200 OK\r\nContent-Length: {len(content)}\r\n\r\n"
    tcp.transmit(0, b"GET /a.pcap HTTP/1.1\r\nHost: files.example\r\n\r\n")
    tcp.transmit(1, head.encode() + content)


def upload(tcp: Tcp, content: bytes) -> None:
    head = f"POST /a HTTP/1.1\r\nHost: f.example\r\nContent-Length: {len(content)}\r\n"
    tcp.transmit(0, head.encode() + b"\r\n" + content)
    tcp.transmit(1, b"HTTP/1.1 401 Unauthorized\r\nContent-Length: 0\r\n\r\n")


def upload_and_download(tcp: Tcp, content: bytes) -> None:
    upload(tcp, content)
    download(tcp, content)


def stored(tcp: Tcp, content: bytes) -> None:
    """FTP's data connection: nothing but the file, from who opens it."""
    tcp.transmit(0, content)


def retrieved(tcp: Tcp, content: bytes) -> None:
    """The same from who is asked."""
    tcp.transmit(1, content)


def mailed(tcp: Tcp, content: bytes) -> None:
    """As an attachment."""
    tcp.transmit(1, b"354 go ahead\r\n")
    tcp.transmit(0, b"Subject: a\r\n\r\n" + base64.encodebytes(content) + b".\r\n")
    tcp.transmit(1, b"250 OK\r\n")


PORTS: dict[Callable[[Tcp, bytes], None], int] = {
    download: 8000,
    upload: 80,
    upload_and_download: 8080,
    stored: 20,
    retrieved: 50021,
    mailed: 25,
}


def capture(directory: Path, studio: Studio) -> Path:
    stem = directory / "copies"
    (path,) = containers.write(frames(studio.recording, "ethernet"), stem, "pcap")
    return path


def transfers(
    how: Callable[[Tcp, bytes], None], way: tuple[Host, Host], files: Iterable[bytes]
) -> Studio:
    """Let one host send or fetch *files*, each on a connection of its own."""
    studio = Studio("copies")
    client, server = way
    for count, content in enumerate(files):
        tcp = studio.tcp((client, 20000 + count), (server, PORTS[how])).open()
        how(tcp, content)
        tcp.close()
        studio.wait(2)
    return studio


def payloads(path: Path, *, one_side: bool) -> bytes:
    """Put together what is said in a capture, as Wireshark saves a stream."""
    with path.open("rb") as file:
        packets = [
            dpkt.ethernet.Ethernet(data).data for _, data in dpkt.pcap.Reader(file)
        ]
    said = [(one.src, one.data.data) for one in packets if hasattr(one.data, "data")]
    kept = [data for src, data in said if not one_side or src == said[0][0]]
    return b"".join(map(bytes, kept))


@pytest.mark.parametrize("way", WAYS, ids=["inside", "to-public", "from-public"])
@pytest.mark.parametrize("how", PORTS, ids=lambda how: how.__name__)
def test_a_capture_in_transit_raises_no_alert(
    how: Callable[[Tcp, bytes], None], way: tuple[Host, Host], tmp_path: Path
) -> None:
    path = capture(tmp_path, transfers(how, way, (one.read_bytes() for one in OURS)))

    events = [event for event in events_of(path) if event.kind != "connection"]
    assert {event.facts["Confidence"] for event in events} <= {"magic", "header"}
    assert len(events) > len(OURS)
    assert alerts_of(path) == []


@pytest.mark.parametrize("one_side", [False, True])
@pytest.mark.parametrize("how", [download, upload], ids=lambda how: how.__name__)
def test_a_saved_stream_raises_no_alert(
    how: Callable[[Tcp, bytes], None], one_side: bool, tmp_path: Path
) -> None:
    dumps = [payloads(one, one_side=one_side) for one in OURS]
    for way in WAYS:
        path = capture(tmp_path, transfers(how, way, dumps))
        assert events_of(path)
        assert alerts_of(path) == []


@pytest.mark.parametrize("is_read", [True, False])
def test_a_capture_on_a_share_is_not_looked_into(is_read: bool, tmp_path: Path) -> None:
    studio = Studio("copies")
    tcp = studio.tcp((INSIDE, 50000), (OTHER, 445)).open()
    logons.kerberos_logon(tcp, ("cifs", "files"))
    file = Session(logons.SESSION, bytes(16))
    bare = events_of(capture(tmp_path, studio))
    for count, one in enumerate(OURS):
        transfer = file.reading if is_read else file.writing
        tcp.dialogue(*transfer(Said(one.read_bytes()), 4 + count))

    path = capture(tmp_path, studio)
    assert len(events_of(path)) == len(bare)
    assert alerts_of(path) == []


@needs_corpus
@pytest.mark.parametrize("way", WAYS[1:], ids=["to-public", "from-public"])
def test_real_captures_in_transit_raise_no_alert(
    way: tuple[Host, Host], tmp_path: Path
) -> None:
    files = [one.path for one in captures()]
    short = [one for one in files if one.stat().st_size < CORPUS_BYTES]
    for how in (download, upload):
        path = capture(
            tmp_path, transfers(how, way, (one.read_bytes() for one in short))
        )
        assert alerts_of(path) == []
