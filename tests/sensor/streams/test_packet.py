"""What a segment's flags make of its numbers (RFC 9293 3.4: a SYN counts as one)."""

from __future__ import annotations

import pytest

from sensor.streams.packet import Packet


def packet(flags: int, seq: int = 100, data: bytes = b"", missing: int = 0) -> Packet:
    return Packet(0, seq, 0, flags, data, missing, 1, 1, "f", wakes=False)


@pytest.mark.parametrize(
    ("flags", "control", "opening", "answer"),
    [
        (0x02, True, True, False),  # SYN
        (0x12, True, False, True),  # SYN ACK
        (0xC2, True, True, False),  # SYN ECE CWR (RFC 3168 6.1.1)
        (0x10, False, False, False),  # ACK
        (0x18, False, False, False),  # PSH ACK
        (0x11, True, False, False),  # FIN ACK
        (0x14, True, False, False),  # RST ACK
        (0x04, True, False, False),  # RST
    ],
)
def test_the_flags(flags: int, control: bool, opening: bool, answer: bool) -> None:
    one = packet(flags)

    assert (one.is_control, one.is_opening, one.is_answer) == (control, opening, answer)


def test_payload_begins_at_the_sequence_number_or_after_the_syn() -> None:
    assert packet(0x18).data_seq == 100
    assert packet(0x02).data_seq == 101
    assert packet(0x02, 2**32 - 1).data_seq == 0


def test_payload_ends_where_the_next_byte_would_be_what_was_cut_included() -> None:
    assert packet(0x18, data=b"abc").end_seq == 103
    assert packet(0x18, data=b"abc", missing=4).end_seq == 107
    assert packet(0x12, data=b"abc").end_seq == 104
    assert packet(0x18, 2**32 - 2, b"abc").end_seq == 1
