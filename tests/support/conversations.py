"""TCP conversations packet by packet, built with dpkt: whole, cut, mixed or broken.

A Conversation keeps count of what each side sent, so that a test says what happens
and not which numbers that takes.  Side 0 is the client.  Offsets are those of payload
bytes, from 0.  What it gives is a list of Sent, which a test may shuffle, repeat,
drop from or split before it makes batches of them.
"""

from __future__ import annotations

import random
import socket
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace

import dpkt
import numpy as np

from sensor.columns import Columns
from sensor.types import Segments, Stats
from tests.support.batches import batch_of

FIN, SYN, RST, PSH, ACK = 1, 2, 4, 8, 16
START_NS = 1_600_000_000_000_000_000
MS, SECOND = 1_000_000, 1_000_000_000

End = tuple[str, int]
CLIENT: End = ("192.0.2.10", 49152)
SMB: End = ("198.51.100.20", 445)
ELSEWHERE: End = ("198.51.100.20", 8000)
"A server on a port that is not SMB's."


@dataclass(frozen=True)
class Sent:
    """A packet as it was captured."""

    ts_ns: int
    frame: bytes
    wire_len: int


@dataclass
class Conversation:
    """What two ends say over one TCP connection."""

    client: End = CLIENT
    server: End = SMB
    isn: tuple[int, int] = (1000, 5000)
    now_ns: int = START_NS
    step_ns: int = MS
    "Between one packet and the next."
    packets: list[Sent] = field(default_factory=list)
    said: list[bytearray] = field(default_factory=lambda: [bytearray(), bytearray()])
    "The two byte streams, whether every byte was captured or not."

    def handshake(self) -> Conversation:
        """SYN, SYN/ACK, ACK."""
        return self.syn().answer().ack(0)

    def syn(self, data: bytes = b"") -> Conversation:
        """The client's SYN, with *data* if it is in a hurry (RFC 7413)."""
        self.packet(0, -1, data, SYN, ack=None)
        self.said[0] += data
        return self

    def answer(self) -> Conversation:
        """The server's SYN/ACK."""
        return self.packet(1, -1, b"", SYN | ACK)

    def ack(self, side: int) -> Conversation:
        """Acknowledge all that the other side said."""
        return self.packet(side, len(self.said[side]))

    def say(self, side: int, data: bytes, size: int | None = None) -> Conversation:
        """Send the next *data*, in segments of *size* bytes (or as one)."""
        for at in range(0, len(data), size or len(data)):
            piece = data[at : at + (size or len(data))]
            self.packet(side, len(self.said[side]), piece, PSH | ACK)
            self.said[side] += piece
        return self

    def lose(self, side: int, data: bytes) -> Conversation:
        """Send the next *data* where the capture does not see it."""
        self.said[side] += data
        return self

    def again(self, side: int, offset: int, data: bytes) -> Conversation:
        """Send *data* at *offset*, whatever was there before."""
        return self.packet(side, offset, data, PSH | ACK)

    def fin(self, side: int, data: bytes = b"") -> Conversation:
        """Send the last *data* and FIN."""
        self.packet(side, len(self.said[side]), data, FIN | ACK)
        self.said[side] += data
        return self

    def reset(self, side: int, astray: int = 0) -> Conversation:
        """Send RST, *astray* bytes beside the right sequence number."""
        return self.packet(side, len(self.said[side]) + astray, b"", RST | ACK)

    def wait(self, ns: int) -> Conversation:
        """Let time pass."""
        self.now_ns += ns
        return self

    def cut(self, captured: int) -> Conversation:
        """Keep only the first *captured* payload bytes of the latest packet."""
        last = self.packets.pop()
        short = last.frame[: _payload_at(last.frame) + captured]
        self.packets.append(replace(last, frame=short))
        return self

    def packet(
        self,
        side: int,
        offset: int,
        data: bytes = b"",
        flags: int = ACK,
        ack: int | None = -1,
    ) -> Conversation:
        """Send any packet; *ack* is an offset, -1 means all that was said so far."""
        heard = len(self.said[1 - side]) if ack == -1 else ack
        number = 0 if heard is None else (self.isn[1 - side] + 1 + heard) % 2**32
        seq = (self.isn[side] + 1 + offset) % 2**32
        ends = (self.client, self.server) if side == 0 else (self.server, self.client)
        frame = tcp_frame(ends, seq, number, flags, data)
        self.packets.append(Sent(self.now_ns, frame, len(frame)))
        self.now_ns += self.step_ns
        return self


