"""Feed packets to Streams batch by batch and look at what comes out."""

from __future__ import annotations

import random
import struct
from collections.abc import Callable, Iterable, Sequence

from sensor import signatures
from sensor.streams import Streams
from sensor.streams.tracker import Item
from sensor.types import Chunk, Closed, Connection, Flow, Segments, Stats
from tests.support.conversations import Sent, batches_of

Judge = Callable[[Streams, Item], None]


def feed(
    streams: Streams, segments: Segments, judge: Judge | None = None
) -> list[Item]:
    """Give what one batch brings about; *judge* may put flows to rest meanwhile."""
    items = []
    for item in streams.feed([(segments, signatures.find(segments))]):
        items.append(item)
        if judge:
            judge(streams, item)
    return items


def follow(
    groups: Iterable[Sequence[Sent]],
    stats: Stats | None = None,
    judge: Judge | None = None,
) -> list[Item]:
    """Give all that comes of batches of packets, each of *groups* one batch."""
    streams = Streams(Stats() if stats is None else stats)
    items = []
    for segments in batches_of(groups):
        items += feed(streams, segments, judge)
    return [*items, *streams.finish()]


def chunks(items: Iterable[Item]) -> list[Chunk]:
    return [item for item in items if isinstance(item, Chunk)]


def said(items: Iterable[Item], side: int, reading: int = 0) -> bytes:
    """Join the bytes that one side said, of all flows."""
    return b"".join(
        item.data
        for item in chunks(items)
        if item.side == side and item.reading == reading
    )


def steps(items: Iterable[Item]) -> list[tuple[str, str, int]]:
    """Steps as (what, reason, packet number)."""
    return [
        (item.what, item.reason, item.packet)
        for item in items
        if isinstance(item, Connection)
    ]


def closed(items: Iterable[Item]) -> list[str]:
    return [item.how for item in items if isinstance(item, Closed)]


def flows(items: Iterable[Item]) -> list[Flow]:
    """The flows that were told of, each once."""
    return list(dict.fromkeys(item.flow for item in items))


def told(items: Sequence[Item]) -> list[tuple[object, ...]]:
    """Per flow, what was told, in order."""
    return [
        (flow.ends, type(item).__name__, *_facts(item))
        for flow in flows(items)
        for item in items
        if item.flow is flow
    ]


def _facts(item: Item) -> tuple[object, ...]:
    if isinstance(item, Chunk):
        return item.side, item.reading, item.data, item.lost, item.packet
    return (item.packet, getattr(item, "what", ""), getattr(item, "how", ""))


def smb2(command: int, body: bytes = b"") -> bytes:
    """A frame: RFC 1002 4.3.1 length, MS-SMB2 2.2.1 header, *body*."""
    header = b"\xfeSMB" + struct.pack("<HHIH", 64, 1, 0, command) + bytes(50)
    return struct.pack(">I", len(header + body)) + header + body


def noise(size: int, seed: int = 1) -> bytes:
    return random.Random(seed).randbytes(size).replace(b"S", b"s").replace(b"T", b"t")


def one_by_one(packets: Sequence[Sent]) -> list[list[Sent]]:
    return [[packet] for packet in packets]
