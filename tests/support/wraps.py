"""Frames around IP packets, as scapy builds them, or struct where it has no layer."""

from __future__ import annotations

import struct
from collections.abc import Callable
from dataclasses import dataclass

from scapy.contrib.erspan import ERSPAN_II, ERSPAN_III
from scapy.contrib.etherip import EtherIP
from scapy.contrib.geneve import GENEVE, GeneveOptions
from scapy.contrib.gtp import GTP_U_Header
from scapy.contrib.mpls import MPLS
from scapy.contrib.nsh import NSH
from scapy.contrib.tzsp import TZSP, TZSPTagEnd, TZSPTagPadding
from scapy.layers.dot11 import Dot11, Dot11QoS
from scapy.layers.inet import IP, UDP
from scapy.layers.inet6 import IPv6
from scapy.layers.l2 import GRE, GRE_PPTP, LLC, SNAP, Dot1AD, Dot1AH, Dot1Q, Ether
from scapy.layers.l2tp import L2TP
from scapy.layers.ppp import PPP, PPPoE
from scapy.layers.vxlan import VXLAN

OUTER4 = ("192.0.2.1", "192.0.2.2")
OUTER6 = ("2001:db8::1", "2001:db8::2")
MACS = {"src": "02:00:00:00:00:01", "dst": "02:00:00:00:00:02"}

Told = tuple[str, int | None]
"Name and id that the sensor must give."


@dataclass(frozen=True)
class Wrap:
    """A way to carry an IP packet."""

    name: str
    told: tuple[Told, ...]
    "From outside in."
    dress: Callable[[bytes], bytes]
    "From the packet to what an outer header carries, or to the rest of a frame."
    number: int = 0
    "IP protocol, or UDP port; 0: no outer IP packet."
    is_udp: bool = False
    inner: tuple[int, ...] = (4, 6)
    "IP versions it carries."

    def frame(self, packet: bytes, outer: int = 4) -> bytes:
        """Put *packet* in the wrapper, in IP of version *outer*, in Ethernet."""
        inside = self.dress(packet)
        if not self.number:
            return inside
        proto = 17 if self.is_udp else self.number
        if self.is_udp:
            head = UDP(sport=51234, dport=self.number, len=8 + len(inside), chksum=0)
            inside = bytes(head) + inside
        return bytes(Ether(**MACS) / outer_ip(proto, outer) / inside)


def outer_ip(proto: int, version: int) -> IP | IPv6:
    """Return the header of the outer IP packet."""
    if version == 4:
        return IP(src=OUTER4[0], dst=OUTER4[1], proto=proto)
    return IPv6(src=OUTER6[0], dst=OUTER6[1], nh=proto)


def kind(packet: bytes) -> int:
    """Return the Ethertype of *packet*."""
    return 0x0800 if packet[0] >> 4 == 4 else 0x86DD


def ether(packet: bytes) -> bytes:
    """Put *packet* in a frame."""
    return bytes(Ether(**MACS, type=kind(packet)) / packet)


def ppp(packet: bytes) -> bytes:
    """Put *packet* in PPP."""
    return bytes(PPP(proto=0x21 if kind(packet) == 0x0800 else 0x57) / packet)


def wifi(packet: bytes) -> bytes:
    """Put *packet* in an 802.11 QoS data frame to the access point."""
    head = Dot11(type=2, subtype=8, FCfield=1) / Dot11QoS()
    return bytes(head / LLC(dsap=0xAA, ssap=0xAA, ctrl=3) / SNAP(code=kind(packet))) + (
        packet
    )


def swapped(frame: bytes) -> bytes:
    """Swap the octets of Frame Control."""
    return frame[1::-1] + frame[2:]


def capwap(flags: int, inside: bytes) -> bytes:
    """Put *inside* after a CAPWAP header of 8 bytes (RFC 5415 4.3), radio 1."""
    return struct.pack(">IHH", 2 << 19 | 1 << 14 | 1 << 9 | flags, 0, 0) + inside


