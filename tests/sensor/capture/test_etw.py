"""Events that hold a packet give it; all others stay what they are, and count."""

from __future__ import annotations

import struct
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sensor.capture.etw import EVENT, packets_in_events
from sensor.capture.walk import Records
from tests.support.batches import batch_of
from tests.support.captures import Packet, read_bytes
from tests.support.netmon import BEGAN_NS, NDIS, PKTMON, event, ndis, netmon, pktmon

DATA = bytes(range(60))
FRAME, METADATA, LAST = 0x4000_0000, 0x10_0000_0000, 0x8000_0000


def taken(said: bytes, tmp_path: Path) -> tuple[bytes, int, int]:
    """Return packet, wire length and link type that are read of an event."""
    outer = Packet(BEGAN_NS, said, len(said))
    ((found),), stats = read_bytes(tmp_path, netmon([(outer, 0xFFE0)]))
    assert stats.damaged == []
    assert found.ts_ns == BEGAN_NS
    return found.data, found.wire_len, found.linktype


@pytest.mark.parametrize(
    ("keyword", "linktype"),
    [
        (FRAME | 1, 1),
        (FRAME | LAST | 1, 1),
        (FRAME | 0x200, 101),
        (FRAME | 1 << 16, 105),
    ],
)
@pytest.mark.parametrize("rest", [0, 16])
def test_netsh_logs_packets(
    keyword: int, linktype: int, rest: int, tmp_path: Path
) -> None:
    assert taken(ndis(DATA, keyword, rest), tmp_path) == (DATA, 60, linktype)


@pytest.mark.parametrize(("kind", "linktype"), [(1, 1), (2, 105), (3, 101)])
@pytest.mark.parametrize("number", [160, 170])
def test_pktmon_logs_packets_and_cuts_them(
    number: int, kind: int, linktype: int, tmp_path: Path
) -> None:
    assert taken(pktmon(DATA, 1514, kind, number), tmp_path) == (DATA, 1514, linktype)


NO_PACKETS = {
    "another provider": event(NDIS, 1001, FRAME | 1, b"")[:24] + bytes(65),
    "another event": event(NDIS, 1002, FRAME | 1, struct.pack("<III", 1, 1, 0)),
    "a later piece": ndis(DATA, LAST | 1),
    "an unknown medium": ndis(DATA, FRAME),
    "an unknown kind": pktmon(DATA, 60, kind=7),
    "another event of pktmon": pktmon(DATA, 60, number=180),
    "no room for its fields": event(NDIS, 1001, FRAME | 1, bytes(11)),
    "more than there is": event(NDIS, 1001, FRAME | 1, struct.pack("<III", 1, 1, 1)),
    "more than pktmon says": pktmon(DATA, 60)[:-1],
    "half a header": ndis(DATA)[:88],
    "data longer than the event": ndis(DATA)[:86] + b"\xff\xff" + ndis(DATA)[88:],
}


@pytest.mark.parametrize("said", NO_PACKETS.values(), ids=NO_PACKETS)
def test_what_holds_no_packet_stays_an_event(said: bytes, tmp_path: Path) -> None:
    assert taken(said, tmp_path) == (said, len(said), EVENT)


def test_events_and_frames_may_be_mixed(tmp_path: Path) -> None:
    frames = [(DATA, 1), (ndis(DATA), 0xFFE0), (NO_PACKETS["another event"], 0xFFE0)]
    frames.append((pktmon(DATA, 99), 0xFFE0))
    said = [(Packet(BEGAN_NS, one, len(one)), media) for one, media in frames]

    found, _ = read_bytes(tmp_path, netmon(said))

    assert [packet.data for packet in found] == [DATA, DATA, frames[2][0], DATA]
    assert [packet.linktype for packet in found] == [1, 1, EVENT, 1]
    assert [packet.number for packet in found] == [1, 2, 3, 4]


@settings(max_examples=200)
@given(st.data())
def test_a_packet_lies_within_its_event(data: st.DataObject) -> None:
    provider = data.draw(st.sampled_from([NDIS, PKTMON]))
    number = data.draw(st.sampled_from([160, 170, 1001]))
    said = bytearray(
        event(provider, number, FRAME | 1, data.draw(st.binary(max_size=80)))
    )
    said[86:88] = data.draw(st.binary(min_size=2, max_size=2))
    batch = batch_of([bytes(said), b"next"])
    events = Records(
        batch.start, batch.end, batch.wire_len, batch.ts_ns, batch.linktype
    )
    events.linktype[:] = EVENT

    found = packets_in_events(batch.data, events)

    assert (found.start >= batch.start).all()
    assert (found.end <= batch.end).all()
    assert (found.start <= found.end).all()
