"""One small recording made by hand: an SMB2 logon by NTLMv2 to a public address."""

from __future__ import annotations

from sensor.fixtures.model import (
    End,
    Facts,
    Flow,
    Host,
    Incident,
    Message,
    Negotiation,
    Packet,
    Recording,
)

T0 = 1_772_442_000_000_000_000  # 2 March 2026, 09:00 UTC
MS = 1_000_000
SYN, SYN_ACK, ACK, DATA, FIN = 0x02, 0x12, 0x10, 0x18, 0x11
MORE = "STATUS_MORE_PROCESSING_REQUIRED"
FORCED = "Forced Authentication (T1187)"
SHARES = "SMB/Windows Admin Shares (T1021.002)"

CLIENT = End(Host("10.20.0.15", "ws15", inside=True), 50102)
SERVER = End(Host("81.2.69.144"), 445)
NAMES = {"NbComputerName": "UPDATES", "DnsComputerName": "updates.example.net"}
WHO = {"User": "alice", "Domain": "EXAMPLE", "Workstation": "WS15"}


def leak() -> Recording:
    """Six messages of 100 bytes, in packets 4 to 9, 1 ms apart."""
    flags = (SYN, SYN_ACK, ACK, *[DATA] * 6, FIN, FIN)
    sides = (0, 1, 0, 0, 1, 0, 1, 0, 1, 0, 1)
    sent = [0, 0]
    recording = Recording("leak", flows=[Flow(CLIENT, SERVER)])
    for number, (flag, side) in enumerate(zip(flags, sides, strict=True), 1):
        data = bytes(100) if flag == DATA else b""
        packet = Packet(T0 + number * MS, 0, side, data, sent[side], flags=flag)
        recording.packets.append(packet)
        sent[side] += len(data)
    recording.messages = _messages()
    recording.negotiations = [Negotiation(0, (2, 3, 4, 5, 6, 7), "success")]
    recording.incidents = [
        Incident("smb-to-public", "Medium", (FORCED, SHARES), 0, 1),
        Incident("credentials-to-public", "High", (FORCED,), 0, 6, ("alice",)),
    ]
    return recording


def without(recording: Recording, *numbers: int) -> Recording:
    """Lose the packets of these *numbers* (from 1)."""
    kept = [p for n, p in enumerate(recording.packets, 1) if n not in numbers]
    recording.packets = kept
    return recording


def _messages() -> list[Message]:
    return [
        _smb(0, 0, "NEGOTIATE", Dialects=["2.0.2", "3.0"]),
        _smb(1, 0, "NEGOTIATE", Dialect="3.0"),
        _smb(0, 100, "SESSION_SETUP"),
        _ntlm(0, 100, "NTLM-Negotiate", {}),
        _smb(1, 100, "SESSION_SETUP", Status=MORE),
        _ntlm(1, 100, "NTLM-Challenge", {"TargetInfo": NAMES}),
        _ntlm(0, 200, "NTLM-Authenticate", WHO | {"OsVersion": "10.0.19045"}),
        _smb(1, 200, "SESSION_SETUP", Status="STATUS_SUCCESS"),
        _smb(0, 200, "SESSION_SETUP"),
    ]


def _smb(side: int, start: int, command: str, **facts: object) -> Message:
    told = {"Command": command, **facts}
    return Message(0, side, start, start + 100, "SMB2", "smb2", told)


def _ntlm(side: int, start: int, name: str, facts: Facts) -> Message:
    return Message(0, side, start + 40, start + 90, name, "smb2", facts)
