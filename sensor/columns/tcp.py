"""TCP headers (RFC 9293 3.1)."""

from __future__ import annotations

from typing import Any, Final

import numpy as np

from sensor.columns.flow import flow_hash
from sensor.columns.gather import gather, reject
from sensor.columns.packets import Packets
from sensor.types import Batch, Segments, Stats

HEADER: Final[np.dtype[Any]] = np.dtype(
    {
        "names": ["sport", "dport", "seq", "ack", "offset", "flags"],
        "formats": [">u2", ">u2", ">u4", ">u4", "u1", "u1"],
        "offsets": [0, 2, 4, 8, 12, 13],
        "itemsize": 20,
    }
)


def decode(batch: Batch, packets: Packets, stats: Stats) -> Segments:
    """Read the TCP header of every packet; all are TCP."""
    least = packets.at + HEADER.itemsize
    tiny = least > packets.promised
    packets = reject(stats, "bad_tcp", tiny, packets)
    packets = reject(stats, "short_tcp", least[~tiny] > packets.stop, packets)
    header = gather(batch.data, packets.at, HEADER)
    sport = header["sport"].astype(np.uint16)
    dport = header["dport"].astype(np.uint16)
    size = (header["offset"] >> 4).astype(np.int64) << 2
    payload = packets.at + size
    segments = Segments(
        batch=batch,
        row=packets.row,
        ip=packets.ip,
        version=packets.version,
        proto=packets.proto,
        sport=sport,
        dport=dport,
        seq=header["seq"].astype(np.uint32),
        ack=header["ack"].astype(np.uint32),
        flags=header["flags"].copy(),
        payload=payload,
        length=packets.stop - payload,
        missing=packets.promised - packets.stop,
        flow=flow_hash(packets.proto, packets.src, packets.dst, sport, dport),
    )
    bad = (size < HEADER.itemsize) | (payload > packets.promised)
    segments = reject(stats, "bad_tcp", bad, segments)
    return reject(stats, "short_tcp", segments.length < 0, segments)
