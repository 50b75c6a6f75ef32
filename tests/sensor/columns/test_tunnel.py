"""What is said inside a tunnel is what would be said without it."""

from __future__ import annotations

import struct
from collections.abc import Callable, Sequence
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scapy.contrib.gtp import GTP_U_Header
from scapy.contrib.mpls import MPLS
from scapy.layers.inet import IP, UDP
from scapy.layers.inet6 import IPv6
from scapy.layers.l2 import GRE, Ether
from scapy.layers.vxlan import VXLAN

from sensor.columns import Columns, endpoints
from sensor.fixtures.network import frames
from sensor.limits import TUNNEL_DEPTH, VLAN_TAGS
from sensor.types import Segments, Stats
from tests.support.batches import batch_of
from tests.support.frames import (
    SERVER4,
    ethernet,
    fragments4,
    fragments6,
    ipv4,
    ipv6,
    tcp,
    udp,
)
from tests.support.talks import talk_and_ask
from tests.support.wraps import capwap

NETWORKS = (
    "mpls",
    "pppoe",
    "gre",
    "erspan-1",
    "erspan-2",
    "erspan-3",
    "vxlan",
    "geneve",
    "gtp-u",
)
SAID = b"\xfeSMB and what follows"
PLAIN = ipv4(tcp(SAID))
OUTER = ("203.0.113.1", "203.0.113.2")
Row = tuple[object, ...]


def decoded(captured: Sequence[bytes]) -> tuple[list[Row], Stats]:
    """Spell out what the columns say of *captured*, and what they count."""
    stats = Stats()
    rows: list[Row] = []
    for segments in Columns(stats).decode(batch_of(captured)):
        rows += [_row(segments, i) for i in range(len(segments.row))]
    return rows, stats


def _row(segments: Segments, i: int) -> Row:
    at, length = int(segments.payload[i]), int(segments.length[i])
    return (
        int(segments.batch.number[segments.row[i]]),
        int(segments.proto[i]),
        endpoints(segments, i),
        (int(segments.seq[i]), int(segments.ack[i]), int(segments.flags[i])),
        segments.batch.data[at : at + length].tobytes(),
        int(segments.missing[i]),
        int(segments.flow[i]),
    )


def refused(stats: Stats) -> dict[str, int]:
    """Give what was refused, by reason."""
    lead = "columns.rejected."
    return {
        name.removeprefix(lead): count
        for name, count in stats.counts.items()
        if name.startswith(lead)
    }


def vxlan(packet: bytes, port: int = 4789) -> bytes:
    """Put *packet* in a frame in VXLAN in IPv4."""
    head = b"\x08\0\0\0\0\x01\xbd\0"
    return ipv4(udp(head + ethernet(packet), (50000, port)), 17, OUTER)


def gre(packet: bytes) -> bytes:
    """Put *packet* in GRE in IPv6."""
    kind = b"\x86\xdd" if packet[0] >> 4 == 6 else b"\x08\0"
    return ipv6(b"\0\0" + kind + packet, 47)


def ip_in_ip(packet: bytes) -> bytes:
    """Put *packet* in IPv4 with nothing between."""
    return ipv4(packet, 41 if packet[0] >> 4 == 6 else 4, OUTER)


def ip_in_ip6(packet: bytes) -> bytes:
    """Put *packet* in IPv6 with nothing between."""
    return ipv6(packet, 41 if packet[0] >> 4 == 6 else 4)


WRAPS: tuple[Callable[[bytes], bytes], ...] = (vxlan, gre, ip_in_ip, ip_in_ip6)


@pytest.mark.parametrize("network", NETWORKS)
@pytest.mark.parametrize("version", [4, 6])
def test_each_framing_gives_the_rows_of_the_plain_one(
    network: str, version: int
) -> None:
    recording = talk_and_ask(ipv6=version == 6)
    plain, _ = decoded([one.data for one in frames(recording, "ethernet")])

    rows, stats = decoded([one.data for one in frames(recording, network)])

    assert len(plain) == len(recording.packets)
    assert rows == plain
    assert refused(stats) == {}


@pytest.mark.parametrize("inner", [PLAIN, ipv6(tcp(SAID))], ids=["v4", "v6"])
@pytest.mark.parametrize("wrap", WRAPS)
def test_ip_in_ip_and_its_like(wrap: Callable[[bytes], bytes], inner: bytes) -> None:
    assert decoded([ethernet(wrap(inner))])[0] == decoded([ethernet(inner)])[0]


