"""Chunks in, observations out: one decoder a direction, and no message told twice."""

from __future__ import annotations

import struct
from base64 import b64encode

import pytest

from decoders import ntlmssp, smb2
from decoders.carrier import Answer
from sensor.dissector import Dissector
from sensor.limits import OVERLAP_MESSAGES, REST_BYTES
from sensor.types import TCP, UDP, Chunk, Closed, Endpoint, Flow, Observation, Stats
from tests.support import ntlm
from tests.support.smb import nbss, read_reply, session_setup, session_setup_reply

REQUEST = nbss(session_setup(ntlm.NEGOTIATE))
REPLY = nbss(session_setup_reply(ntlm.CHALLENGE_V2))
LAST = nbss(session_setup(ntlm.AUTHENTICATE_V2))
OTHER = nbss(session_setup(ntlm.AUTHENTICATE_V1))


def flow(proto: int = TCP) -> Flow:
    ends = (Endpoint("192.0.2.1", 50000), Endpoint("192.0.2.2", 445))
    return Flow(key=1, proto=proto, ends=ends, file="a.pcap", community_id="1:abc=")


class Hearing:
    """A dissector, and the packets that come to it."""

    def __init__(self, proto: int = TCP) -> None:
        self.stats = Stats()
        self.dissector = Dissector(self.stats)
        self.flow = flow(proto)
        self.packet = 0

    def hear(
        self,
        data: bytes,
        side: int = 0,
        reading: int = 0,
        lost: int = 0,
        on: Flow | None = None,
    ) -> list[Observation]:
        """Hear the next bytes of one direction, on the next packet."""
        self.packet += 1
        chunk = Chunk(
            flow=on or self.flow,
            side=side,
            reading=reading,
            data=data,
            lost=lost,
            ts_ns=self.packet * 1000,
            packet=self.packet,
            file="b.pcap",
        )
        return list(self.dissector.take(chunk))

    def close(self, on: Flow | None = None) -> list[Observation]:
        """Hear that the flow is over, at packet 99."""
        closed = Closed(on or self.flow, "fin", 99_000, 99, "c.pcap")
        return list(self.dissector.close(closed))


def told(observations: list[Observation]) -> list[tuple[int, str]]:
    """Side, and what was said: the innermost message's type."""
    return [
        (one.side, type((one.found.inner or (one.found,))[0].message).__name__)
        for one in observations
    ]


# --- streams ---


def test_a_message_has_the_time_and_place_of_the_packet_that_completed_it() -> None:
    hearing = Hearing()
    assert hearing.hear(REQUEST[:50]) == []
    (one,) = hearing.hear(REQUEST[50:])
    assert one.flow is hearing.flow
    assert (one.side, one.ts_ns, one.packet, one.file) == (0, 2000, 2, "b.pcap")
    assert isinstance(one.found.message, smb2.Plain)
    assert isinstance(one.found.inner[0].message, ntlmssp.Negotiate)
    assert one.flags == frozenset()


def test_each_direction_has_its_own_place_in_its_own_stream() -> None:
    hearing = Hearing()
    found = hearing.hear(REQUEST[:70]) + hearing.hear(REPLY[:9], side=1)
    assert found == []
    found = hearing.hear(REQUEST[70:]) + hearing.hear(REPLY[9:] + LAST[:3], side=1)
    assert told(found) == [(0, "Negotiate"), (1, "Challenge")]


def test_flows_that_are_alike_are_not_the_same() -> None:
    hearing, other = Hearing(), flow()
    assert hearing.hear(REQUEST[:-6]) == []
    assert hearing.hear(REQUEST[-6:], on=other) == []
    assert told(hearing.hear(REQUEST, on=flow())) == [(0, "Negotiate")]
    assert told(hearing.hear(REQUEST[-6:])) == [(0, "Negotiate")]


def test_the_stream_itself_may_say_a_thing_twice() -> None:
    hearing = Hearing()
    assert told(hearing.hear(REQUEST + REQUEST)) == [(0, "Negotiate")] * 2
    assert told(hearing.hear(REQUEST)) == [(0, "Negotiate")]


def test_the_flags_are_those_the_flow_has_when_it_is_told() -> None:
    hearing = Hearing()
    hearing.flow.flags.add("midstream")
    (one,) = hearing.hear(REQUEST)
    hearing.flow.flags.add("gap")
    (two,) = hearing.hear(LAST)
    assert [set(one.flags), set(two.flags)] == [{"midstream"}, {"midstream", "gap"}]
    assert hearing.flow.flags == {"midstream", "gap"}


# --- what is cut ---


def test_a_message_that_a_loss_cut_is_told_as_truncated() -> None:
    hearing = Hearing()
    hearing.hear(REQUEST[:-6])
    (one,) = hearing.hear(b"", lost=6)
    assert told([one]) == [(0, "Negotiate")]
    assert one.found.truncated
    assert one.flags == {"truncated"}
    assert hearing.flow.flags == set()


