"""Which format bytes are in, told by the bytes; names of files play no part."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from sensor.capture import gzipped, netmon, pcap, pcapng, snoop, zstd
from sensor.capture.stream import Replayed, Stream, read_up_to
from sensor.capture.walk import Walker
from sensor.errors import CaptureError

MAGIC_BYTES: Final = 16
"Bytes that are looked at."


@dataclass(frozen=True, slots=True)
class Recording:
    """A format of packet records."""

    name: str
    magics: tuple[bytes, ...]
    open: Callable[[Stream, str], Walker]
    "Read the file header, if there is one, from the stream of the named file."


@dataclass(frozen=True, slots=True)
class Wrapping:
    """A format whose content is another file."""

    name: str
    magics: tuple[bytes, ...]
    unwrap: Callable[[Stream, str], Stream]


SOURCES: Final[tuple[Recording | Wrapping, ...]] = (
    Recording("pcap", pcap.MAGICS, pcap.open_pcap),
    Recording("pcapng", pcapng.MAGICS, pcapng.open_pcapng),
    Recording("snoop", snoop.MAGICS, snoop.open_snoop),
    Recording("Microsoft Network Monitor 2", netmon.MAGICS, netmon.open_netmon),
    Wrapping("gzip", gzipped.MAGICS, gzipped.open_gzip),
    Wrapping("zstd", zstd.MAGICS, zstd.open_zstd),
)
"Every format that is read."

FOREIGN: Final = (
    ("Microsoft Network Monitor 1", b"RTSS"),
    ("Sniffer", b"TRSNIFF data"),
    ("NetXRay", b"XCP\0"),
    ("AIX iptrace", b"iptrace "),
    ("HP-UX nettl", b"\x54\x52\x00\x64\x00"),
    ("Endace/IXIA hardware pcap", b"\x1c\x00\x01\xac"),
    ("Endace/IXIA hardware pcap", b"\xac\x01\x00\x1c"),
)
"Captures that are recognised and not read: name, magic."


class NotACaptureError(CaptureError):
    """What was named is no capture of any format known."""


def open_format(stream: Stream, file: str) -> tuple[Walker, Stream]:
    """Recognise what *stream* holds, unwrapped if need be.

    Returns what walks its records and where they are read from. Raises
    NotACaptureError for what is not known, CaptureError for what cannot be read.
    """
    kind, stream = recognise(stream, file)
    if isinstance(kind, Wrapping):
        kind, stream = recognise(kind.unwrap(stream, file), file)
    if isinstance(kind, Wrapping):
        raise NotACaptureError(file, 0, f"{kind.name} inside a compressed file")
    return kind.open(stream, file), stream


def recognise(stream: Stream, file: str) -> tuple[Recording | Wrapping, Stream]:
    """Tell the format by the first bytes of *stream*, which is given back whole."""
    head = read_up_to(stream, MAGIC_BYTES)
    for kind in SOURCES:
        if head.startswith(kind.magics):
            return kind, Replayed(head, stream)
    for name, magic in FOREIGN:
        if head.startswith(magic):
            raise CaptureError(file, 0, f"{name} captures are not read")
    found = f"starts with {head[:8].hex(' ')}" if head else "empty"
    raise NotACaptureError(file, 0, f"no capture format known: {found}")