def _tag(*tags: object) -> Callable[[bytes], bytes]:
    def dress(packet: bytes) -> bytes:
        whole = Ether(**MACS)
        for tag in tags:
            whole = whole / tag.copy()  # type: ignore[attr-defined]
        whole.lastlayer().type = kind(packet)
        return bytes(whole / packet)

    return dress


def _ethernet(type_: int, dress: Callable[[bytes], bytes]) -> Callable[[bytes], bytes]:
    return lambda packet: bytes(Ether(**MACS, type=type_)) + dress(packet)


def _mpls(packet: bytes) -> bytes:
    return bytes(MPLS(label=16001, s=0, ttl=9) / MPLS(label=445, s=1, ttl=9)) + packet


def _pseudowire(packet: bytes) -> bytes:
    return bytes(MPLS(label=445, s=1, ttl=9)) + bytes(4) + ether(packet)


def _gre(packet: bytes) -> bytes:
    head = GRE(proto=kind(packet), key_present=1, key=445, seqnum_present=1)
    return bytes(head) + packet


def _pptp(packet: bytes) -> bytes:
    inside = ppp(packet)
    return bytes(GRE_PPTP(call_id=445, payload_len=len(inside))) + inside


def _gpe(packet: bytes) -> bytes:
    proto = 1 if kind(packet) == 0x0800 else 2
    return bytes(VXLAN(vni=445, flags=0x0C, NextProtocol=proto)) + packet


def _nsh_in_gpe(packet: bytes) -> bytes:
    head = VXLAN(vni=445, flags=0x0C, NextProtocol=4)
    return bytes(head) + bytes(NSH(spi=7, nextproto=3)) + ether(packet)


def _geneve(packet: bytes) -> bytes:
    option = GeneveOptions(classid=1, type=1, data=bytes(4))
    return bytes(GENEVE(vni=445, proto=0x6558, options=[option])) + ether(packet)


def _gtp(packet: bytes) -> bytes:
    return bytes(GTP_U_Header(teid=445, gtp_type=255, length=len(packet))) + packet


def _tzsp_wifi(packet: bytes) -> bytes:
    head = TZSP(encapsulated_protocol=18) / TZSPTagPadding() / TZSPTagEnd()
    return bytes(head) + wifi(packet)


def _erspan_3(packet: bytes) -> bytes:
    head = GRE(proto=0x22EB, seqnum_present=1) / ERSPAN_III(session_id=445, p=1)
    return bytes(head) + ether(packet)


KEYED = GRE(proto=0x6558, key_present=1, key=0x0001BD00)
NUMBERED = GRE(proto=0x88BE, seqnum_present=1)