def test_what_is_pending_when_the_flow_ends_is_told_of_its_end() -> None:
    hearing = Hearing()
    hearing.hear(LAST)
    assert hearing.hear(REPLY[:-6], side=1) == []
    (one,) = hearing.close()
    assert told([one]) == [(1, "Challenge")]
    assert (one.ts_ns, one.packet, one.file) == (99_000, 99, "c.pcap")
    assert one.flags == {"truncated"}


def test_an_end_forgets_the_flow() -> None:
    hearing = Hearing()
    hearing.hear(REQUEST[:-6])
    assert len(hearing.close()) == 1
    assert hearing.close() == []
    assert hearing.hear(REQUEST[-6:]) == []

    hearing.hear(bytes(REST_BYTES))
    assert hearing.dissector.is_quiet(hearing.flow)
    hearing.close()
    assert not hearing.dissector.is_quiet(hearing.flow)


def test_the_end_of_a_flow_nobody_heard_of_tells_nothing() -> None:
    hearing = Hearing()
    hearing.hear(REQUEST[:-6])
    assert hearing.close(on=flow()) == []
    assert len(hearing.close()) == 1


def test_what_a_decoder_gave_up_for_a_limit_is_counted() -> None:
    """A message of 60,000 bytes in base64, folded so that it takes 130,000 of text."""
    header = b"NTLMSSP\0" + struct.pack("<II", 1, 0x1207)
    header += struct.pack("<HHIHHI", 60000, 60000, 32, 0, 0, 32)
    letters = b64encode(header + b"a" * 60000)
    lines = [letters[at : at + 12] for at in range(0, len(letters), 12)]
    hearing = Hearing()
    assert hearing.hear(b"\r\n        ".join(lines) + b"\r\n\r\n") == []
    assert hearing.close() == []
    assert hearing.stats.counts == {"decoders.text_bytes": 1}


# --- other readings of contradicting bytes ---


def test_another_reading_tells_only_what_it_adds() -> None:
    hearing = Hearing()
    assert told(hearing.hear(REQUEST + LAST)) == [(0, "Negotiate"), (0, "Authenticate")]
    (added,) = hearing.hear(REQUEST + OTHER, reading=1)
    assert added.found.inner[0].message == ntlmssp.decode(ntlm.AUTHENTICATE_V1)
    assert hearing.hear(REQUEST + OTHER, reading=2) == []


def test_each_reading_has_its_own_place_in_its_own_stream() -> None:
    hearing = Hearing()
    assert hearing.hear(REQUEST[:-6]) == hearing.hear(OTHER[:-9], reading=1) == []
    assert told(hearing.hear(OTHER[-9:], reading=1)) == [(0, "Authenticate")]
    assert told(hearing.hear(REQUEST[-6:])) == [(0, "Negotiate")]


def test_what_another_reading_told_first_the_stream_tells_all_the_same() -> None:
    """It is what the receiver believes; the reading only may be."""
    hearing = Hearing()
    assert told(hearing.hear(REQUEST, reading=1)) == [(0, "Negotiate")]
    assert told(hearing.hear(REQUEST)) == [(0, "Negotiate")]


def test_the_other_side_s_words_are_not_one_s_own() -> None:
    hearing = Hearing()
    hearing.hear(REQUEST, side=1)
    assert told(hearing.hear(REQUEST, reading=1)) == [(0, "Negotiate")]


def test_a_reading_that_ends_the_same_way_adds_nothing() -> None:
    hearing = Hearing()
    hearing.hear(REQUEST[:-6])
    hearing.hear(REQUEST[:-6], reading=1)
    assert told(hearing.close()) == [(0, "Negotiate")]


def test_readings_are_compared_with_the_latest_messages_only() -> None:
    hearing = Hearing()
    hearing.hear(REQUEST)
    hearing.hear(LAST * (OVERLAP_MESSAGES - 1))
    assert hearing.hear(REQUEST, reading=1) == []
    hearing.hear(LAST * OVERLAP_MESSAGES)
    assert told(hearing.hear(REQUEST, reading=2)) == [(0, "Negotiate")]


# --- datagrams ---


@pytest.mark.parametrize("around", [b"", b"junk before, "])
def test_each_datagram_stands_for_itself(around: bytes) -> None:
    hearing = Hearing(UDP)
    (one,) = hearing.hear(around + ntlm.CHALLENGE_V2, side=1)
    assert told([one]) == [(1, "Challenge")]
    assert (one.found.start, one.packet) == (len(around), 1)
    assert told(hearing.hear(ntlm.CHALLENGE_V2)) == [(0, "Challenge")]


def test_a_datagram_is_not_continued_by_the_next() -> None:
    hearing = Hearing(UDP)
    (one,) = hearing.hear(ntlm.CHALLENGE_V2[:60])
    assert one.flags == {"truncated"}
    assert hearing.hear(ntlm.CHALLENGE_V2[60:]) == []
    assert hearing.close() == []


