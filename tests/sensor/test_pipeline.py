"""All rooms in a row: what packets of a conversation come to, in which order."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from itertools import islice
from operator import itemgetter
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sensor.addresses import LocalNetworks
from sensor.config import Settings
from sensor.limits import NEGOTIATION_NS, REST_BYTES
from sensor.pipeline import Finding, Sensor, _in_order, run
from sensor.types import (
    TCP,
    Alert,
    Batch,
    Connection,
    Endpoint,
    Event,
    Flow,
    Stats,
)
from tests.support import captures, ntlm, sip, smb
from tests.support.batches import batch_of
from tests.support.conversations import (
    ELSEWHERE,
    MS,
    START_NS,
    Conversation,
    Sent,
    merged,
    udp_frame,
)
from tests.support.frames import fragments4

PCAPS = Path(__file__).resolve().parents[2] / "pcaps"
PUBLIC = ("20.30.40.50", 445)
ANOTHER = ("192.0.2.10", 49153)

Line = tuple[int, str, str]

# Packets 1 to 3 are the handshake. Every event, by hand.
LOGON = [
    (1, "attempt", ""),
    (2, "acknowledged", ""),
    (3, "success", ""),
    (4, "SMB2", "negotiate"),
    (4, "NTLM-Negotiate", "negotiate"),
    (5, "SMB2", "challenge"),
    (5, "NTLM-Challenge", "challenge"),
    (6, "SMB2", "authenticate"),
    (6, "NTLM-Authenticate", "authenticate"),
    (7, "SMB2", "success"),
    (7, "NTLM", "success"),
]


def logon(talk: Conversation, size: int | None = None) -> Conversation:
    """Log on: two session setups and their replies, in segments of *size* bytes."""
    talk.handshake()
    talk.say(0, smb.nbss(smb.session_setup(ntlm.NEGOTIATE)), size)
    talk.say(1, smb.nbss(smb.session_setup_reply(ntlm.CHALLENGE_V2)), size)
    talk.say(0, smb.nbss(smb.session_setup(ntlm.AUTHENTICATE_V2)), size)
    return talk.say(1, smb.nbss(smb.session_setup_reply(b"", status=0)), size)


def batch(packets: Sequence[Sent], first: int = 1, linktype: int = 1) -> Batch:
    """Make the batch that *packets* are read as; *first* is the number of the first."""
    made = batch_of(
        [packet.frame for packet in packets],
        linktype,
        wire_lens=[packet.wire_len for packet in packets],
        ts=[packet.ts_ns for packet in packets],
    )
    return replace(made, number=np.arange(first, first + len(packets), dtype=np.int64))


def sensor(local: tuple[str, ...] = ()) -> Sensor:
    return Sensor(Settings(local_networks=LocalNetworks(local)), Stats())


def told(items: Iterable[Event | Alert]) -> list[Line]:
    """Packet number, name and state of each event; alerts with their rule."""
    return [
        (item.packet, item.name, str(item.facts.get("State", "")))
        if isinstance(item, Event)
        else (item.events[-1].packet, "alert", item.rule)
        for item in items
    ]


def told_of(packets: Sequence[Sent], linktype: int = 1) -> list[Line]:
    one = sensor()
    taken = list(one.take(batch(packets, linktype=linktype)))
    return told([*taken, *one.finish()])


def save(path: Path, packets: Sequence[Sent]) -> str:
    """Write a capture of *packets*."""
    rows = [captures.Packet(p.ts_ns, p.frame, p.wire_len) for p in packets]
    path.write_bytes(captures.pcap(rows, magic=0xA1B23C4D))
    return str(path)


# --- what a conversation comes to ---


def test_a_logon_is_told_message_by_message() -> None:
    assert told_of(logon(Conversation()).packets) == LOGON


def test_a_capture_is_told_as_its_packets_are(tmp_path: Path) -> None:
    path = save(tmp_path / "a.pcap", logon(Conversation()).packets)
    stats = Stats()
    items = list(run([path], Settings(), stats))
    assert told(items) == LOGON
    assert {item.file for item in items if isinstance(item, Event)} == {path}
    assert (stats.files, stats.damaged) == ([path], [])
    assert stats.counts["capture.packets"] == 7


@pytest.mark.parametrize("size", [1, 2, 3, 5])
def test_batches_change_nothing(size: int) -> None:
    packets, one = logon(Conversation()).packets, sensor()
    items = [
        item
        for at in range(0, len(packets), size)
        for item in one.take(batch(packets[at : at + size], at + 1))
    ]
    assert told([*items, *one.finish()]) == LOGON


def test_no_packets_tell_nothing() -> None:
    one = sensor()
    assert [*one.take(batch([])), *one.finish()] == []


def test_other_traffic_tells_nothing() -> None:
    talk = Conversation(server=ELSEWHERE).handshake()
    talk.say(0, b"GET / HTTP/1.1\r\n\r\n").say(1, b"HTTP/1.1 200 OK\r\n\r\n")
    assert told_of(talk.packets) == []
    assert list(run([str(PCAPS / "noise.pcap")], Settings(), Stats())) == []


def test_steps_of_any_port_are_told_once_it_speaks() -> None:
    """And before what it says, though they were seen batches ago."""
    packets, one = logon(Conversation(server=ELSEWHERE)).packets, sensor()
    assert list(one.take(batch(packets[:3]))) == []
    assert told(one.take(batch(packets[3:], 4))) == LOGON


def test_what_is_ours_comes_from_the_settings() -> None:
    packets = logon(Conversation(server=PUBLIC)).packets
    alerts = {
        line[2] for line in told(sensor().take(batch(packets))) if line[1] == "alert"
    }
    assert alerts == {"smb-to-public", "credentials-to-public"}
    assert told(sensor((f"{PUBLIC[0]}/32",)).take(batch(packets))) == LOGON


# --- fragments ---


def fragmented(packets: Sequence[Sent], which: int, size: int) -> list[Sent]:
    """Cut packet *which* into fragments of *size* bytes, without link layers."""
    bare = [replace(p, frame=p.frame[14:], wire_len=p.wire_len - 14) for p in packets]
    cut = bare[which]
    pieces = [
        Sent(cut.ts_ns, piece, len(piece)) for piece in fragments4(cut.frame, size)
    ]
    return [*bare[:which], *pieces, *bare[which + 1 :]]


@pytest.mark.parametrize("which", range(7))
def test_fragments_take_their_place_among_the_batch_s_other_packets(which: int) -> None:
    """The datagram counts as the packet that completed it."""
    whole = logon(Conversation()).packets
    packets = fragmented(whole, which, 16)
    more = len(packets) - len(whole)
    assert more >= 1
    expected = [(n + more if n > which else n, *rest) for n, *rest in LOGON]
    assert told_of(packets, linktype=101) == expected


# --- what is held back ---


def test_a_message_behind_a_gap_is_told_at_the_end() -> None:
    talk = Conversation().handshake()
    talk.say(0, smb.nbss(smb.session_setup(ntlm.NEGOTIATE)))
    talk.lose(1, smb.nbss(smb.session_setup_reply(ntlm.CHALLENGE_V2)))
    talk.say(0, smb.nbss(smb.session_setup(ntlm.AUTHENTICATE_V2)))
    one = sensor()
    assert told(one.take(batch(talk.packets))) == LOGON[:5]
    assert told(one.finish()) == [
        (5, "SMB2", "authenticate"),
        (5, "NTLM-Authenticate", "authenticate"),
        (5, "NTLM", "partial"),
    ]
    assert list(one.finish()) == []


def test_a_message_whose_end_never_came_is_told_at_the_end() -> None:
    talk = Conversation().handshake()
    talk.say(0, smb.nbss(smb.session_setup(ntlm.NEGOTIATE)))
    talk.say(1, smb.nbss(smb.session_setup_reply(ntlm.CHALLENGE_V2)))
    talk.say(0, smb.nbss(smb.session_setup(ntlm.AUTHENTICATE_V2))[:-6])
    one = sensor()
    assert told(one.take(batch(talk.packets))) == LOGON[:7]
    assert told(one.finish()) == [*LOGON[7:9], (6, "NTLM", "partial")]


def elsewhere(ns: int) -> list[Sent]:
    """A packet of a flow that is not ours, *ns* behind the last of an open logon."""
    return (
        Conversation(client=ANOTHER, server=ELSEWHERE).wait(5 * MS + ns).syn().packets
    )


@pytest.mark.parametrize(
    ("ns", "ended"), [(NEGOTIATION_NS, 0), (NEGOTIATION_NS + 1, 1)]
)
def test_a_negotiation_is_over_when_it_was_silent_for_long(ns: int, ended: int) -> None:
    """By the time of all packets, whatever flow they are of and whenever they came."""
    negotiation, other = logon(Conversation()).packets[:6], elsewhere(ns)
    incomplete = [(6, "NTLM", "incomplete")] * ended

    behind = sensor()
    assert told(behind.take(batch(negotiation))) == LOGON[:9]
    assert told(behind.take(batch(other, 7))) == incomplete
    together = sensor()
    assert told(together.take(batch([*negotiation, *other]))) == LOGON[:9] + incomplete
    before = sensor()
    assert list(before.take(batch(other, 7))) == []
    assert told(before.take(batch(negotiation))) == LOGON[:9] + incomplete


def test_a_reset_is_how_a_negotiation_ended() -> None:
    talk = logon(Conversation())
    talk.packets.pop()
    talk.reset(0)
    one = sensor()
    assert told(one.take(batch(talk.packets))) == LOGON[:9]
    assert told(one.finish()) == [(6, "NTLM", "reset")]


def test_what_datagrams_said_without_an_outcome_is_told_at_the_end() -> None:
    """Nobody ends a flow of datagrams."""
    ends = (ANOTHER, ELSEWHERE)
    said = [(ends, ntlm.CHALLENGE_V2), (ends[::-1], ntlm.AUTHENTICATE_V2)]
    frames = [udp_frame(pair, data) for pair, data in said]
    packets = [Sent(START_NS + i, frame, len(frame)) for i, frame in enumerate(frames)]
    one = sensor()
    names = [(n, name) for n, name, _ in told(one.take(batch(packets)))]
    assert names == [(1, "NTLM-Challenge"), (2, "NTLM-Authenticate")]
    assert told(one.finish()) == [(2, "NTLM", "unknown")]


@pytest.mark.parametrize("size", [2048, 512])
def test_an_answer_to_a_logon_in_datagrams_is_heard(size: int) -> None:
    """Also to one that came in fragments."""
    ends = (ANOTHER, ELSEWHERE)
    said = sip.logon(sip.response(b"100 Trying"), sip.response(b"200 OK"))
    frames = [udp_frame(ends[::-1] if side else ends, data) for side, data in said]
    whole = [Sent(START_NS + i, frame, len(frame)) for i, frame in enumerate(frames)]
    packets = fragmented(whole, 4, size)
    third = len(packets) - 2
    assert told_of(packets, linktype=101) == [
        (4, "NTLM-Challenge", "challenge"),
        (third, "NTLM-Authenticate", "authenticate"),
        (third + 2, "NTLM", "success"),
    ]


def test_what_is_held_back_when_reading_is_to_end_is_told(tmp_path: Path) -> None:
    """Of the packets that were read; of no others."""
    first = save(tmp_path / "a.pcap", logon(Conversation()).packets[:6])
    late = Conversation(client=ANOTHER).wait(MS * 1000)
    second = save(tmp_path / "b.pcap", logon(late).packets)

    def until(batches: Iterator[Batch]) -> Iterator[Batch]:
        return islice(batches, 1)

    stats = Stats()
    items = run([first, second], Settings(), stats, until=until)
    assert told(items) == [*LOGON[:9], (6, "NTLM", "incomplete")]
    assert stats.files == [first]


def test_closing_the_iterator_lets_the_file_go(tmp_path: Path) -> None:
    path = save(tmp_path / "a.pcap", logon(Conversation()).packets)
    stats = Stats()
    before = sorted(os.listdir("/proc/self/fd"))  # noqa: PTH208 - names are numbers
    items = run([path], Settings(), stats)
    assert told([next(items)]) == LOGON[:1]
    items.close()  # type: ignore[attr-defined]
    assert list(items) == []
    assert sorted(os.listdir("/proc/self/fd")) == before  # noqa: PTH208
    assert (stats.files, stats.damaged) == ([path], [])


def test_bulk_data_puts_a_flow_to_rest_and_a_logon_wakes_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    talk = logon(Conversation())
    count = -(-REST_BYTES // 1000)
    for _ in range(count):
        talk.say(1, smb.nbss(smb.read_reply(bytes(1000))))
    bulk = len(talk.packets)
    talk.say(0, smb.nbss(smb.session_setup(ntlm.AUTHENTICATE_V2)))
    one, rested = sensor(), list[int]()
    rest = one._finder._streams.rest

    def noted(flow: Flow) -> None:
        rested.append(flow.key)
        rest(flow)

    monkeypatch.setattr(one._finder._streams, "rest", noted)
    assert told(one.take(batch(talk.packets[:7]))) == LOGON
    assert rested == []
    assert list(one.take(batch(talk.packets[7:bulk], 8))) == []
    assert rested
    again = list(one.take(batch(talk.packets[bulk:], bulk + 1)))
    assert told([*again, *one.finish()])[:2] == [
        (bulk + 1, "SMB2", "authenticate"),
        (bulk + 1, "NTLM-Authenticate", "authenticate"),
    ]


# --- order ---


def test_flows_are_told_in_the_order_of_time() -> None:
    one = logon(Conversation())
    other = logon(Conversation(client=ANOTHER).wait(MS // 2))
    lines = told_of(merged(one, other))
    expected = [
        (2 * n - 1 + k, name, state) for n, name, state in LOGON for k in (0, 1)
    ]
    assert lines == sorted(expected, key=itemgetter(0))


FLOWS = [
    Flow(key, TCP, (Endpoint("a", 1), Endpoint("b", key)), "a.pcap", "")
    for key in range(3)
]


def finding(flow: int, ts_ns: int, packet: int, what: str = "") -> Connection:
    return Connection(FLOWS[flow], what, ts_ns, packet, "a.pcap")


def test_a_flow_s_own_order_outranks_time() -> None:
    """A message told late holds back what its flow says after it, and no other."""
    late, after = finding(0, 50, 5), finding(0, 20, 2)
    other, last = finding(1, 30, 3), finding(1, 60, 6)
    assert _in_order([late, after, other, last]) == [other, late, after, last]
    assert _in_order([other, last, late, after]) == [other, late, after, last]


def test_at_one_time_the_packet_s_number_decides() -> None:
    one, two, three = finding(0, 7, 1), finding(1, 7, 2), finding(2, 7, 3)
    assert _in_order([three, one, two]) == [one, two, three]


@settings(max_examples=100)
@given(
    st.lists(
        st.tuples(st.integers(0, 2), st.integers(0, 9), st.integers(0, 3)), max_size=20
    )
)
def test_order_keeps_every_finding_and_every_flow_s_order(
    drawn: list[tuple[int, int, int]],
) -> None:
    given_: list[Finding] = [finding(*one, what=str(i)) for i, one in enumerate(drawn)]
    found = _in_order(given_)
    assert sorted(map(id, found)) == sorted(map(id, given_))
    for flow in FLOWS:
        assert [f for f in found if f.flow is flow] == [
            f for f in given_ if f.flow is flow
        ]
    # Whatever comes after something later of another flow was held back by its own.
    for i, early in enumerate(found):
        for late in found[:i]:
            if (late.ts_ns, late.packet) > (early.ts_ns, early.packet):
                own = [f for f in found[:i] if f.flow is early.flow]
                assert max(((f.ts_ns, f.packet) for f in own), default=(-1, 0)) >= (
                    late.ts_ns,
                    late.packet,
                )
