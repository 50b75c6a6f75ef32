"""IP packets to segments: what is TCP or UDP, and what is refused for which reason."""

from __future__ import annotations

from collections.abc import Sequence

import dpkt
import numpy as np
import pytest

from sensor.columns import flow_hash, ip, link, transport
from sensor.columns.packets import Packets
from sensor.types import Batch, Segments, Stats
from tests.support.batches import batch_of
from tests.support.frames import TCP, UDP, ipv4, ipv6, tcp, udp
from tests.support.segments import payload_of

BODY = b"payload!"
RAW = 101


def packets_in(batch: Batch) -> Packets:
    stats = Stats()
    packets = ip.decode(batch, link.decode(batch, stats), stats)
    assert not stats.counts
    return packets


def segments_in(
    frames: Sequence[bytes], wire: Sequence[int] | None = None
) -> tuple[Segments, dict[str, int]]:
    """Decode raw IP *frames*; give the segments and the counters by short name."""
    stats = Stats()
    batch = batch_of(frames, RAW, wire)
    segments = transport.decode(batch, packets_in(batch), stats)
    counts = stats.counts.items()
    return segments, {k.removeprefix("columns.rejected."): n for k, n in counts}


def payloads(segments: Segments) -> list[bytes]:
    spans = zip(segments.payload.tolist(), segments.length.tolist(), strict=True)
    return [segments.batch.data[at : at + size].tobytes() for at, size in spans]


def test_tcp_and_udp_of_either_version_come_in_record_order() -> None:
    frames = [
        ipv4(udp(b"one", (5, 6)), UDP),
        ipv6(tcp(b"two", (7, 8), (11, 12), 0x18)),
        ipv4(tcp(b"three", (1, 2), (3, 4), 0x10, options=bytes(4))),
        ipv6(udp(b"four", (9, 10)), UDP),
    ]
    segments, counts = segments_in(frames)
    assert counts == {}
    assert segments.row.tolist() == [0, 1, 2, 3]
    assert segments.proto.tolist() == [UDP, TCP, TCP, UDP]
    assert segments.version.tolist() == [4, 6, 4, 6]
    assert segments.sport.tolist() == [5, 7, 1, 9]
    assert segments.dport.tolist() == [6, 8, 2, 10]
    assert segments.seq.tolist() == [0, 11, 3, 0]
    assert segments.ack.tolist() == [0, 12, 4, 0]
    assert segments.flags.tolist() == [0, 0x18, 0x10, 0]
    assert payloads(segments) == [b"one", b"two", b"three", b"four"]


def test_what_dpkt_carries_is_what_we_carry() -> None:
    frames = [ipv4(tcp(bytes([i]) * i, (i, 445))) for i in range(1, 30)]
    frames += [ipv4(udp(bytes([i]) * i, (i, 137)), UDP) for i in range(1, 30)]
    segments, counts = segments_in(frames)
    theirs = [dpkt.ip.IP(frame).data for frame in frames]
    ports = zip(segments.sport.tolist(), segments.dport.tolist(), strict=True)
    assert counts == {}
    assert list(ports) == [(one.sport, one.dport) for one in theirs]
    assert payloads(segments) == [bytes(one.data) for one in theirs]


def test_the_columns_of_the_packet_go_along() -> None:
    batch = batch_of([ipv4(tcp(BODY)), ipv4(b"x" * 30, proto=1), ipv6(tcp())], RAW)
    packets = packets_in(batch)
    segments = transport.decode(batch, packets, Stats())
    assert segments.batch is batch
    assert segments.row.tolist() == [0, 2]
    assert segments.ip.tolist() == packets.ip[[0, 2]].tolist()
    expected = flow_hash(
        packets.proto,
        packets.src,
        packets.dst,
        *np.array([[49152] * 3, [445] * 3], "u2"),
    )
    assert segments.flow.tolist() == expected[[0, 2]].tolist()


@pytest.mark.parametrize("proto", [0, 1, 2, 4, 41, 47, 50, 58, 132, 255])
def test_a_protocol_that_is_neither_is_counted(proto: int) -> None:
    segments, counts = segments_in([ipv4(bytes(40), proto=proto), ipv4(tcp(BODY))])
    assert segments.row.tolist() == [1]
    assert counts == {"other_protocol": 1}


def test_no_packets_give_no_segments() -> None:
    segments, counts = segments_in([])
    assert (len(segments.row), counts) == (0, {})
    segments, counts = segments_in([ipv4(b"", proto=1)])
    assert (len(segments.row), counts) == (0, {"other_protocol": 1})


# --- what is missing, and what is refused ---


def test_payload_that_was_not_captured_is_missing() -> None:
    packet, datagram = ipv4(tcp(BODY)), ipv4(udp(BODY), UDP)
    frames = [packet[:-3], packet[:40], packet, datagram[:-1], datagram[:28]]
    wire = [48, 48, 48, 36, 36]
    segments, counts = segments_in(frames, wire)
    assert counts == {}
    assert payloads(segments) == [BODY[:5], b"", BODY, BODY[:7], b""]
    assert segments.missing.tolist() == [3, 8, 0, 1, 8]


def test_a_datagram_ends_where_its_own_length_says() -> None:
    """And what its packet says stays as it was, for whoever else asks."""
    batch = batch_of([ipv4(udp(BODY, length=12), UDP)], RAW)
    packets = packets_in(batch)
    before = packets.promised.tolist()
    segments = transport.decode(batch, packets, Stats())
    assert (payloads(segments), segments.missing.tolist()) == ([BODY[:4]], [0])
    assert packets.promised.tolist() == before


def test_each_refusal_is_counted_for_its_protocol() -> None:
    """Cut by the snaplen is short; what the headers say cannot be is bad."""
    packet, datagram = ipv4(tcp(BODY)), ipv4(udp(BODY), UDP)
    frames = [
        packet,
        packet[:39],  # cut inside the header
        ipv4(tcp()[:19]),  # a packet too small for it
        ipv4(tcp()[:-1])[:30],  # both: what cannot be, cannot be cut
        ipv4(tcp(BODY, options=bytes(8)))[:44],  # cut inside the options
        datagram,
        datagram[:27],
        ipv4(udp()[:7], UDP),
        ipv4(udp(BODY, length=7), UDP),
    ]
    wire = [48, 48, 39, 39, 56, 36, 36, 27, 36]
    segments, counts = segments_in(frames, wire)
    assert segments.row.tolist() == [0, 5]
    assert payloads(segments) == [BODY, BODY]
    assert counts == {"short_tcp": 2, "bad_tcp": 2, "short_udp": 1, "bad_udp": 2}


@pytest.mark.parametrize("words", [0, 1, 4])
def test_an_offset_below_the_header_s_own_size_is_bad(words: int) -> None:
    segment = bytearray(tcp(BODY))
    segment[12] = words << 4
    assert payload_of(ipv4(bytes(segment))) == "bad_tcp"


def test_a_header_at_the_very_end_of_the_buffer_is_not_read_beyond_it() -> None:
    for kept in range(20, 40):
        segments, counts = segments_in([ipv4(tcp())[:kept]], [40])
        assert (len(segments.row), counts) == (0, {"short_tcp": 1})
    assert payloads(segments_in([ipv4(tcp())])[0]) == [b""]
