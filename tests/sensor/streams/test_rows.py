"""A row out of the columns says what the frame said."""

from __future__ import annotations

from dataclasses import replace
from struct import pack
from zlib import crc32

import numpy as np

from sensor.columns import Columns
from sensor.streams.history import NO_LINK
from sensor.streams.packet import Packet
from sensor.streams.rows import (
    flow_of,
    has_link,
    identity_of,
    note_tunnels,
    packet_of,
    span_of,
    time_of,
)
from sensor.types import Endpoint, Stats, Tunnel
from tests.support.batches import batch_of
from tests.support.conversations import MS, START_NS, Conversation, segments_of
from tests.support.frames import ethernet, ipv4, ipv6, tcp, udp
from tests.support.wraps import named

TALK = Conversation(isn=(2**32 - 3, 7)).syn(b"early").answer().say(1, b"cut off")


def test_a_flow_is_described_from_its_first_sender() -> None:
    segments = segments_of(TALK.packets)
    flow, reply = flow_of(segments, 0), flow_of(segments, 1)

    assert flow.ends == (Endpoint("192.0.2.10", 49152), Endpoint("198.51.100.20", 445))
    assert reply.ends == flow.ends[::-1]
    assert (flow.key, flow.community_id) == (reply.key, reply.community_id)
    assert (flow.proto, flow.file, flow.client, flow.flags) == (
        *(6, "test.pcap", None, set()),
    )


def test_the_first_packet_of_a_side_tells_what_it_travelled_in() -> None:
    frames = [named("802.1Q").frame(ipv4(tcp())), ethernet(ipv4(tcp()))]
    (segments,) = Columns(Stats()).decode(batch_of(frames))
    flow = flow_of(segments, 0)

    for row in (0, 1):
        note_tunnels(segments, row, flow, 1)

    assert flow.tunnels == [None, (Tunnel("VLAN", 445),)]


def test_of_old_packets_only_the_ends_are_kept() -> None:
    (segments,) = Columns(Stats()).decode(batch_of([ethernet(ipv4(tcp(b"NTLM")))]))
    record = replace(segments.batch, linktype=np.array([NO_LINK], np.int32))

    assert has_link(segments, 0)
    assert not has_link(replace(segments, batch=record), 0)


def test_a_routed_copy_has_the_same_identity_and_a_retransmission_another() -> None:
    packet = ipv4(tcp(b"NTLM"), ident=7)
    routed = packet[:8] + b"\x07\x06\xaa\xbb" + packet[12:]
    again = ipv4(tcp(b"NTLM"), ident=8)
    six = ipv6(tcp(b"NTLM"))
    frames = [ethernet(one) for one in (packet, again, six)]
    frames.append(named("VXLAN").frame(routed))
    (segments,) = Columns(Stats()).decode(batch_of(frames))

    first, later, sixth, copy = (identity_of(segments, row) for row in range(4))

    assert first == copy == b"\0\7" + packet[12:40]
    assert later == b"\0\x08" + packet[12:40]
    assert sixth == b"\0\0" + six[8:60]


def test_datagrams_without_checksum_are_told_apart_by_what_they_say() -> None:
    frames = [ethernet(ipv4(udp(said), proto=17)) for said in (b"one", b"two", b"one")]
    (segments,) = Columns(Stats()).decode(batch_of(frames))

    one, two, again = (identity_of(segments, row) for row in range(3))

    assert (
        one == again == frames[0][18:20] + frames[0][26:42] + pack(">I", crc32(b"one"))
    )
    assert two != one


def test_a_packet_is_what_was_sent() -> None:
    talk = Conversation().handshake().say(1, b"cut off").cut(3)
    segments = segments_of(talk.packets, first=40)

    assert packet_of(segments, 3, flow_of(segments, 0), wakes=True) == Packet(
        side=1,
        seq=5001,
        ack=1001,
        flags=0x18,
        data=b"cut",
        missing=4,
        ts_ns=START_NS + 3 * MS,
        number=43,
        file="test.pcap",
        wakes=True,
    )
    assert time_of(segments, 3) == START_NS + 3 * MS


def test_spans_count_the_syn_and_what_was_cut_and_wrap() -> None:
    segments = segments_of(TALK.packets)
    cut = segments_of(Conversation().say(0, b"cut off").cut(3).packets)

    assert span_of(segments, 0) == (2**32 - 2, 3)
    assert span_of(segments, 2) == (8, 15)
    assert span_of(cut, 0) == (1001, 1008)
