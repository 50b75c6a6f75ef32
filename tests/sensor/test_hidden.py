"""What turns to TLS is counted; the octets are those of the standards."""

from __future__ import annotations

from pathlib import Path

import pytest

from sensor import hidden
from sensor.config import Settings
from sensor.pipeline import run
from sensor.types import Stats
from tests.support import captures, corpus, tshark
from tests.support.conversations import Conversation, Sent, segments_of, udp_frame

HYBRID, HYBRID_EX = 2, 8


def confirm(protocol: int, flags: int = 0x1F) -> bytes:
    """[MS-RDPBCGR] 2.2.1.2 and 4.1.2: a server's choice of how to go on."""
    x224 = b"\x0e\xd0\x00\x00\x12\x34\x00"
    chosen = b"\x02" + bytes([flags]) + b"\x08\x00" + protocol.to_bytes(4, "little")
    return b"\x03\x00\x00\x13" + x224 + chosen


def counted(*payloads: bytes, copies: int = 1) -> dict[str, int]:
    stats = Stats()
    talk = Conversation(server=("198.51.100.20", 3389)).handshake()
    for payload in payloads:
        talk.say(1, payload)
    hidden.count(segments_of(talk.packets * copies), stats)
    return dict(stats.counts)


@pytest.mark.parametrize("protocol", [HYBRID, HYBRID_EX])
def test_a_server_that_chooses_credssp_is_counted(protocol: int) -> None:
    assert counted(confirm(protocol)) == {"hidden.credssp": 1}
    assert counted(confirm(protocol, flags=0)) == {"hidden.credssp": 1}


@pytest.mark.parametrize("protocol", [0, 1, 4, 0x102])
def test_other_choices_are_not(protocol: int) -> None:
    """RDP's own security and TLS alone show no logon of NTLM."""
    assert counted(confirm(protocol)) == {}


def test_what_only_looks_like_it_is_not() -> None:
    good = confirm(HYBRID)
    assert counted(b"\x04" + good[1:], good[:5] + b"\xe0" + good[6:]) == {}
    assert counted(good[:-1], good + b"\0", bytes(19)) == {}
    assert counted(good[:11] + b"\x03" + good[12:]) == {}  # a refusal


@pytest.mark.parametrize(
    "command",
    [b"STARTTLS\r\n", b"starttls\r\n", b"STLS\r\n", b"a001 STARTTLS\r\n"],
)
def test_a_client_that_asks_for_tls_is_counted(command: bytes) -> None:
    assert counted(command) == {"hidden.starttls": 1}


@pytest.mark.parametrize(
    "other",
    [
        b"250-STARTTLS\r\n",
        b"STARTTLS\n",
        b"HELP STARTTLS NOW\r\n",
        b"a b STARTTLS\r\n",
        b"x" * 40 + b" STLS\r\n",
        b"NOOPS\r\n",
        b"S\r\n",
    ],
)
def test_other_lines_are_not(other: bytes) -> None:
    assert counted(other) == {}


def test_copies_count_once_and_connections_each() -> None:
    assert counted(confirm(HYBRID), copies=3) == {"hidden.credssp": 1}
    assert counted(confirm(HYBRID), confirm(HYBRID)) == {"hidden.credssp": 2}


def test_datagrams_are_not_looked_at() -> None:
    stats = Stats()
    frame = udp_frame((("192.0.2.1", 3389), ("192.0.2.2", 4000)), confirm(HYBRID))
    hidden.count(segments_of([Sent(1, frame, len(frame))]), stats)
    assert not stats.counts


def test_the_sensor_counts_what_it_reads(tmp_path: Path) -> None:
    talk = Conversation(server=("198.51.100.20", 3389)).handshake()
    talk.say(1, confirm(HYBRID))
    packets = [
        captures.Packet(one.ts_ns, one.frame, one.wire_len) for one in talk.packets
    ]
    path = tmp_path / "capture.pcap"
    path.write_bytes(captures.pcap(packets))
    stats = Stats()
    assert list(run([str(path)], Settings(), stats)) == []
    assert stats.counts["hidden.credssp"] == 1


RDP = [
    one
    for one in corpus.captures()
    if one.facts["format"].startswith("pcap")
    and ("rdp" in one.name.lower() or "tcp/3389" in one.facts["ports"])
]


@corpus.needs_corpus
@pytest.mark.parametrize("capture", RDP, ids=lambda one: one.name)
def test_rdp_is_counted_where_wireshark_sees_credssp_chosen(
    capture: corpus.Capture,
) -> None:
    chosen = "rdp.negReq.selectedProtocol == 2 || rdp.negReq.selectedProtocol == 8"
    shown = tshark.fields(capture.path, ("tcp.stream",), chosen)
    stats = Stats()
    list(run([str(capture.path)], Settings(), stats))
    assert stats.counts["hidden.credssp"] == len({str(one) for one in shown})
