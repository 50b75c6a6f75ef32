"""Columns say what a scalar reading of the same frames says."""

from __future__ import annotations

import contextlib
import os
import socket
from collections.abc import Iterator
from itertools import islice
from pathlib import Path

import dpkt
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sensor.columns import Columns, endpoints
from sensor.columns.link import LINKTYPES
from sensor.types import Segments, Stats
from tests.support.batches import batch_of
from tests.support.frames import TCP, UDP, ethernet, ipv4, ipv6, tcp, udp

Row = tuple[object, ...]

PORT = st.integers(0, 0xFFFF)
NUMBER = st.integers(0, 0xFFFF_FFFF)
TPIDS = st.sampled_from([0x8100, 0x88A8, 0x9100, 0x9200, 0x9300])
WORDS = st.integers(0, 10).map(lambda words: b"\x01\x01\x01\x01" * words)


def rows_of(segments: Segments) -> list[Row]:
    """Spell every segment out."""
    rows: list[Row] = []
    for i in range(len(segments.row)):
        source, target = endpoints(segments, i)
        at, length = int(segments.payload[i]), int(segments.length[i])
        rows.append(
            (
                int(segments.row[i]),
                int(segments.proto[i]),
                (source.ip, source.port),
                (target.ip, target.port),
                (int(segments.seq[i]), int(segments.ack[i]), int(segments.flags[i])),
                segments.batch.data[at : at + length].tobytes(),
                int(segments.missing[i]),
            )
        )
    return rows


def accounted(stats: Stats, segments: list[Segments]) -> int:
    """Count what became of every record and every reassembled datagram."""
    refused = sum(
        count
        for name, count in stats.counts.items()
        if name.startswith("columns.rejected.")
    )
    rows = sum(len(part.row) for part in segments)
    return rows + refused + stats.counts["columns.fragments"]


@st.composite
def frames(draw: st.DrawFn) -> tuple[bytes, int, Row]:
    """Draw a frame, its length on the wire, and what the columns must say of it."""
    ports, payload = (draw(PORT), draw(PORT)), draw(st.binary(max_size=40))
    if draw(st.booleans()):
        proto, numbers = TCP, (draw(NUMBER), draw(NUMBER))
        flags = draw(st.integers(0, 255))
        carried = tcp(payload, ports, numbers, flags, draw(WORDS))
        told = (*numbers, flags)
    else:
        proto, carried, told = UDP, udp(payload, ports), (0, 0, 0)
    if draw(st.booleans()):
        ends = tuple(draw(st.ip_addresses(v=4)).compressed for _ in range(2))
        packet = ipv4(carried, proto, ends, draw(WORDS))
    else:
        packed = [draw(st.ip_addresses(v=6)).packed for _ in range(2)]
        ends = tuple(socket.inet_ntop(socket.AF_INET6, each) for each in packed)
        packet = ipv6(carried, proto, ends)
    pad = draw(st.binary(max_size=8))
    frame = ethernet(packet, tuple(draw(st.lists(TPIDS, max_size=3))), pad)
    cut = draw(st.integers(0, len(payload))) if draw(st.booleans()) else 0
    kept = frame[: len(frame) - len(pad) - cut] if cut else frame
    seen = payload[: len(payload) - cut]
    pairs = tuple(zip(ends, ports, strict=True))
    return kept, len(frame), (proto, *pairs, told, seen, cut)


@settings(max_examples=150)
@given(st.lists(frames(), max_size=12))
def test_what_was_put_into_frames_is_read_from_them(
    drawn: list[tuple[bytes, int, Row]],
) -> None:
    batch = batch_of([kept for kept, _, _ in drawn], 1, [wire for _, wire, _ in drawn])
    stats = Stats()
    (segments,) = Columns(stats).decode(batch)
    expected = [(i, *row) for i, (_, _, row) in enumerate(drawn)]
    assert rows_of(segments) == expected
    assert not stats.counts


@settings(max_examples=150)
@given(
    st.lists(
        st.tuples(
            st.binary(max_size=80) | frames().map(lambda drawn: drawn[0]),
            st.sampled_from([*(link.number for link in LINKTYPES), 1, 1, 147, 9999]),
        ),
        max_size=12,
    )
)
def test_every_record_is_accounted_for(records: list[tuple[bytes, int]]) -> None:
    stats = Stats()
    batch = batch_of([data for data, _ in records], [link for _, link in records])
    parts = list(Columns(stats).decode(batch))
    assert accounted(stats, parts) == len(records) + stats.counts["columns.reassembled"]
    for part in parts:
        rows = part.row
        assert (np.diff(rows) > 0).all()
        ends = part.payload + part.length
        assert (part.length >= 0).all()
        assert (part.missing >= 0).all()
        assert (part.payload >= part.batch.start[rows]).all()
        assert (ends <= part.batch.end[rows]).all()