WRAPS = (
    Wrap("802.1Q", (("VLAN", 445),), _tag(Dot1Q(vlan=445))),
    Wrap(
        "802.1ad",
        (("VLAN", 100), ("VLAN", 445)),
        _tag(Dot1AD(vlan=100, type=0x8100), Dot1Q(vlan=445)),
    ),
    Wrap(
        "QinQ",
        (("VLAN", 100), ("VLAN", 445)),
        _tag(Dot1Q(vlan=100, type=0x8100), Dot1Q(vlan=445)),
    ),
    Wrap(
        "802.1ah",
        (("PBB", 445),),
        lambda p: (
            bytes(Ether(**MACS, type=0x88E7)) + bytes(Dot1AH(isid=445))[:4] + ether(p)
        ),
    ),
    Wrap(
        "VN-Tag",
        (("VN-Tag", 445),),
        _ethernet(0x8926, lambda p: struct.pack(">HHH", 445, 7, kind(p)) + p),
    ),
    Wrap("MPLS", (("MPLS", 16001), ("MPLS", 445)), _ethernet(0x8847, _mpls)),
    Wrap("pseudowire", (("MPLS", 445),), _ethernet(0x8847, _pseudowire)),
    Wrap(
        "PPPoE",
        (("PPPoE", 445),),
        _ethernet(0x8864, lambda p: bytes(PPPoE(sessionid=445) / ppp(p))),
    ),
    Wrap("GRE", (("GRE", 445),), _gre, 47),
    Wrap(
        "GRE-TEB", (("GRE", None),), lambda p: bytes(GRE(proto=0x6558)) + ether(p), 47
    ),
    Wrap("NVGRE", (("GRE", 0x1BD00),), lambda p: bytes(KEYED) + ether(p), 47),
    Wrap("PPTP", (("PPTP", 445),), _pptp, 47),
    Wrap(
        "ERSPAN-I",
        (("ERSPAN I", None),),
        lambda p: bytes(GRE(proto=0x88BE)) + ether(p),
        47,
    ),
    Wrap(
        "ERSPAN-II",
        (("ERSPAN II", 445),),
        lambda p: bytes(NUMBERED / ERSPAN_II(session_id=445)) + ether(p),
        47,
    ),
    Wrap("ERSPAN-III", (("ERSPAN III", 445),), _erspan_3, 47),
    Wrap("4-in-IP", (("IP-in-IP", None),), lambda p: p, 4, inner=(4,)),
    Wrap("6-in-IP", (("IPv6-in-IP", None),), lambda p: p, 41, inner=(6,)),
    Wrap("EtherIP", (("EtherIP", None),), lambda p: bytes(EtherIP()) + ether(p), 97),
    Wrap(
        "L2TPv3-in-IP",
        (("L2TP", 445),),
        lambda p: struct.pack(">I", 445) + bytes(8) + ether(p),
        115,
    ),
    Wrap(
        "MPLS-in-IP",
        (("MPLS-in-IP", None), ("MPLS", 16001), ("MPLS", 445)),
        _mpls,
        137,
    ),
    Wrap(
        "L2TP",
        (("L2TP", 445),),
        lambda p: bytes(L2TP(hdr="", tunnel_id=7, session_id=445)) + ppp(p),
        1701,
        is_udp=True,
    ),
    Wrap(
        "L2TPv3",
        (("L2TP", 445),),
        lambda p: struct.pack(">HHI", 3, 0, 445) + ether(p),
        1701,
        is_udp=True,
    ),
    Wrap("GTP-U", (("GTP-U", 445),), _gtp, 2152, is_udp=True),
    Wrap("Teredo", (("Teredo", None),), lambda p: p, 3544, is_udp=True, inner=(6,)),
    Wrap("GRE-in-UDP", (("GRE", 445),), _gre, 4754, is_udp=True),
    Wrap(
        "VXLAN",
        (("VXLAN", 445),),
        lambda p: bytes(VXLAN(vni=445)) + ether(p),
        4789,
        is_udp=True,
    ),
    Wrap("VXLAN-GPE", (("VXLAN", 445),), _gpe, 4790, is_udp=True),
    Wrap("NSH", (("VXLAN", 445), ("NSH", 7)), _nsh_in_gpe, 4790, is_udp=True),
    Wrap(
        "CAPWAP",
        (("CAPWAP", None),),
        lambda p: capwap(0, ether(p)),
        5247,
        is_udp=True,
    ),
    Wrap(
        "CAPWAP-802.11",
        (("CAPWAP", None),),
        lambda p: capwap(0x100, wifi(p)),
        5247,
        is_udp=True,
    ),
    Wrap(
        "CAPWAP-802.11-swapped",
        (("CAPWAP", None),),
        lambda p: capwap(0x100, swapped(wifi(p))),
        5247,
        is_udp=True,
    ),
    Wrap("GENEVE", (("GENEVE", 445),), _geneve, 6081, is_udp=True),
    Wrap(
        "MPLS-in-UDP",
        (("MPLS-in-UDP", None), ("MPLS", 16001), ("MPLS", 445)),
        _mpls,
        6635,
        is_udp=True,
    ),
    Wrap(
        "TZSP",
        (("TZSP", None),),
        lambda p: bytes(TZSP() / TZSPTagEnd()) + ether(p),
        37008,
        is_udp=True,
    ),
    Wrap("TZSP-802.11", (("TZSP", None),), _tzsp_wifi, 37008, is_udp=True),
)


def named(name: str) -> Wrap:
    """Return the wrap called *name*."""
    return next(wrap for wrap in WRAPS if wrap.name == name)