@settings(max_examples=60)
@given(
    st.lists(
        st.lists(st.sampled_from(WRAPS), max_size=TUNNEL_DEPTH), min_size=1, max_size=5
    )
)
def test_tunnels_in_tunnels_among_plain_packets(
    stacks: list[list[Callable[[bytes], bytes]]],
) -> None:
    packets = [ipv4(tcp(SAID, numbers=(i, i))) for i in range(len(stacks))]
    wrapped = []
    for packet, stack in zip(packets, stacks, strict=True):
        for wrap in stack:
            packet = wrap(packet)
        wrapped.append(ethernet(packet))

    rows, stats = decoded(wrapped)

    assert rows == decoded([ethernet(packet) for packet in packets])[0]
    assert refused(stats) == {}


def test_scapys_nest_of_five() -> None:
    nest = (
        Ether()
        / IP(src=OUTER[0], dst=OUTER[1])
        / UDP(sport=1, dport=4789)
        / VXLAN(vni=7)
        / Ether()
        / MPLS(label=16, s=0)
        / MPLS(label=17, s=1)
        / IPv6(src="2001:db8::1", dst="2001:db8::2")
        / GRE(key_present=1, chksum_present=1, seqnum_present=1, proto=0x0800)
        / IP(src=OUTER[1], dst=OUTER[0])
        / UDP(sport=2152, dport=2152)
        / GTP_U_Header(teid=1, gtp_type=255)
        / IP(PLAIN)
    )
    assert decoded([bytes(nest)])[0] == decoded([ethernet(PLAIN)])[0]


def test_what_capwap_has_cut_is_told_as_datagrams_and_counted() -> None:
    frame = ethernet(ipv4(udp(capwap(0x80, ethernet(PLAIN)), (5247, 5247)), 17))

    rows, stats = decoded([frame])

    assert [row[1] for row in rows] == [17]
    assert stats.counts == {"columns.tunnel_fragments": 1}


def test_one_tunnel_more_than_are_taken_off_is_counted() -> None:
    packet = PLAIN
    for _ in range(TUNNEL_DEPTH + 1):
        packet = ip_in_ip(packet)

    rows, stats = decoded([ethernet(packet), ethernet(PLAIN)])

    assert [row[0] for row in rows] == [2]
    assert refused(stats) == {"tunnel_depth": 1}


@pytest.mark.parametrize("wrap", WRAPS)
@pytest.mark.parametrize("cut", [fragments4, fragments6])
def test_fragments_inside_a_tunnel_are_put_together(
    wrap: Callable[[bytes], bytes], cut: Callable[[bytes, int], list[bytes]]
) -> None:
    inner = PLAIN if cut is fragments4 else ipv6(tcp(SAID))
    pieces = [ethernet(wrap(piece)) for piece in cut(inner, 24)]

    rows, stats = decoded(pieces)

    (whole,), _ = decoded([ethernet(inner)])
    assert rows == [(len(pieces), *whole[1:])]
    assert stats.counts["columns.fragments"] == len(pieces) > 1


def test_fragments_of_a_tunnel_are_put_together_before_it_is_taken_off() -> None:
    pieces = [ethernet(piece) for piece in fragments4(vxlan(PLAIN), 24)]

    rows, _ = decoded(pieces)

    (whole,), _ = decoded([ethernet(PLAIN)])
    assert rows == [(len(pieces), *whole[1:])]


NOT_TUNNELS = {
    "no VNI flag": vxlan(PLAIN).replace(b"\x08\0\0\0\0\x01\xbd\0", bytes(8)),
    "a reserved octet": vxlan(PLAIN).replace(b"\x01\xbd\0", b"\x01\xbd\1"),
    "another port": vxlan(PLAIN, 4788),
    "no IP inside": ipv4(
        udp(b"\x08\0\0\0\0\0\7\0" + bytes(12) + b"\x08\x06" + bytes(28), (1, 4789)), 17
    ),
    "an inner packet longer than its datagram": vxlan(ipv4(tcp(SAID), total=900)),
    "an inner header of 16 bytes": vxlan(b"\x44" + PLAIN[1:]),
    "an inner packet shorter than its header": vxlan(ipv4(tcp(SAID), total=19)),
    "a datagram that ends within the inner packet": ipv4(
        udp(b"\x08\0\0\0\0\0\7\0" + ethernet(PLAIN), (1, 4789), 60), 17
    ),
    "text": ipv4(udp(b"NTLMSSP\0\1\0\0\0" + bytes(28), (1, 4789)), 17),
    "nothing": ipv4(udp(b"", (1, 4789)), 17),
}


