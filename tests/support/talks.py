"""Small recordings, and what comes of them as dpkt and Wireshark read it."""

from __future__ import annotations

import subprocess
from pathlib import Path

from sensor.fixtures.conversation import Studio
from sensor.fixtures.model import TCP, Host, Packet, Recording
from tests.support.tshark import program

WS4, FILES4 = Host("10.20.0.15", inside=True), Host("81.2.69.144")
WS6, FILES6 = Host("fd20::15", inside=True), Host("2001:218::25")
REQUEST = bytes(range(200)) * 9
ANSWER = b"\xfeSMB" + bytes(range(99))


def talk(*, ipv6: bool = False) -> Recording:
    """Return one TCP connection that says REQUEST, ANSWER, `more`, `bye`."""
    studio = Studio("talk")
    client, server = (WS6, FILES6) if ipv6 else (WS4, FILES4)
    tcp = studio.tcp((client, 50123), (server, 445)).open()
    for turn, data in enumerate((REQUEST, ANSWER, b"more", b"bye")):
        tcp.transmit(turn % 2, data)
    tcp.close()
    return studio.recording


def talk_and_ask(*, ipv6: bool = False) -> Recording:
    """Return talk() followed by a question and an answer over UDP."""
    recording = talk(ipv6=ipv6)
    studio = Studio("talk", start_ns=recording.packets[-1].ts_ns)
    studio.recording = recording
    client, server = (WS6, FILES6) if ipv6 else (WS4, FILES4)
    udp = studio.udp((client, 50124), (server, 443))
    udp.transmit(0, b"question" * 20)
    udp.transmit(1, b"answer!")
    return recording


def streams(recording: Recording) -> dict[tuple[int, int], bytes]:
    """Return what each side of each TCP flow says, put together by stream offset."""
    said: dict[tuple[int, int], bytearray] = {}
    for packet in recording.packets:
        if recording.flows[packet.flow].proto == TCP:
            stream = said.setdefault((packet.flow, packet.side), bytearray())
            end = packet.offset + len(packet.payload)
            stream.extend(bytes(max(0, end - len(stream))))
            stream[packet.offset : end] = packet.payload
    return {key: bytes(stream) for key, stream in said.items() if stream}


def by_sequence(packets: list[Packet], *, first_wins: bool = True) -> bytes:
    """Put the data of one direction together by sequence numbers alone (RFC 9293)."""
    octets: dict[int, int] = {}
    data = [packet for packet in packets if packet.payload]
    base = data[0].seq - data[0].offset
    for packet in data:
        for at, octet in enumerate(packet.payload):
            place = (packet.seq + at - base) % 2**32
            if place not in octets or not first_wins:
                octets[place] = octet
    assert sorted(octets) == list(range(len(octets)))
    return bytes(octets[place] for place in sorted(octets))


def side(recording: Recording, number: int) -> list[Packet]:
    return [p for p in recording.packets if p.flow == 0 and p.side == number]


def tshark(path: Path, *names: str, options: tuple[str, ...] = ()) -> list[list[str]]:
    """Return the last value of each field (that of the innermost header) per frame."""
    command = [program(), "-n", "-r", str(path), "-T", "fields", "-E", "occurrence=l"]
    for proto in ("ip", "tcp", "udp"):
        command += ["-o", f"{proto}.check_checksum:TRUE"]
    command += [part for option in options for part in ("-o", option)]
    command += [part for name in names for part in ("-e", name)]
    done = subprocess.run(command, capture_output=True, check=True, timeout=120)
    return [line.split("\t") for line in done.stdout.decode().splitlines()]