def test_columns_have_the_types_they_are_said_to_have() -> None:
    both = [ethernet(ipv4(tcp(b"x"))), ethernet(ipv6(udp(b"y"), UDP))]
    for frames_ in ([], both[:1], both[1:], both):
        (segments,) = Columns(Stats()).decode(batch_of(frames_))
        assert {
            name: getattr(segments, name).dtype.name
            for name in Segments.__slots__
            if name != "batch"
        } == {
            "row": "int64",
            "ip": "int64",
            "version": "uint8",
            "proto": "uint8",
            "sport": "uint16",
            "dport": "uint16",
            "seq": "uint32",
            "ack": "uint32",
            "flags": "uint8",
            "payload": "int64",
            "length": "int64",
            "missing": "int64",
            "flow": "uint64",
        }


def test_records_of_no_bytes_at_all_are_short() -> None:
    stats = Stats()
    (segments,) = Columns(stats).decode(batch_of([b"", b"", b""], [1, 101, 276]))
    assert not len(segments.row)
    assert stats.counts == {"columns.rejected.short_link": 3}


# --- real captures, read by dpkt ---

# PPPoE, MPLS, 802.1ah, VN-Tag, NSH
NOT_IP = {b"\x88\x64", b"\x88\x47", b"\x88\x48", b"\x88\xe7", b"\x89\x26", b"\x89\x4f"}
# IP in IP, IPv6 in IP, GRE, EtherIP, L2TP, MPLS in IP
TUNNELS = {4, 41, 47, 97, 115, 137}
# L2TP, GTP-U, Teredo, GRE, VXLAN, VXLAN-GPE, CAPWAP, GENEVE, MPLS, TZSP
TUNNEL_PORTS = {1701, 2152, 3544, 4754, 4789, 4790, 5247, 6081, 6635, 8472, 37008}


def captures() -> list[Path]:
    root = os.environ.get("NETSIG_CORPUS")
    return sorted(Path(root, "pcaps").rglob("*.*")) if root else []


def ethernet_frames(path: Path) -> list[bytes]:
    """Read at most 1500 Ethernet frames, to where the file is cut or no pcap."""
    frames_: list[bytes] = []
    with path.open("rb") as file, contextlib.suppress(ValueError, dpkt.dpkt.Error):
        reader = dpkt.pcap.Reader(file)
        if reader.datalink() == 1:
            frames_.extend(data for _, data in islice(reader, 1500))
    return frames_


def is_fragment(packet: dpkt.ip.IP | dpkt.ip6.IP6) -> bool:
    if isinstance(packet, dpkt.ip.IP):
        return bool(packet.mf or packet.offset)
    header = packet.extension_hdrs.get(44)
    return header is not None and bool(header.m_flag or header.frag_off)


def read_with_dpkt(i: int, frame: bytes) -> Iterator[Row]:
    """Read TCP or UDP as dpkt does; not where TCP options are cut."""
    packet = dpkt.ethernet.Ethernet(frame).data
    if not isinstance(packet, dpkt.ip.IP | dpkt.ip6.IP6) or is_fragment(packet):
        return
    inner = packet.data
    is_tcp = isinstance(inner, dpkt.tcp.TCP)
    if not is_tcp and not isinstance(inner, dpkt.udp.UDP):
        return
    if is_tcp and len(inner.opts) < inner.off * 4 - 20:
        return
    family = socket.AF_INET if isinstance(packet, dpkt.ip.IP) else socket.AF_INET6
    source, target = (socket.inet_ntop(family, end) for end in (packet.src, packet.dst))
    told = (inner.seq, inner.ack, inner.flags & 255) if is_tcp else (0, 0, 0)
    proto, ports = TCP if is_tcp else UDP, (inner.sport, inner.dport)
    yield i, proto, (source, ports[0]), (target, ports[1]), told, bytes(inner.data)


def may_be_wrapped(frame: bytes) -> bool:
    """Tell whether IP may lie deeper than dpkt looks: in a tunnel or behind tags."""
    if NOT_IP & {frame[12:14], frame[16:18], frame[20:22]}:
        return True
    with contextlib.suppress(dpkt.dpkt.Error):
        packet = dpkt.ethernet.Ethernet(frame).data
        if isinstance(packet, dpkt.ip.IP | dpkt.ip6.IP6):
            inner = packet.data
            in_udp = isinstance(inner, dpkt.udp.UDP)
            ports = {inner.sport, inner.dport} if in_udp else set()
            return packet.p in TUNNELS or bool(ports & TUNNEL_PORTS)
    return False


@pytest.mark.skipif("NETSIG_CORPUS" not in os.environ, reason="no NETSIG_CORPUS")
def test_real_captures_read_as_dpkt_reads_them() -> None:
    compared = 0
    for path in captures():
        frames_ = ethernet_frames(path)
        expected: list[Row] = []
        for i, frame in enumerate(frames_):
            with contextlib.suppress(dpkt.dpkt.Error):
                expected.extend(read_with_dpkt(i, frame))
        stats = Stats()
        parts = list(Columns(stats).decode(batch_of(frames_)))
        # dpkt looks neither for SNAP nor into tunnels.
        alike = [f[12:14] >= b"\x06\x00" and not may_be_wrapped(f) for f in frames_]
        ours = [row[:-1] for row in rows_of(parts[0]) if alike[row[0]]]
        assert ours == [row for row in expected if alike[row[0]]], path.name
        total = len(frames_) + stats.counts["columns.reassembled"]
        assert accounted(stats, parts) == total, path.name
        compared += len(ours)
    assert compared > 30_000
