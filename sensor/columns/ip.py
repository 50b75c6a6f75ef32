"""IPv4 (RFC 791) and IPv6 (RFC 8200) headers, down to what they carry."""

from __future__ import annotations

from typing import Any, Final

import numpy as np

from sensor.columns.extension import V4_HEADERS, V6_HEADERS, extensions
from sensor.columns.flow import fold
from sensor.columns.gather import gather, join, reject, select
from sensor.columns.link import Frames
from sensor.columns.packets import Packets
from sensor.columns.peel import IPV4
from sensor.types import I64, U16, Batch, Stats

V4: Final[np.dtype[Any]] = np.dtype(
    {
        "names": ["lead", "total", "fragment", "proto", "src", "dst"],
        "formats": ["u1", ">u2", ">u2", "u1", ">u4", ">u4"],
        "offsets": [0, 2, 6, 9, 12, 16],
        "itemsize": 20,
    }
)
V6: Final[np.dtype[Any]] = np.dtype(
    {
        "names": ["lead", "length", "proto", "src", "src_low", "dst", "dst_low"],
        "formats": ["u1", ">u2", "u1", ">u8", ">u8", ">u8", ">u8"],
        "offsets": [0, 4, 6, 8, 16, 24, 32],
        "itemsize": 40,
    }
)
FRAGMENT_FIELD: Final = 0x3FFF  # without DF and the reserved bit


def decode(batch: Batch, links: list[Frames], stats: Stats) -> Packets:
    """Read the IP headers of all frames; packets come in row order."""
    parts = []
    for frames in links:
        is_v4 = frames.kind == IPV4
        parts.append(_v4(batch, select(frames, is_v4), stats))
        if not is_v4.all():
            parts.append(_v6(batch, select(frames, ~is_v4), stats))
    return join(parts)


def _v4(batch: Batch, frames: Frames, stats: Stats) -> Packets:
    frames = reject(stats, "short_ip", frames.end - frames.ip < V4.itemsize, frames)
    header = gather(batch.data, frames.ip, V4)
    lead = header["lead"].astype(np.int64)
    size = (lead & 15) << 2
    total = header["total"].astype(np.int64)
    promised = _promised(batch, frames, frames.ip + total, total == 0)
    packets = Packets(
        row=frames.row,
        ip=frames.ip,
        version=np.full(len(lead), 4, np.uint8),
        proto=header["proto"].copy(),
        at=frames.ip + size,
        stop=np.minimum(promised, frames.end),
        promised=promised,
        fragment=_fragment(header["fragment"]),
        src=header["src"].astype(np.uint64),
        dst=header["dst"].astype(np.uint64),
    )
    bad = (lead >> 4 != 4) | (size < V4.itemsize) | (packets.at > promised)
    packets = reject(stats, "bad_ip", bad, packets)
    packets = reject(stats, "short_ip", packets.at > packets.stop, packets)
    return extensions(batch.data, packets, V4_HEADERS, stats)


def _fragment(field: U16) -> U16:
    return field.astype(np.uint16) & np.uint16(FRAGMENT_FIELD)


def _v6(batch: Batch, frames: Frames, stats: Stats) -> Packets:
    frames = reject(stats, "short_ip", frames.end - frames.ip < V6.itemsize, frames)
    header = gather(batch.data, frames.ip, V6)
    length = header["length"].astype(np.int64)
    at = frames.ip + V6.itemsize
    promised = _promised(batch, frames, at + length, length == 0)
    packets = Packets(
        row=frames.row,
        ip=frames.ip,
        version=np.full(len(at), 6, np.uint8),
        proto=header["proto"].copy(),
        at=at,
        stop=np.minimum(promised, frames.end),
        promised=promised,
        fragment=np.zeros(len(at), np.uint16),
        src=fold(header["src"], header["src_low"]),
        dst=fold(header["dst"], header["dst_low"]),
    )
    packets = reject(stats, "bad_ip", header["lead"] >> 4 != 6, packets)
    return extensions(batch.data, packets, V6_HEADERS, stats)


def _promised(batch: Batch, frames: Frames, end: I64, unsaid: Any) -> I64:
    """Take the packet to the end of its frame where the length is left 0.

    Segmentation offload leaves it 0 for packets of more than 65535 bytes, and so do
    jumbograms (RFC 2675).
    """
    if not unsaid.any():
        return end
    on_wire = batch.start[frames.row] + batch.wire_len[frames.row]
    return np.where(unsaid, np.maximum(on_wire, frames.end), end)


def split(packets: Packets, stats: Stats) -> tuple[Packets, Packets | None]:
    """Part whole packets from fragments, if there are any; those are counted."""
    is_fragment = packets.fragment != 0
    if not is_fragment.any():
        return packets, None
    fragments = select(packets, is_fragment)
    stats.add("columns.fragments", len(fragments.row))
    return select(packets, ~is_fragment), fragments
