"""Single rows out of the columns: the few that are looked at one by one."""

from __future__ import annotations

from sensor.columns import endpoints, tunnels
from sensor.streams.community_id import community_id
from sensor.streams.history import NO_LINK
from sensor.streams.packet import SYN, Packet
from sensor.streams.sequence import MODULUS
from sensor.types import Flow, Segments


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
    """Let *flow* know what the first packet of *side* travelled in.

    Of old packets only the ends are kept, and no link layer (NO_LINK).
    """
    record = int(segments.row[row])
    if flow.tunnels[side] is None and segments.batch.linktype[record] != NO_LINK:
        flow.tunnels[side] = tunnels(segments.batch, record)


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
