"""Conversations as frames, and the rows that a reader of them has to give.

The frames come from dpkt; the rows from what the scenario says, never from a sensor.
"""

from __future__ import annotations

import hashlib
import ipaddress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import dpkt

Row = dict[str, Any]

STEP_NS = 1_000_000
"Between two packets, ns."
NS = 1_000_000_000
MSS = 1400
"Payload bytes a segment carries."

SYN, FIN_ACK, RST_ACK, SYN_ACK, ACK, PSH_ACK = 0x02, 0x11, 0x14, 0x12, 0x10, 0x18


def noise(label: str, count: int) -> bytes:
    """Return *count* bytes that look random and are always the same."""
    return hashlib.shake_128(f"netsig {label}".encode()).digest(count)


@dataclass(frozen=True, slots=True)
class Host:
    ip: str
    inside: bool = False
    "Whether it is one of the monitored devices."
    kind: str = "Public"
    "What RemoteIPType and LocalIPType call the address."


@dataclass(frozen=True, slots=True)
class Said:
    """Bytes of one message, and the signatures in them with their facts."""

    data: bytes
    signatures: tuple[tuple[str, Row], ...] = ()


@dataclass(slots=True)
class Capture:
    """The packets of a scenario, in order, and the rows they must give."""

    now_ns: int
    frames: list[tuple[int, bytes]] = field(default_factory=list)
    rows: list[tuple[str, Row]] = field(default_factory=list)

    def add(self, source: Host, target: Host, transport: dpkt.Packet) -> int:
        """Add one packet and return its number."""
        self.now_ns += STEP_NS
        self.frames.append((self.now_ns, _frame(source, target, transport)))
        return len(self.frames)

    def time_of(self, packet: int) -> str:
        """Return the packet's time as a row writes it."""
        seconds, rest = divmod(self.frames[packet - 1][0], NS)
        moment = datetime.fromtimestamp(seconds, UTC).replace(tzinfo=None)
        return f"{moment.isoformat()}.{rest // 100:07d}Z"

    def write(self, path: Path) -> None:
        """Write the packets as a pcap with microseconds."""
        with path.open("wb") as file:
            writer = dpkt.pcap.Writer(file, snaplen=65535)
            for ts_ns, frame in self.frames:
                writer.writepkt(frame, Decimal(ts_ns) / NS)


