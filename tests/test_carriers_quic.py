"""SMB over QUIC through the whole sensor: events, alerts, and the laws."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import permutations
from pathlib import Path

import pytest

from decoders import quic_talk
from sensor.config import Settings
from sensor.pipeline import run
from sensor.types import Alert, Event, Stats
from tests.support import captures, corpus, quic, tshark
from tests.support.conversations import START_NS, End, udp_frame
from tests.support.frames import fragments4

INSIDE: End = ("10.20.0.5", 50000)
SERVER: End = ("10.20.0.9", 443)
OUTSIDE: End = ("93.184.216.34", 8443)
ASKED = ("SMB-QUIC", True, quic.NAME, "header")
ANSWERED = ("SMB-QUIC", False, quic.NAME, "both-directions")
LONG = quic.client_hello(more=1500)
# A hello with post-quantum keys takes two datagrams.
SAID: list[quic.Datagram] = [
    (0, quic.initial(quic.crypto(0, LONG[:1000]))),
    (0, quic.initial(quic.crypto(1000, LONG[1000:]), number=1)),
    (1, quic.answer()),
]


def frames(said: Iterable[quic.Datagram], *ends: End) -> list[bytes]:
    """Frames from the first of *ends*, the client, to the second, and back."""
    return [udp_frame((ends[side], ends[1 - side]), data) for side, data in said]


def read(tmp_path: Path, sent: Sequence[bytes]) -> list[Event | Alert]:
    packets = [
        captures.Packet(START_NS + n, frame, len(frame), number=n + 1)
        for n, frame in enumerate(sent)
    ]
    path = tmp_path / "capture.pcap"
    path.write_bytes(captures.pcap(packets))
    return list(run([str(path)], Settings(), Stats()))


def signatures(items: Iterable[Event | Alert]) -> list[tuple[object, ...]]:
    return [
        (
            item.name,
            item.from_client,
            item.facts.get("ServerName"),
            item.facts.get("Confidence"),
        )
        for item in items
        if isinstance(item, Event)
    ]


def alerts(items: Iterable[Event | Alert]) -> list[tuple[str, str]]:
    return [(item.rule, item.title) for item in items if isinstance(item, Alert)]


def test_a_handshake_is_two_events_on_one_flow(tmp_path: Path) -> None:
    items = read(tmp_path, frames(quic.handshake(), INSIDE, SERVER))

    assert signatures(items) == [ASKED, ANSWERED]
    assert alerts(items) == []
    one, other = (item for item in items if isinstance(item, Event))
    assert one.flow is other.flow
    assert (one.flow.client, one.flow.client_by) == (0, "message-type")
    assert one.facts["Carrier"] == "quic"
    assert one.facts["Alpn"] == "smb"
    assert (one.packet, other.packet) == (1, 2)


def test_a_public_server_that_answers_sets_off_an_alert(tmp_path: Path) -> None:
    items = read(tmp_path, frames(SAID, INSIDE, OUTSIDE))

    title = "10.20.0.5 negotiates SMB with 93.184.216.34 (public)"
    assert alerts(items) == [("smb-to-public", title)]
    (alert,) = (item for item in items if isinstance(item, Alert))
    assert alert.reasons == (
        "93.184.216.34 is a public address and none of the local networks.",
        "It answered with SMB-QUIC.",
        "Port 8443 is not a usual port for SMB.",
        f"The client asked for the server by the name {quic.NAME}.",
    )


def test_a_question_alone_sets_off_none(tmp_path: Path) -> None:
    items = read(tmp_path, frames(SAID[:2], INSIDE, OUTSIDE))

    assert signatures(items) == [ASKED]
    assert alerts(items) == []


def test_the_usual_port_of_quic_is_nothing_unusual(tmp_path: Path) -> None:
    items = read(tmp_path, frames(SAID, INSIDE, ("93.184.216.34", 443)))

    (alert,) = (item for item in items if isinstance(item, Alert))
    assert not any("usual port" in reason for reason in alert.reasons)


def test_a_public_client_sets_off_an_alert(tmp_path: Path) -> None:
    items = read(tmp_path, frames(SAID, ("93.184.216.34", 50000), SERVER))

    title = "93.184.216.34 (public) speaks SMB to 10.20.0.9"
    assert alerts(items) == [("smb-from-public", title)]


@pytest.mark.parametrize("order", [*permutations(range(3))])
def test_no_order_changes_what_is_told(order: tuple[int, ...], tmp_path: Path) -> None:
    sent = frames(SAID, INSIDE, OUTSIDE)
    items = read(tmp_path, [sent[n] for n in order])

    told = {(name, by, server) for name, by, server, _ in signatures(items)}
    assert told == {ASKED[:3], ANSWERED[:3]}
    assert len(alerts(items)) == 1


def test_copies_and_fragments_change_nothing(tmp_path: Path) -> None:
    sent = frames(SAID, INSIDE, OUTSIDE)
    whole = signatures(read(tmp_path, sent))
    copies = [frame for frame in sent for _ in range(3)]
    cut = [
        frame[:14] + piece
        for ident, frame in enumerate(sent)
        for piece in fragments4(frame[14:], 400, ident)
    ]

    assert whole == [ASKED, ANSWERED]
    assert signatures(read(tmp_path, copies)) == whole
    assert signatures(read(tmp_path, cut)) == whole


def test_the_web_is_not_told(tmp_path: Path) -> None:
    items = read(tmp_path, frames(quic.handshake(["h3"], ["h3"]), INSIDE, OUTSIDE))

    assert items == []


def test_wireshark_reads_the_same(tmp_path: Path) -> None:
    """Its hello begins in one datagram and ends in another, as ours does."""
    sent = frames(SAID, INSIDE, ("93.184.216.34", 443))
    items = read(tmp_path, sent)
    asked = (
        "tls.handshake.extensions_alpn_str",
        "tls.handshake.extensions_server_name",
    )
    shown = tshark.fields(tmp_path / "capture.pcap", asked, "tls.handshake.type == 1")

    (first, _) = (item for item in items if isinstance(item, Event))
    assert shown == [[[first.facts["Alpn"]], [first.facts["ServerName"]]]]


QUIC = [one for one in corpus.captures() if "quic" in one.name]


@corpus.needs_corpus
@pytest.mark.parametrize("capture", QUIC, ids=lambda one: one.name)
def test_hellos_for_another_protocol_are_read_as_wireshark_does(
    capture: corpus.Capture, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nobody recorded SMB over QUIC; so take the web for it."""
    monkeypatch.setattr(quic_talk, "SMB", b"h3")
    asked = ("tls.handshake.extensions_server_name", "quic.version")
    shown = tshark.fields(capture.path, asked, "tls.handshake.type == 1")
    events = [
        item
        for item in run([str(capture.path)], Settings(), Stats())
        if isinstance(item, Event) and item.name == "SMB-QUIC" and item.from_client
    ]
    assert [event.facts["ServerName"] for event in events] == [
        name for ((name,), (version, *_)) in shown if version == "0x00000001"
    ]
