"""IP packets -> segments: what TCP and UDP have in common."""

from __future__ import annotations

from typing import Any, Final, TypeVar

import numpy as np

from sensor.columns import tcp, udp
from sensor.columns.flow import flow_hash
from sensor.columns.gather import gather, pick, reject, rows_where
from sensor.columns.headers import Headers
from sensor.columns.packets import Packets
from sensor.types import BOOL, I64, TCP, UDP, Batch, Segments, Stats

PORTS: Final[np.dtype[Any]] = np.dtype([("source", ">u2"), ("target", ">u2")])
LEAST: Final = np.zeros(256, np.int64)
"Bytes of the shortest header, by protocol; 0 where we know none."
LEAST[TCP] = tcp.HEADER.itemsize
LEAST[UDP] = udp.HEADER.itemsize

Rows = TypeVar("Rows", Packets, Segments)


def decode(batch: Batch, packets: Packets, stats: Stats) -> Segments:
    """Read every packet's transport header; what is not TCP or UDP is counted."""
    unknown = LEAST[packets.proto] == 0
    packets = reject(stats, "other_protocol", unknown, packets)
    headed = packets.at + LEAST[packets.proto]
    packets = _refuse(stats, packets, headed > packets.promised, headed > packets.stop)
    return _segments(batch, packets, _headers(batch, packets), stats)


def _headers(batch: Batch, packets: Packets) -> Headers:
    at, data, n = packets.at, batch.data, len(packets.at)
    ports = gather(data, at, PORTS)
    headers = Headers(
        sport=ports["source"].astype(np.uint16),
        dport=ports["target"].astype(np.uint16),
        size=LEAST[packets.proto],
        promised=packets.promised.copy(),
        seq=np.zeros(n, np.uint32),
        ack=np.zeros(n, np.uint32),
        flags=np.zeros(n, np.uint8),
    )
    for proto, fill in ((TCP, tcp.fill), (UDP, udp.fill)):
        rows = rows_where(packets.proto == proto)
        fill(headers, rows, data, at[rows])
    return headers


def _segments(
    batch: Batch, packets: Packets, headers: Headers, stats: Stats
) -> Segments:
    sport, dport, promised = headers.sport, headers.dport, headers.promised
    payload: I64 = packets.at + headers.size
    stop = np.minimum(packets.stop, promised)
    segments = Segments(
        batch=batch,
        row=packets.row,
        ip=packets.ip,
        version=packets.version,
        proto=packets.proto,
        sport=sport,
        dport=dport,
        seq=headers.seq,
        ack=headers.ack,
        flags=headers.flags,
        payload=payload,
        length=stop - payload,
        missing=promised - stop,
        flow=flow_hash(packets.proto, packets.src, packets.dst, sport, dport),
    )
    bad = (headers.size < LEAST[packets.proto]) | (payload > promised)
    return _refuse(stats, segments, bad, payload > stop)


def _refuse(stats: Stats, rows: Rows, bad: BOOL, cut: BOOL) -> Rows:
    """Drop and count rows whose header cannot be, and rows whose header is cut."""
    refused = bad | cut
    if not refused.any():
        return rows
    for name, proto in (("tcp", TCP), ("udp", UDP)):
        of = rows.proto == proto
        stats.add(f"columns.rejected.bad_{name}", int((of & bad).sum()))
        stats.add(f"columns.rejected.short_{name}", int((of & cut & ~bad).sum()))
    return pick(rows, np.flatnonzero(~refused))