class Tcp:
    """One TCP connection between a client and a server."""

    def __init__(
        self, capture: Capture, client: tuple[Host, int], server: tuple[Host, int]
    ) -> None:
        self.capture = capture
        self.ends = (client, server)
        self.local = 1 if server[0].inside and not client[0].inside else 0
        label = f"{client[0].ip} {client[1]} {server[0].ip} {server[1]}"
        self.seq = [
            int.from_bytes(noise(f"isn {label} {end}", 4), "big") for end in (0, 1)
        ]

    def open(self, *, ours: bool = True) -> Tcp:
        """Shake hands; *ours* says that the connection is worth rows."""
        steps = [self.send(0, SYN), self.send(1, SYN_ACK), self.send(0, ACK)]
        done = "InboundConnectionAccepted" if self.local else "ConnectionSuccess"
        if ours:
            names = ("ConnectionAttempt", "ConnectionAcknowledged", done)
            for name, packet in zip(names, steps, strict=True):
                self.row(name, packet, {})
        return self

    def refused(self) -> None:
        """Knock, and be turned away."""
        self.row("ConnectionAttempt", self.send(0, SYN), {})
        failed = {"Netsig": {"State": "refused"}}
        self.row("ConnectionFailed", self.send(1, RST_ACK), failed)

    def unanswered(self) -> None:
        """Knock, and hear nothing."""
        self.row("ConnectionAttempt", self.send(0, SYN), {})
        self.row("ConnectionFailed", None, {"Netsig": {"State": "unanswered"}})

    def say(self, side: int, said: Said) -> int:
        """Send a message and return the number of its first packet."""
        pieces = range(0, len(said.data), MSS)
        packets = [self.send(side, PSH_ACK, said.data[i : i + MSS]) for i in pieces]
        for name, facts in said.signatures:
            netsig = {"FromClient": side == 0, **facts}
            fields = {"SignatureName": name, "Netsig": netsig}
            self.row("NetworkSignatureInspected", packets[0], fields)
        return packets[0]

    def dialogue(self, *messages: Said) -> list[int]:
        """Let client and server speak in turns; return the packet of each message."""
        return [self.say(turn % 2, said) for turn, said in enumerate(messages)]

    def exchange(self, state: str, facts: Row) -> None:
        """Expect the NTLM exchange that was just spoken, and how it ended."""
        fields: Row = {"Netsig": {"State": state, **facts}}
        keys = {"username": "User", "domainname": "Domain", "hostname": "Workstation"}
        fields |= {key: facts[fact] for key, fact in keys.items() if fact in facts}
        fields["direction"] = "In" if self.local else "Out"
        self.row("NtlmAuthenticationInspected", None, fields)

    def alert(
        self,
        rule: str,
        severity: str,
        techniques: tuple[str, ...],
        packet: int,
        user: str = "",
    ) -> None:
        """Expect an alert on a packet, with its evidence."""
        (local, _), (remote, _) = self.ends[self.local], self.ends[1 - self.local]
        common: Row = {"Timestamp": self.capture.time_of(packet), "Severity": severity}
        common["AttackTechniques"] = list(techniques)
        self.capture.rows.append(("AlertInfo", common))
        evidence = [
            {"EntityType": "Machine", "LocalIP": local.ip},
            {"EntityType": "Ip", "RemoteIP": remote.ip},
        ]
        if user:
            evidence.append({"EntityType": "User", "AccountName": user})
        why = {"Netsig": {"Rule": rule, "Evidence": [{"Packet": packet}]}}
        for entity in evidence:
            row = {**common, **entity, "AdditionalFields": why}
            self.capture.rows.append(("AlertEvidence", row))

    def close(self) -> None:
        """Say goodbye on both sides."""
        for side, flags in ((0, FIN_ACK), (1, FIN_ACK), (0, ACK)):
            self.send(side, flags)

    def reset(self, side: int) -> None:
        """Break the connection off."""
        self.send(side, RST_ACK)

    def send(self, side: int, flags: int, data: bytes = b"") -> int:
        """Send one segment and return its packet number."""
        (source, sport), (target, dport) = self.ends[side], self.ends[1 - side]
        segment = dpkt.tcp.TCP(
            sport=sport,
            dport=dport,
            seq=self.seq[side],
            ack=self.seq[1 - side] if flags != SYN else 0,
            flags=flags,
            win=64240,
            data=data,
        )
        taken = len(data) + bool(flags & 0x03)
        self.seq[side] = (self.seq[side] + taken) & 0xFFFFFFFF
        return self.capture.add(source, target, segment)

    def row(self, action: str, packet: int | None, fields: Row) -> None:
        """Expect a row about this connection."""
        (local, lport), (remote, rport) = (
            self.ends[self.local],
            self.ends[1 - self.local],
        )
        row: Row = {"ActionType": action}
        if packet is not None:
            row["Timestamp"] = self.capture.time_of(packet)
            fields = {
                **fields,
                "Netsig": {"Packet": packet, **fields.get("Netsig", {})},
            }
        row |= {"LocalIP": local.ip, "LocalPort": lport, "LocalIPType": local.kind}
        row |= {"RemoteIP": remote.ip, "RemotePort": rport, "RemoteIPType": remote.kind}
        row |= {"Protocol": "Tcp", "AdditionalFields": fields}
        self.capture.rows.append(("DeviceNetworkEvents", row))


def _frame(source: Host, target: Host, transport: dpkt.Packet) -> bytes:
    packed = [ipaddress.ip_address(host.ip).packed for host in (source, target)]
    proto = 17 if isinstance(transport, dpkt.udp.UDP) else 6
    if len(packed[0]) == 16:
        network = dpkt.ip6.IP6(
            src=packed[0], dst=packed[1], nxt=proto, hlim=64, data=transport
        )
        network.plen, kind = len(transport), dpkt.ethernet.ETH_TYPE_IP6
    else:
        network = dpkt.ip.IP(src=packed[0], dst=packed[1], p=proto, data=transport)
        network.len, kind = len(network), dpkt.ethernet.ETH_TYPE_IP
    macs = [b"\x02\x00" + noise(f"mac {host.ip}", 4) for host in (source, target)]
    return bytes(
        dpkt.ethernet.Ethernet(src=macs[0], dst=macs[1], type=kind, data=network)
    )
