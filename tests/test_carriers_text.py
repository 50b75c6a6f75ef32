"""Telnet in real captures: what the server tells its user, and impacket's reading."""

from __future__ import annotations

import pytest
from impacket.ntlm import NTLMAuthChallengeResponse

from sensor.types import Event
from tests.support import tshark
from tests.support.corpus import Capture, captures, needs_corpus
from tests.support.events import events_of

pytestmark = needs_corpus
TELNET = [one for one in captures() if one.name.endswith("telnet-raw2.pcap")]
REFUSED = 'telnet.data contains "could not log you in using NTLM"'
RESPONSE = b"NTLMSSP\0\x03"


def named(capture: Capture, name: str) -> list[Event]:
    return [one for one in events_of(capture.path) if one.name == name]


@pytest.mark.parametrize("capture", TELNET, ids=lambda one: one.name[-16:])
def test_a_logon_ends_as_the_server_tells_its_user(capture: Capture) -> None:
    (exchange,) = named(capture, "NTLM")
    told = {name: exchange.facts[name] for name in ("Carrier", "State", "Status")}
    assert told == {"Carrier": "telnet", "State": "failed", "Status": "REJECT"}
    (answered,) = tshark.fields(capture.path, ("frame.number",), REFUSED)
    assert [str(exchange.packet)] == answered[0]


@pytest.mark.parametrize("capture", TELNET, ids=lambda one: one.name[-16:])
def test_a_message_with_a_doubled_byte_is_read_as_impacket_reads_it(
    capture: Capture,
) -> None:
    sent = tshark.fields(capture.path, ("tcp.payload",), "tcp.dstport == 23")
    stream = b"".join(bytes.fromhex(payload[0]) for (payload,) in sent if payload)
    wire = stream[stream.index(RESPONSE) :].partition(b"\xff\xf0")[0]
    assert b"\xff\xff" in wire
    message = NTLMAuthChallengeResponse()
    message.fromString(wire.replace(b"\xff\xff", b"\xff"))

    (seen,) = named(capture, "NTLM-Authenticate")
    for fact, name in (
        ("User", "user_name"),
        ("Domain", "domain_name"),
        ("Workstation", "host_name"),
    ):
        assert seen.facts[fact] == message[name].decode("utf-16-le")
    assert seen.facts["NtlmVersion"] == "NTLMv2"


def test_the_capture_is_there() -> None:
    assert len(TELNET) == 1
