"""Judgements on a feed, each with what to do about it. A new check is a line here.

A Problem means that events are missed, wrong or without outcome; a Note does not.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final

from sensor.doctor.facts import Facts

PROBLEM, NOTE = "Problem", "Note"
ONE_SIDED_CONNECTIONS: Final = 0.3
ONE_SIDED_SEGMENTS: Final = 0.1
"Shares; the moment one begins to look always leaves some last words standing alone."
COPIES_SHARE: Final = 0.05
HOLES_SHARE: Final = 0.005
"Of the bytes of TCP; a healthy feed misses none."
UNREAD_SHARE: Final = 0.05
BACK_NS: Final = 1_000_000_000
"Network cards with several queues disorder packets by microseconds."
FUTURE_NS: Final = 60_000_000_000
YEAR_2000_NS: Final = 946_684_800_000_000_000


@dataclass(frozen=True, slots=True)
class Finding:
    """Something that is wrong, and its remedy."""

    level: str
    title: str
    what: str
    fix: str


@dataclass(frozen=True, slots=True)
class Check:
    """One thing that may be wrong."""

    name: str
    judge: Callable[[Facts], Iterator[Finding]]


def judge(facts: Facts) -> tuple[list[Finding], list[str]]:
    """Return what is wrong, problems first, and the names of what is not."""
    if not facts.packets:
        return [*_damaged(facts), *_empty(facts)], []
    told = {check.name: list(check.judge(facts)) for check in CHECKS}
    found = [finding for findings in told.values() for finding in findings]
    found.sort(key=lambda finding: finding.level != PROBLEM)
    return found, [name for name, findings in told.items() if not findings]


def _empty(facts: Facts) -> Iterator[Finding]:
    if not facts.damaged:
        yield Finding(
            PROBLEM,
            "No packets",
            "Nothing arrived in the time that was looked.",
            "See whether the mirror session is up and ends at this port, whether the "
            "cable has a link, and whether a capture filter lets nothing through.",
        )


def _damaged(facts: Facts) -> Iterator[Finding]:
    for damage in facts.damaged:
        if not damage.usable:
            yield Finding(
                PROBLEM,
                "Nothing can be read",
                f"{damage.file}: {damage.reason}.",
                "See whether it is there, is a capture (pcap or pcapng, also in gzip "
                "or zstd) and may be read; of a feed by network, whether the other "
                "end is up.",
            )
            continue
        yield Finding(
            PROBLEM,
            "Damaged capture",
            f"{damage.file}: offset {damage.offset}: {damage.reason}. What lies before "
            "that was read.",
            "Copy it again, or see whether the disk was full where it was written. "
            "One that is still being written is read with --follow.",
        )


def _one_sided(facts: Facts) -> Iterator[Finding]:
    sides = facts.sides
    few = sides.one_sided < ONE_SIDED_CONNECTIONS * sides.connections
    if not sides.one_sided or few:
        return
    if sides.one_sided_segments < ONE_SIDED_SEGMENTS * sides.segments:
        return
    yield Finding(
        PROBLEM,
        "Only one direction",
        f"{sides.one_sided:,} of {_many(sides.connections, 'TCP connection')} show one "
        f"of their two sides, for instance {sides.example}. Logons seen like that "
        "have no outcome, or no user.",
        "Mirror both directions (on a switch: source ... both, or rx and tx). Of a "
        "tap, connect both outputs. If routes differ there and back, mirror both.",
    )


def _copied(facts: Facts) -> Iterator[Finding]:
    if not facts.copies or facts.copies < COPIES_SHARE * facts.data_segments:
        return
    share = facts.copies / facts.data_segments
    yield Finding(
        NOTE,
        "Packets come more than once",
        f"{share:.0%} of {_many(facts.data_segments, 'TCP packet')} with data are "
        "copies of another within 50 ms. They are told once, but cost as much as "
        "others and make a full mirror port lose packets sooner.",
        "Mirror each path once: uplinks or ports, not both; a VLAN only rx. Do not "
        "capture on `any`, nor on a bond or bridge and its members.",
    )


def _offloaded(facts: Facts) -> Iterator[Finding]:
    if facts.large:
        yield Finding(
            NOTE,
            "Frames larger than any wire carries",
            f"{_many(facts.large, 'frame')}, the largest of {facts.largest:,} bytes: "
            "the network card or the kernel joined packets before they were captured. "
            "They are read, but packet numbers are not those of the wire.",
            "ethtool -K INTERFACE gro off lro off tso off gso off",
        )


def _truncated(facts: Facts) -> Iterator[Finding]:
    if facts.truncated:
        yield Finding(
            PROBLEM,
            "Packets are cut",
            f"Of {facts.truncated:,} of {_many(facts.packets, 'packet')} only the "
            f"beginning was captured, at most {facts.longest_cut:,} bytes. What lies "
            "behind that is lost: names, users, outcomes.",
            "Capture whole packets: tcpdump -s 0, dumpcap without -s; turn off "
            "truncation or slicing in the mirror session or packet broker.",
        )


def _without_smb(facts: Facts) -> Iterator[Finding]:
    if facts.events["signature"] or facts.events["ntlm-exchange"]:
        return
    if facts.smb_port_packets:
        yield Finding(
            NOTE,
            "SMB, but no negotiation",
            f"{_many(facts.smb_port_packets, 'packet')} of ports 139 and 445, and no "
            "message that begins or identifies a session among them.",
            "Look longer: sessions last for hours. If only SYNs pass (scans), that is "
            "all there is to see.",
        )
        return
    yield Finding(
        PROBLEM,
        "No SMB or NTLM in view",
        f"None among {_many(facts.packets, 'packet')}, on any port.",
        "Mirror where clients meet file servers and domain controllers: the servers' "
        "ports, their VLAN, or the uplink between. For leaks to the internet, mirror "
        "the inside of the firewall.",
    )


def _clock(facts: Facts) -> Iterator[Finding]:
    sync = "Set the clock of what captures: timedatectl set-ntp true, or chrony."
    if facts.first_ns < YEAR_2000_NS:
        what = f"The first packet is of {_day(facts.first_ns)}."
        yield Finding(PROBLEM, "The clock is not set", what, sync)
    if facts.is_live and facts.last_ns < facts.now_ns - FUTURE_NS:
        behind = _span(facts.now_ns - facts.last_ns)
        what = f"The last packet is of {_day(facts.last_ns)}: {behind} ago."
        yield Finding(PROBLEM, "The clock is behind", what, sync)
    if facts.last_ns > facts.now_ns + FUTURE_NS:
        ahead = _span(facts.last_ns - facts.now_ns)
        what = f"The last packet is of {_day(facts.last_ns)}: {ahead} in the future."
        yield Finding(PROBLEM, "The clock is ahead", what, sync)
    if facts.back_ns > BACK_NS:
        yield Finding(
            PROBLEM,
            "Time goes back",
            f"By {_span(facts.back_ns)} at {facts.back_packet}: the clock was stepped, "
            "or captures were put together out of order.",
            "Keep the clock by NTP (chrony trims it, and does not step it). Sort a "
            "capture: reordercap IN OUT; join captures with mergecap.",
        )


def _nested(facts: Facts) -> Iterator[Finding]:
    nested = facts.counts["columns.nested_tunnels"]
    too_deep = facts.counts["columns.rejected.tunnel_depth"]
    if nested or too_deep:
        lost = (
            f" {_many(too_deep, 'packet')} went deeper than is read."
            if too_deep
            else ""
        )
        yield Finding(
            PROBLEM if too_deep else NOTE,
            "Tunnels within tunnels",
            f"{_many(nested, 'packet')} in more than one wrapper (of GRE, VXLAN, "
            f"ERSPAN and the like). They are read.{lost} Each wrapper makes packets "
            "longer, so that they are cut or fragmented.",
            "Mirror before packets are wrapped, end ERSPAN or VXLAN at the packet "
            "broker, and raise the MTU on the way here by 50 bytes a wrapper.",
        )


def _holes(facts: Facts) -> Iterator[Finding]:
    dropped = facts.counts["capture.kernel_drops"]
    if dropped:
        yield Finding(
            PROBLEM,
            "The kernel dropped packets",
            f"{_many(dropped, 'packet')} did not fit the ring of this interface.",
            "A larger ring, a filter that leaves out what is of no interest (backups), "
            "or more workers.",
        )
    share = facts.hole_bytes / max(1, facts.hole_bytes + facts.stream_bytes)
    if share >= HOLES_SHARE:
        yield Finding(
            PROBLEM,
            "Packets are missing",
            f"{share:.1%} of what TCP carried was never seen, though what comes after "
            "it was: it was lost between the wire and here.",
            "A mirror port that gets more than it can send drops silently: mirror "
            "fewer ports or to a faster one, and look at its output drops. Where "
            "tcpdump captures, use a larger buffer (-B 65536). A saved capture may "
            "have been filtered when it was saved.",
        )


def _unread(facts: Facts) -> Iterator[Finding]:
    families = ("columns.linktype.", "columns.rejected.bad_")
    unread = {n: c for n, c in facts.counts.items() if n.startswith(families)}
    unread.pop("columns.linktype.netmon_event", None)  # a note, and no packet
    if sum(unread.values()) < max(1, UNREAD_SHARE * facts.packets):
        return
    worst = sorted(unread, key=lambda name: -unread[name])[:3]
    told = ", ".join(f"{name.split('.')[-1]} {unread[name]:,}" for name in worst)
    yield Finding(
        PROBLEM,
        "Packets that cannot be read",
        f"{sum(unread.values()):,} of {_many(facts.packets, 'packet')}: {told}.",
        "A link layer that is not known, or headers that make no sense: see whether "
        "the packet broker adds a header or trailer of its own, and turn that off.",
    )


CHECKS: Final = (
    Check("whole file", _damaged),
    Check("both directions", _one_sided),
    Check("nothing missing", _holes),
    Check("whole packets", _truncated),
    Check("SMB in view", _without_smb),
    Check("clock", _clock),
    Check("no copies", _copied),
    Check("frames as on the wire", _offloaded),
    Check("one wrapper at most", _nested),
    Check("readable", _unread),
)


def _many(count: int, noun: str) -> str:
    return f"{count:,} {noun}" if count == 1 else f"{count:,} {noun}s"


def _day(ns: int) -> str:
    return datetime.fromtimestamp(ns // 1_000_000_000, UTC).strftime(
        "%Y-%m-%d %H:%M UTC"
    )


def _span(ns: int) -> str:
    seconds = ns / 1e9
    for size, unit in ((86_400, "days"), (3600, "hours"), (60, "minutes")):
        if seconds >= 2 * size:
            return f"{seconds / size:.0f} {unit}"
    return f"{seconds:.1f} seconds"
