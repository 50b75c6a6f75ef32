"""802.11 data frames, as scapy builds them and by the standard's layout."""

from __future__ import annotations

import struct
import warnings

import numpy as np
import pytest

from sensor.columns import Columns
from sensor.columns.peel import IPV4, NOT_DATA
from sensor.columns.wifi import swapped
from sensor.types import Stats
from tests.support.batches import batch_of
from tests.support.frames import ipv4, tcp

with warnings.catch_warnings():
    warnings.simplefilter("ignore")
    from scapy.layers.dot11 import Dot11, Dot11QoS, RadioTap
    from scapy.layers.inet import IP
    from scapy.layers.l2 import LLC, SNAP

PAYLOAD = b"\xfeSMB"
PACKET = ipv4(tcp(PAYLOAD))
BODY = b"\xaa\xaa\x03\0\0\0\x08\0" + PACKET


def outcome(frame: bytes, linktype: int = 105) -> bytes | str:
    """Give the payload that is found, or the reason there is none."""
    stats = Stats()
    (segments,) = Columns(stats).decode(batch_of([frame, frame], linktype))
    if not len(segments.row):
        ((reason, count),) = stats.counts.items()
        assert count == 2
        return reason.removeprefix("columns.rejected.")
    at, length = int(segments.payload[1]), int(segments.length[1])
    return segments.batch.data[at : at + length].tobytes()


def dot11(
    control: int = 0x08, flags: int = 0x01, tail: bytes = b"", sequence: int = 0
) -> bytes:
    """Build an 802.11 header; *tail* is what follows the sequence control."""
    return (
        bytes([control, flags, 0, 0]) + bytes(18) + struct.pack("<H", sequence) + tail
    )


PRISM = struct.pack("<II", 0x44, 144) + bytes(136)
PRISM_BIG = struct.pack(">II", 0x44, 144) + bytes(136)
AVS = struct.pack(">II", 0x80211001, 64) + bytes(56)
RADIOTAP = struct.pack("<BBHI", 0, 0, 18, 0) + bytes(10)


@pytest.mark.parametrize(
    "header",
    [
        dot11(),
        dot11(flags=0x02),
        dot11(flags=0x03, tail=bytes(6)),
        dot11(0x88, tail=bytes(2)),
        dot11(0x88, 0x03, bytes(6) + bytes(2)),
        dot11(0x88, 0x81, bytes(2) + bytes(4)),
        dot11(0x88, 0x83, bytes(6) + bytes(2) + bytes(4)),
        dot11(0x88, tail=bytes(2) + b"\0\0"),  # padded to 32 bits by the adapter
        dot11(sequence=0x1230),
    ],
)
def test_plain_data_frames_are_read(header: bytes) -> None:
    assert outcome(header + BODY) == PAYLOAD
    assert outcome(RADIOTAP + header + BODY, 127) == PAYLOAD
    for lead in (PRISM, PRISM_BIG, AVS):
        assert outcome(lead + header + BODY, 119) == PAYLOAD


@pytest.mark.parametrize(
    ("frame", "reason"),
    [
        (dot11(flags=0x41) + BODY, "encrypted_wifi"),
        (dot11(0x88, 0x41, bytes(2)) + BODY, "encrypted_wifi"),
        (dot11(0x80) + BODY, "wifi_not_data"),  # beacon
        (dot11(0xD4)[:10], "wifi_not_data"),  # acknowledgment
        (dot11(0x48) + BODY, "wifi_not_data"),  # null data
        (dot11(0xC8, tail=bytes(2)), "wifi_not_data"),  # QoS null
        (dot11(0x88, tail=b"\x80\0") + BODY, "wifi_aggregate"),
        (dot11(flags=0x05) + BODY, "wifi_fragment"),
        (dot11(sequence=0x1231) + BODY, "wifi_fragment"),
        (dot11() + b"\xaa\xaa\x03\0\0\0\x88\x8e" + bytes(20), "not_ip"),
        (dot11()[:20], "short_link"),
        (dot11() + BODY[:7], "short_link"),
        (dot11(0x88), "short_link"),
    ],
)
def test_other_frames_are_counted(frame: bytes, reason: str) -> None:
    assert outcome(frame) == reason
    assert outcome(RADIOTAP + frame, 127) == reason


def test_a_capture_header_longer_than_the_frame_is_short() -> None:
    assert outcome(struct.pack("<BBHI", 0, 0, 9000, 0) + BODY, 127) == "short_link"
    assert outcome(RADIOTAP, 127) == "short_link"
    assert outcome(struct.pack("<II", 0x44, 0xFFFF) + BODY, 119) == "short_link"


def test_swapped_frame_control_is_read_only_where_it_is_swapped() -> None:
    frame = dot11(0x08, 0x01) + BODY
    for data, found in ((frame[1::-1] + frame[2:], IPV4), (frame, NOT_DATA)):
        octets = np.frombuffer(data, np.uint8)
        net, kind = swapped(octets, np.array([0]), np.array([len(octets)]))
        assert kind.tolist() == [found]
        assert found == NOT_DATA or net.tolist() == [32]


def test_scapy_builds_the_same_frames() -> None:
    body = LLC() / SNAP() / IP(PACKET)
    assert outcome(bytes(Dot11(type=2, FCfield=1) / body)) == PAYLOAD
    qos = Dot11(type=2, subtype=8, FCfield=2) / Dot11QoS() / body
    assert outcome(bytes(qos)) == PAYLOAD
    assert outcome(bytes(RadioTap() / qos), 127) == PAYLOAD