def test_a_datagram_may_hold_several_messages_or_none() -> None:
    hearing = Hearing(UDP)
    both = ntlm.CHALLENGE_V2 + ntlm.AUTHENTICATE_V2
    assert told(hearing.hear(both)) == [(0, "Challenge"), (0, "Authenticate")]
    assert hearing.hear(b"NTLMSSP\0" + bytes(40)) == []
    assert hearing.hear(b"") == []


# --- quiet ---


def test_a_flow_nobody_heard_of_is_not_quiet() -> None:
    hearing = Hearing()
    assert not hearing.dissector.is_quiet(hearing.flow)
    datagrams = Hearing(UDP)
    datagrams.hear(bytes(2 * REST_BYTES))
    assert not datagrams.dissector.is_quiet(datagrams.flow)


def test_a_flow_is_quiet_after_rest_bytes_without_a_message() -> None:
    hearing = Hearing()
    hearing.hear(REQUEST)
    hearing.hear(bytes(REST_BYTES - 1))
    assert not hearing.dissector.is_quiet(hearing.flow)
    hearing.hear(b"\0")
    assert hearing.dissector.is_quiet(hearing.flow)


def test_what_both_ends_say_makes_a_flow_quiet() -> None:
    hearing = Hearing()
    hearing.hear(bytes(REST_BYTES // 2))
    hearing.hear(bytes(REST_BYTES // 2 - 1), side=1)
    assert not hearing.dissector.is_quiet(hearing.flow)
    hearing.hear(b"\0", side=1)
    assert hearing.dissector.is_quiet(hearing.flow)
    hearing.hear(LAST)
    assert not hearing.dissector.is_quiet(hearing.flow)


@pytest.mark.parametrize("side", [0, 1])
def test_it_is_not_quiet_while_a_message_is_incomplete(side: int) -> None:
    hearing = Hearing()
    hearing.hear(LAST[:-1], side=1)
    hearing.hear(bytes(2 * REST_BYTES))
    assert not hearing.dissector.is_quiet(hearing.flow)
    hearing.hear(LAST[-1:], side=1)
    hearing.hear(bytes(REST_BYTES), side=side)
    assert hearing.dissector.is_quiet(hearing.flow)


def test_file_data_in_smb_is_quiet() -> None:
    """Each read reply is a message, but none of a negotiation."""
    hearing = Hearing()
    hearing.hear(REPLY, side=1)
    while not hearing.dissector.is_quiet(hearing.flow):
        assert hearing.hear(nbss(read_reply(bytes(8000))), side=1) == []
        assert hearing.packet < 12
    assert hearing.packet == 1 + -(-REST_BYTES // len(nbss(read_reply(bytes(8000)))))


# --- answers ---

WEB = b"GET / HTTP/1.1\r\nAuthorization: NTLM %s\r\n\r\n"
WEB_LAST = WEB % b64encode(ntlm.AUTHENTICATE_V2)
WEB_OK = b"HTTP/1.1 200 OK\r\n\r\n"


def answers(observations: list[Observation]) -> list[tuple[int, object]]:
    return [
        (one.side, one.found.message)
        for one in observations
        if isinstance(one.found.message, Answer)
    ]


def test_the_other_end_is_heard_after_a_logon() -> None:
    hearing = Hearing()
    assert answers(hearing.hear(WEB_OK, side=1)) == []
    assert answers(hearing.hear(WEB_LAST)) == []
    assert answers(hearing.hear(WEB_OK, side=1)) == [(1, Answer(True, "200"))]
    assert answers(hearing.hear(WEB_OK, side=1)) == []


@pytest.mark.parametrize("size", [1, 5, 1000])
def test_an_answer_is_the_same_however_it_is_cut(size: int) -> None:
    hearing = Hearing()
    given = []
    for side, said in ((0, WEB_LAST), (1, b"HTTP/1.1 401 No\r\n\r\n")):
        for start in range(0, len(said), size):
            given += hearing.hear(said[start : start + size], side=side)
    assert [one.found.carrier for one in given] == ["http", "http"]
    assert answers(given) == [(1, Answer(False, "401"))]


def test_a_gap_in_the_answer_leaves_it_untold() -> None:
    hearing = Hearing()
    hearing.hear(WEB_LAST)
    hearing.hear(b"HTTP/1.1 ", side=1)
    assert answers(hearing.hear(b"00 OK\r\n\r\n", side=1, lost=1)) == []
    assert answers(hearing.close()) == []


def test_a_flow_does_not_rest_while_an_answer_is_due() -> None:
    hearing = Hearing()
    hearing.hear(WEB_LAST)
    hearing.hear(bytes(REST_BYTES))
    assert not hearing.dissector.is_quiet(hearing.flow)
    hearing.hear(WEB_OK, side=1)
    hearing.hear(bytes(REST_BYTES), side=1)
    assert hearing.dissector.is_quiet(hearing.flow)


def test_a_flow_at_rest_holds_little() -> None:
    hearing = Hearing()
    hearing.hear(bytes(REST_BYTES))
    hearing.dissector.forget(hearing.flow)
    decoder = hearing.dissector._dialogues[hearing.flow].decoder(0, 0)
    assert len(decoder.recent) < 20