@pytest.mark.parametrize("packet", NOT_TUNNELS.values(), ids=NOT_TUNNELS)
def test_a_port_alone_makes_no_tunnel(packet: bytes) -> None:
    rows, stats = decoded([ethernet(packet)])

    (size,) = struct.unpack_from(">H", packet, 24)
    assert [(row[1], row[4]) for row in rows] == [(17, packet[28 : 20 + size])]
    assert refused(stats) == {}


@pytest.mark.parametrize("inner", [PLAIN, ipv6(tcp(SAID))], ids=["v4", "v6"])
@pytest.mark.parametrize("wrap", [vxlan, gre, ip_in_ip])
def test_a_cut_header_is_not_judged_by_what_lies_behind_the_record(
    wrap: Callable[[bytes], bytes], inner: bytes
) -> None:
    frame = ethernet(wrap(inner))
    header = 20 if inner is PLAIN else 40
    whole = batch_of([frame])
    for kept in range(14, len(frame) - len(inner) + header):
        counts: list[object] = []
        for data in (whole.data, whole.data.copy()):
            if counts:
                data[16 + kept :] = 0xAA
            stats = Stats()
            cut = replace(whole, data=data, end=whole.start + kept)
            (segments,) = Columns(stats).decode(cut)
            counts.append((segments.proto.tolist(), refused(stats)))
        assert counts[0] == counts[1]


def test_more_tags_in_a_tunnel_than_are_passed_are_counted() -> None:
    tags = (0x8100,) * (VLAN_TAGS + 1)
    head = b"\x08\0\0\0\0\x01\xbd\0"
    packet = ipv4(udp(head + ethernet(PLAIN, tags), (50000, 4789)), 17, OUTER)

    rows, stats = decoded([ethernet(packet)])

    assert rows == []
    assert refused(stats) == {"tunnel_depth": 1}


def test_a_first_fragment_that_holds_all_of_the_inner_packet_is_a_fragment() -> None:
    head = b"\x08\0\0\0\0\x01\xbd\0"
    packet = ipv4(udp(head + ethernet(PLAIN) + bytes(90), (50000, 4789)), 17, OUTER)
    pieces = [ethernet(piece) for piece in fragments4(packet, 120)]

    rows, stats = decoded(pieces)

    assert [row[0] for row in rows] == [2]
    assert stats.counts["columns.fragments"] == 2


def test_an_inner_packet_cut_by_the_snaplen_is_told_with_what_is_missing() -> None:
    frame = ethernet(vxlan(PLAIN))
    batch = batch_of([frame[:-10]], wire_lens=[len(frame)])
    (segments,) = Columns(Stats()).decode(batch)
    assert (segments.length.tolist(), segments.missing.tolist()) == (
        [len(SAID) - 10],
        [10],
    )
    assert endpoints(segments, 0)[1].ip == SERVER4


@settings(max_examples=80)
@given(st.data())
def test_every_packet_is_accounted_for_whatever_its_headers_say(
    data: st.DataObject,
) -> None:
    recording = talk_and_ask(ipv6=data.draw(st.booleans()))
    recording = replace(recording, packets=recording.packets[:4])
    captured = []
    for network in data.draw(st.lists(st.sampled_from(NETWORKS), min_size=1)):
        for frame in frames(recording, network):
            bent = bytearray(frame.data)
            for _ in range(data.draw(st.integers(0, 3))):
                place = data.draw(st.integers(0, min(len(bent), 110) - 1))
                bent[place] = data.draw(st.integers(0, 255))
            captured.append(bytes(bent[: data.draw(st.integers(1, len(bent)))]))

    rows, stats = decoded(captured)

    counted = sum(refused(stats).values()) + stats.counts["columns.fragments"]
    whole = stats.counts["columns.reassembled"]
    assert len(rows) + counted == len(captured) + whole
