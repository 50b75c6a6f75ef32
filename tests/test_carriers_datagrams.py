"""SMB1 in NetBIOS datagrams of real captures, with Wireshark as the other witness."""

from __future__ import annotations

from pathlib import Path

import pytest

from sensor.config import Settings
from sensor.pipeline import run
from sensor.types import Alert, Event, Stats
from tests.support import captures, corpus, tshark
from tests.support.conversations import START_NS, udp_frame
from tests.support.netbios import datagram, transaction

CARRIER = "netbios-datagram"
BROWSING = [
    one
    for one in corpus.captures()
    if "browser" in one.facts["carriers"] or "udp/138" in one.facts["ports"]
]


def read(path: Path) -> list[Event | Alert]:
    return list(run([str(path)], Settings(), Stats()))


@corpus.needs_corpus
@pytest.mark.parametrize("capture", BROWSING, ids=lambda one: one.name)
def test_each_flow_is_told_as_wireshark_sees_it(capture: corpus.Capture) -> None:
    shown = tshark.fields(
        capture.path, ("udp.stream", "mailslot.name"), "nbdgm && smb && !icmp"
    )
    seen = {(stream[-1], (name or [None])[-1]) for stream, name in shown}
    told = [
        event.facts.get("Mailslot")
        for event in read(capture.path)
        if isinstance(event, Event) and event.facts.get("Carrier") == CARRIER
    ]
    assert set(told) <= {name for _, name in seen}
    assert bool(told) == bool(seen)
    assert len(told) >= len({stream for stream, _ in seen})


def test_announcements_set_off_no_alert_whoever_makes_them(tmp_path: Path) -> None:
    ends = (("93.184.216.34", 138), ("255.255.255.255", 138))
    frame = udp_frame(ends, datagram(transaction()))
    path = tmp_path / "capture.pcap"
    path.write_bytes(captures.pcap([captures.Packet(START_NS, frame, len(frame))] * 3))
    (event,) = read(path)

    assert isinstance(event, Event)
    assert (event.name, event.facts["Carrier"]) == ("SMB1", CARRIER)