def tcp_frame(
    ends: tuple[End, End], seq: int, ack: int, flags: int, data: bytes
) -> bytes:
    """Build an Ethernet frame with IPv4 or IPv6, as the addresses say, and TCP."""
    (source, sport), (destination, dport) = ends
    tcp = dpkt.tcp.TCP(
        sport=sport, dport=dport, seq=seq, ack=ack, flags=flags, data=data
    )
    return _framed(source, destination, dpkt.ip.IP_PROTO_TCP, tcp)


def udp_frame(ends: tuple[End, End], data: bytes) -> bytes:
    """Build an Ethernet frame with a UDP datagram."""
    (source, sport), (destination, dport) = ends
    udp = dpkt.udp.UDP(sport=sport, dport=dport, data=data, ulen=8 + len(data))
    return _framed(source, destination, dpkt.ip.IP_PROTO_UDP, udp)


def _framed(source: str, destination: str, proto: int, carried: dpkt.Packet) -> bytes:
    if ":" in source:
        src, dst = (socket.inet_pton(socket.AF_INET6, a) for a in (source, destination))
        ip6 = dpkt.ip6.IP6(
            src=src, dst=dst, nxt=proto, hlim=64, plen=len(carried), data=carried
        )
        return bytes(dpkt.ethernet.Ethernet(type=dpkt.ethernet.ETH_TYPE_IP6, data=ip6))
    src, dst = (socket.inet_aton(a) for a in (source, destination))
    ip = dpkt.ip.IP(src=src, dst=dst, p=proto, len=20 + len(carried), data=carried)
    return bytes(dpkt.ethernet.Ethernet(type=dpkt.ethernet.ETH_TYPE_IP, data=ip))


def _payload_at(frame: bytes) -> int:
    return 14 + (20 if frame[12:14] == b"\x08\x00" else 40) + 20


def merged(*conversations: Conversation) -> list[Sent]:
    """Put the packets of several conversations in order of time."""
    packets = [packet for one in conversations for packet in one.packets]
    return sorted(packets, key=lambda packet: packet.ts_ns)


def mixed(packets: Sequence[Sent], seed: int, window: int = 4) -> list[Sent]:
    """Let *packets* change places within *window* neighbours; times stay in order."""
    rng = random.Random(seed)
    order = list(packets)
    for start in range(0, len(order), window):
        part = order[start : start + window]
        rng.shuffle(part)
        order[start : start + window] = part
    return [
        replace(packet, ts_ns=before.ts_ns)
        for packet, before in zip(order, packets, strict=True)
    ]


def split(packets: Sequence[Sent], sizes: Iterable[int]) -> Iterator[Sequence[Sent]]:
    """Split *packets* into groups of *sizes*, what is left making the last."""
    at = 0
    for size in sizes:
        if at < len(packets) and size:
            yield packets[at : at + size]
            at += size
    if at < len(packets):
        yield packets[at:]


def segments_of(
    packets: Sequence[Sent], first: int = 1, columns: Columns | None = None
) -> Segments:
    """Make the Segments of one batch; *first* is the number of its first packet."""
    batch = batch_of(
        [packet.frame for packet in packets],
        wire_lens=[packet.wire_len for packet in packets],
        ts=[packet.ts_ns for packet in packets],
    )
    numbered = replace(batch, number=np.arange(first, first + len(packets)))
    return next((columns or Columns(Stats())).decode(numbered))


def batches_of(groups: Iterable[Sequence[Sent]]) -> Iterator[Segments]:
    """Make the Segments of batch after batch, their packets numbered through."""
    first = 1
    for group in groups:
        yield segments_of(group, first)
        first += len(group)
