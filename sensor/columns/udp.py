"""UDP headers (RFC 768)."""

from __future__ import annotations

from typing import Any, Final

import numpy as np

from sensor.columns.flow import flow_hash
from sensor.columns.gather import gather, reject
from sensor.columns.packets import Packets
from sensor.types import Batch, Segments, Stats

HEADER: Final[np.dtype[Any]] = np.dtype(
    [("sport", ">u2"), ("dport", ">u2"), ("length", ">u2"), ("checksum", ">u2")]
)


def decode(batch: Batch, packets: Packets, stats: Stats) -> Segments:
    """Read the UDP header of every packet; all are UDP.

    A length beyond the IP packet is cut to it; 0 is a jumbogram or offloaded (RFC
    2675) and goes to the packet's end.
    """
    tiny = packets.at + HEADER.itemsize > packets.promised
    packets = reject(stats, "bad_udp", tiny, packets)
    cut = packets.at + HEADER.itemsize > packets.stop
    packets = reject(stats, "short_udp", cut, packets)
    header = gather(batch.data, packets.at, HEADER)
    sport = header["sport"].astype(np.uint16)
    dport = header["dport"].astype(np.uint16)
    said = header["length"].astype(np.int64)
    promised = np.minimum(packets.promised, packets.at + said)
    promised = np.where(said == 0, packets.promised, promised)
    stop = np.minimum(packets.stop, promised)
    payload = packets.at + HEADER.itemsize
    none = np.zeros(len(payload), np.uint32)
    segments = Segments(
        batch=batch,
        row=packets.row,
        ip=packets.ip,
        version=packets.version,
        proto=packets.proto,
        sport=sport,
        dport=dport,
        seq=none,
        ack=none,
        flags=none.astype(np.uint8),
        payload=payload,
        length=stop - payload,
        missing=promised - stop,
        flow=flow_hash(packets.proto, packets.src, packets.dst, sport, dport),
    )
    bad = (said != 0) & (said < HEADER.itemsize)
    return reject(stats, "bad_udp", bad, segments)
