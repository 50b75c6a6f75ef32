"""Link layers: where each record's network header begins, and its ethertype.

LINKTYPE_ values and header layouts are those of the tcpdump.org registry.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial
from typing import Any, Final

import numpy as np

from sensor.capture.walk import UNNAMED
from sensor.columns.gather import gather, octet, reject, select, word
from sensor.columns.peel import (
    IPV4,
    IPV6,
    NOT_IP,
    PPPOE,
    Found,
    bare,
    by_version,
    peel,
    reason_of,
)
from sensor.columns.pseudo import (
    AF_INET,
    AF_INET6,
    erf,
    fddi,
    firewire,
    frame_relay,
    hdlc,
    ip_over_fc,
    net_analyzer,
    nflog,
    pflog,
    ppi,
    rfc1483,
    token_ring,
)
from sensor.columns.wifi import ieee80211, prism, radiotap
from sensor.types import BOOL, I32, I64, U8, Batch, Stats


@dataclass(frozen=True, slots=True)
class Frames:
    """Columns of the n records of a batch that hold an IP packet."""

    row: I64
    "(n,) record in the batch."
    ip: I64
    "(n,) offset of the network header in batch.data."
    end: I64
    "(n,) one past the record's last captured byte."
    kind: I32
    "(n,) ethertype: IPV4 or IPV6."


@dataclass(frozen=True, slots=True)
class Link:
    """A link layer we can look behind."""

    number: int
    "LINKTYPE_ value."
    header: int
    "Bytes every frame has at least; `find` is asked about no shorter one."
    find: Callable[[U8, I64, I64], Found]
    """(data, start, end) of frames to offsets and ethertypes.

    They may be those of a header that `peel` steps over.
    """


def decode(batch: Batch, stats: Stats) -> list[Frames]:
    """Find the IP packet in every record; one Frames a link type in the batch."""
    return [_frames(batch, number, stats) for number in _distinct(batch.linktype)]


def _distinct(values: I32) -> list[int]:
    if not len(values):
        return [_RAW.number]
    if (values == values[0]).all():
        return [int(values[0])]
    return [int(value) for value in np.unique(values)]


def _frames(batch: Batch, number: int, stats: Stats) -> Frames:
    rows = np.arange(len(batch.start))
    frames = Frames(rows, batch.start, batch.end, batch.linktype)
    frames = select(frames, batch.linktype == number)
    link = _BY_NUMBER.get(number)
    if link is None:
        stats.add(f"columns.linktype.{name_of(number)}", len(frames.row))
        return reject(stats, "linktype", frames.row >= 0, frames)
    short = frames.end - frames.ip < link.header
    frames = reject(stats, "short_link", short, frames)
    if not len(frames.row):
        return frames
    return _only_ip(_behind(batch.data, link, frames), stats)


def _behind(data: U8, link: Link, frames: Frames) -> Frames:
    net, kind = link.find(data, frames.ip, frames.end)
    net, kind = peel(data, net, kind, frames.end)
    return replace(frames, ip=net, kind=kind)


def outermost(batch: Batch, record: int) -> Frames | None:
    """Find what stands behind the link layer of one *record*, tags and all."""
    link = _BY_NUMBER.get(int(batch.linktype[record]))
    start, end = batch.start[[record]], batch.end[[record]]
    if link is None or end[0] - start[0] < link.header:
        return None
    net, kind = link.find(batch.data, start, end)
    return Frames(np.array([record]), net, end, kind)


def _only_ip(frames: Frames, stats: Stats) -> Frames:
    is_ip: BOOL = frames.kind == IPV4
    if is_ip.all():
        return frames
    is_ip |= frames.kind == IPV6
    kinds, counts = np.unique(frames.kind[~is_ip], return_counts=True)
    for kind, count in zip(kinds.tolist(), counts.tolist(), strict=True):
        stats.add(f"columns.rejected.{reason_of(kind)}", count)
    return select(frames, is_ip)


_ETHERTYPE: Final[np.dtype[Any]] = np.dtype(">u2")


def _ethernet(data: U8, start: I64, _end: I64) -> Found:
    kind = gather(data, start + 12, _ETHERTYPE).astype(np.int32)
    return start + 14, kind


def _raw(data: U8, start: I64, _end: I64) -> Found:
    return start, by_version(data, start)


def _null(data: U8, start: I64, _end: I64) -> Found:
    """Read the address family of the machine that captured, in its byte order."""
    family = octet(data, start) | octet(data, start + 3)  # one of them is zero
    six = np.isin(family, AF_INET6)
    kind = np.select([family == AF_INET, six], [IPV4, IPV6], NOT_IP)
    return start + 4, kind.astype(np.int32)


def _cooked(data: U8, start: I64, _end: I64) -> Found:
    return start + 16, word(data, start + 14)


def _cooked2(data: U8, start: I64, _end: I64) -> Found:
    return start + 20, word(data, start)


_RAW: Final = Link(101, 1, _raw)

LINKTYPES: Final = (
    Link(0, 4, _null),
    Link(1, 14, _ethernet),
    Link(6, 15, token_ring),
    Link(9, 4, hdlc),
    Link(10, 13, fddi),
    Link(12, 1, _raw),
    Link(14, 1, _raw),
    Link(50, 4, hdlc),
    Link(51, 6, partial(bare, PPPOE)),
    Link(100, 3, rfc1483),
    _RAW,
    Link(104, 4, hdlc),
    Link(105, 10, ieee80211),
    Link(107, 4, frame_relay),
    Link(108, 4, _null),
    Link(113, 16, _cooked),
    Link(117, 4, pflog),
    Link(119, 8, prism),
    Link(122, 16, ip_over_fc),
    Link(127, 8, radiotap),
    Link(138, 18, firewire),
    Link(163, 8, prism),
    Link(192, 8, ppi),
    Link(197, 16, erf),
    Link(228, 1, _raw),
    Link(229, 1, _raw),
    Link(239, 4, nflog),
    Link(240, 18, net_analyzer),
    Link(276, 20, _cooked2),
)
_BY_NUMBER: Final = {link.number: link for link in LINKTYPES}

_OTHERS: Final = {
    3: "ax25",
    7: "arcnet",
    8: "slip",
    99: "symantec_firewall",
    114: "localtalk",
    123: "sunatm",
    143: "docsis",
    144: "linux_irda",
    147: "user0",
    165: "bacnet_ms_tp",
    187: "bluetooth_hci_h4",
    189: "usb_linux",
    195: "ieee802_15_4",
    201: "bluetooth_hci_h4_with_phdr",
    203: "lapd",
    220: "usb_linux_mmapped",
    227: "can_socketcan",
    230: "ieee802_15_4_nofcs",
    231: "dbus",
    242: "ipoib",
    243: "mpeg_2_ts",
    247: "infiniband",
    248: "sctp",
    249: "usbpcap",
    251: "bluetooth_le_ll",
    252: "wireshark_upper_pdu",
    253: "netlink",
    254: "bluetooth_linux_monitor",
    274: "ethernet_mpacket",
    283: "ieee802_15_4_tap",
    290: "z_wave_tap",
    UNNAMED + 0x0006: "netmon_wifi",
    UNNAMED + 0xFFE0: "netmon_event",
    UNNAMED + 0xFFFB: "netmon_network_info",
    UNNAMED + 0xFFFC: "netmon_payload_header",
    UNNAMED + 0xFFFD: "netmon_network_info",
    UNNAMED + 0xFFFE: "netmon_dns_cache",
    UNNAMED + 0xFFFF: "netmon_filter",
}


def name_of(number: int) -> str:
    """Name a link type we cannot look behind, for its counter."""
    return _OTHERS.get(number, f"linktype_{number}")
