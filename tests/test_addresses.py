"""Who talks to whom in tunnels and on rare links: what Wireshark says, we say."""

from __future__ import annotations

from collections import Counter
from typing import NamedTuple

import pytest

from sensor.capture import open_captures
from sensor.columns import Columns, endpoints
from sensor.types import TCP, UDP, Segments, Stats
from tests.support import corpus
from tests.support.tshark import fields

pytestmark = corpus.needs_corpus

NAMES = (
    "frame.encap_type",
    "frame.protocols",
    *("ip.src", "ip.dst", "ipv6.src", "ipv6.dst"),
    *("tcp.srcport", "tcp.dstport", "udp.srcport", "udp.dstport"),
)
PROTOS = {TCP: "tcp", UDP: "udp"}

EXPLAINED = {
    "PktMon.cap": "packets in events of pktmon, which tshark shows as events",
    "BT_USB_LinCooked_Eth_80211_RT.ntar.gz": "tshark gives up at its first packet",
    "infiniband.pcap": "IP over InfiniBand is not read",
    "decode-too-small__test.pcap": "UDP headers of 4 bytes, of which tshark has ports",
    "vxlan_capture_truncation_matrix.pcap": "headers cut in the middle, as above",
    "geneve_capture_truncation_matrix.pcap": "an inner header is cut",
    "geneve_outer_ipv6_fragmentation.pcap": "the same: the outer packet is told",
    "vxlan_unsupported_and_nested_matrix.pcap": "an inner packet of no IP version",
}
"Captures whose packets differ, by the end of the file's name, and why."


class Seen(NamedTuple):
    """The innermost TCP segment or UDP datagram of a packet."""

    number: int
    proto: str
    source: str
    sport: int
    target: str
    dport: int


def _is_special(capture: corpus.Capture) -> bool:
    facts = capture.facts
    plain = facts["link_type"] == "ether" and facts["format"].startswith("pcap")
    return bool(facts["tunnels"]) or not plain


def theirs(capture: corpus.Capture) -> Counter[Seen]:
    """List what tshark finds; what has no link type is no packet."""
    rows = [row for row in fields(capture.path, NAMES) if row[0]]
    found = [_innermost(number, row) for number, row in enumerate(rows, 1)]
    return Counter(one for one in found if one)


def _innermost(number: int, row: list[list[str]]) -> Seen | None:
    layers = row[1][0].split(":")
    carrying = [one for one in layers if one in ("ip", "ipv6", "tcp", "udp")]
    # What an ICMP error quotes was not sent by whom its addresses name.
    if carrying[-1:] not in (["tcp"], ["udp"]) or {"icmp", "icmpv6"} & set(layers):
        return None
    proto, version = carrying[-1], carrying[-2]
    four, six, tcp, udp = row[2:4], row[4:6], row[6:8], row[8:10]
    ends, ports = four if version == "ip" else six, tcp if proto == "tcp" else udp
    if not all(ports):
        return None  # cut inside the header
    (source, target), (sport, dport) = (
        [cell[-1] for cell in two] for two in (ends, ports)
    )
    return Seen(number, proto, source, int(sport), target, int(dport))


def ours(capture: corpus.Capture) -> Counter[Seen]:
    """List what the columns have."""
    stats, found = Stats(), Counter[Seen]()
    columns = Columns(stats)
    for batch in open_captures([str(capture.path)], stats):
        for segments in columns.decode(batch):
            found.update(_seen(segments, i) for i in range(len(segments.row)))
    return found


def _seen(segments: Segments, i: int) -> Seen:
    number = int(segments.batch.number[segments.row[i]])
    source, target = endpoints(segments, i)
    proto = PROTOS[int(segments.proto[i])]
    return Seen(number, proto, source.ip, source.port, target.ip, target.port)


@pytest.mark.parametrize(
    "capture",
    [one for one in corpus.captures() if _is_special(one)],
    ids=lambda one: one.name,
)
def test_the_innermost_addresses_are_those_that_tshark_finds(
    capture: corpus.Capture,
) -> None:
    missed, beyond = theirs(capture) - ours(capture), ours(capture) - theirs(capture)
    differs = bool(missed or beyond)

    assert differs == capture.name.endswith(tuple(EXPLAINED)), (missed, beyond)
