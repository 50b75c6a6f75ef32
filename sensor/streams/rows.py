"""Single rows out of the columns: the few that are looked at one by one."""

from __future__ import annotations

from typing import Final
from zlib import crc32

from sensor.columns import endpoints, tunnels
from sensor.streams.community_id import community_id
from sensor.streams.history import NO_LINK
from sensor.streams.packet import SYN, Packet
from sensor.streams.sequence import MODULUS
from sensor.types import UDP, Flow, Segments

_ETHERNET: Final = 1  # LINKTYPE_ETHERNET
_ETHERNET_BYTES: Final = 14


def flow_of(segments: Segments, row: int) -> Flow:
    """Describe the flow that *row* belongs to; its sender becomes side 0."""
    source, destination = endpoints(segments, row)
    proto = int(segments.proto[row])
    return Flow(
        key=int(segments.flow[row]),
        proto=proto,
        ends=(source, destination),
        file=segments.batch.file,
        community_id=community_id(proto, source, destination),
    )


def note_tunnels(segments: Segments, row: int, flow: Flow, side: int) -> None:
    """Let *flow* know what the first packet of *side* travelled in."""
    if flow.tunnels[side] is None:
        is_bare = _is_bare(segments, row)
        record = int(segments.row[row])
        flow.tunnels[side] = () if is_bare else tunnels(segments.batch, record)


def _is_bare(segments: Segments, row: int) -> bool:
    """Tell at once of most packets that they came in nothing but an Ethernet frame.

    Where the innermost IP header follows the frame's own, nothing lies between.
    """
    batch, record = segments.batch, int(segments.row[row])
    is_whole = batch.origin is None and batch.linktype[record] == _ETHERNET
    return bool(is_whole and segments.ip[row] - batch.start[record] == _ETHERNET_BYTES)


def has_link(segments: Segments, row: int) -> bool:
    """Tell whether *row* is still whole; of old packets only the ends are kept."""
    return int(segments.batch.linktype[segments.row[row]]) != NO_LINK


def identity_of(segments: Segments, row: int) -> bytes:
    """Sum up what a copy of *row* has too, after its IP identification (0 in IPv6).

    That is the addresses and all up to the payload, and of a datagram, which may have
    no checksum, that of its payload. Hop limit, traffic class and the IPv4 header's
    checksum change on the way.
    """
    data, ip = segments.batch.data, int(segments.ip[row])
    start = int(segments.payload[row])
    if segments.version[row] == 4:
        identity = data[ip + 4 : ip + 6].tobytes() + data[ip + 12 : start].tobytes()
    else:
        identity = b"\0\0" + data[ip + 8 : start].tobytes()
    if segments.proto[row] != UDP:
        return identity
    payload = data[start : start + int(segments.length[row])].tobytes()
    return identity + crc32(payload).to_bytes(4, "big")


def time_of(segments: Segments, row: int) -> int:
    """Tell when *row* was captured, in nanoseconds."""
    return int(segments.batch.ts_ns[segments.row[row]])


def span_of(segments: Segments, row: int) -> tuple[int, int]:
    """Sequence numbers of the first payload byte of *row* and of the one after."""
    syn = int(segments.flags[row]) & SYN != 0
    start = int(segments.seq[row]) + syn
    end = start + int(segments.length[row] + segments.missing[row])
    return start % MODULUS, end % MODULUS


def packet_of(segments: Segments, row: int, flow: Flow, *, wakes: bool) -> Packet:
    """Copy *row*, a segment of *flow*, out of its columns."""
    source, destination = flow.ends
    if source.port != destination.port:
        side = int(int(segments.sport[row]) != source.port)
    else:
        side = int(endpoints(segments, row)[0] != source)
    record = int(segments.row[row])
    start = int(segments.payload[row])
    end = start + int(segments.length[row])
    return Packet(
        side=side,
        seq=int(segments.seq[row]),
        ack=int(segments.ack[row]),
        flags=int(segments.flags[row]),
        data=segments.batch.data[start:end].tobytes(),
        missing=int(segments.missing[row]),
        ts_ns=int(segments.batch.ts_ns[record]),
        number=int(segments.batch.number[record]),
        file=segments.batch.file,
        wakes=wakes,
    )
