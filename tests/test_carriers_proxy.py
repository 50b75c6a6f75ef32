"""SMB through proxies: the target that was asked for is told, and judged."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import pytest

from sensor.config import Settings
from sensor.pipeline import run
from sensor.types import Alert, Event, Stats
from tests.support import captures, ntlm, smb, tshark
from tests.support.conversations import Conversation, End

CLIENT: End = ("10.20.0.5", 50000)
PROXY: End = ("10.20.0.9", 1080)
OUTSIDE = b"\x05\x01\x00\x01\x5d\xb8\xd8\x22\x01\xbd"  # 93.184.216.34
INSIDE = b"\x05\x01\x00\x01\x0a\x14\x00\x07\x01\xbd"  # 10.20.0.7
GRANTED = b"\x05\0\0\x01\0\0\0\0\0\0"
LOGON = [
    (0, smb.session_setup(ntlm.NEGOTIATE)),
    (1, smb.session_setup_reply(ntlm.CHALLENGE_V2)),
    (0, smb.session_setup(ntlm.AUTHENTICATE_V2)),
    (1, smb.session_setup_reply(b"", status=0)),
]


def through_socks(request: bytes, server: End = PROXY) -> Conversation:
    talk = Conversation(client=CLIENT, server=server).handshake()
    return logon(talk.say(0, b"\5\1\0").say(1, b"\5\0").say(0, request).say(1, GRANTED))


def logon(talk: Conversation) -> Conversation:
    for side, message in LOGON:
        talk.say(side, smb.nbss(message))
    return talk


def read(tmp_path: Path, talk: Conversation) -> list[Event | Alert]:
    packets = [
        captures.Packet(one.ts_ns, one.frame, one.wire_len, number=n)
        for n, one in enumerate(talk.packets, 1)
    ]
    path = tmp_path / "capture.pcap"
    path.write_bytes(captures.pcap(packets))
    return list(run([str(path)], Settings(), Stats()))


def targets(items: Iterable[Event | Alert]) -> set[object]:
    return {
        item.facts.get("ProxyTarget")
        for item in items
        if isinstance(item, Event) and item.kind != "connection"
    }


def alerts(items: Iterable[Event | Alert]) -> list[tuple[str, tuple[str, ...]]]:
    return [(item.rule, item.reasons) for item in items if isinstance(item, Alert)]


def test_all_events_of_both_ends_name_the_target(tmp_path: Path) -> None:
    items = read(tmp_path, through_socks(INSIDE))
    assert targets(items) == {"10.20.0.7:445"}
    assert alerts(items) == []


def test_wireshark_reads_the_same_target(tmp_path: Path) -> None:
    items = read(tmp_path, through_socks(INSIDE))
    asked = tshark.fields(
        tmp_path / "capture.pcap", ("socks.dst", "socks.port"), "tcp.len == 10"
    )
    request, _reply = (f"{ip}:{port}" for ((ip,), (port,)) in asked)
    assert targets(items) == {request}


def test_a_public_target_is_reached_though_the_proxy_is_not_public(
    tmp_path: Path,
) -> None:
    items = read(tmp_path, through_socks(OUTSIDE))
    by_rule = dict(alerts(items))

    assert set(by_rule) == {"smb-to-public", "credentials-to-public"}
    public = "93.184.216.34 is a public address and none of the local networks."
    asked = "The proxy 10.20.0.9 was asked for 93.184.216.34:445."
    assert by_rule["smb-to-public"][:3] == (public, asked, "It answered with SMB2.")
    assert by_rule["credentials-to-public"][1:3] == (public, asked)


def test_a_public_proxy_is_public_whatever_it_is_asked_for(tmp_path: Path) -> None:
    items = read(tmp_path, through_socks(INSIDE, ("93.184.216.99", 1080)))

    assert {rule for rule, _ in alerts(items)} == {
        "smb-to-public",
        "credentials-to-public",
    }
    assert all("asked for" not in " ".join(reasons) for _, reasons in alerts(items))


def test_a_name_is_told_and_not_judged(tmp_path: Path) -> None:
    by_name = b"\x05\x01\x00\x03\x0ffs.example.test\x01\xbd"
    items = read(tmp_path, through_socks(by_name))

    assert targets(items) == {"fs.example.test:445"}
    assert alerts(items) == []


@pytest.mark.parametrize("size", [1, 5, 1460])
def test_a_request_to_a_web_proxy_counts_as_well(size: int, tmp_path: Path) -> None:
    talk = Conversation(client=CLIENT, server=("10.20.0.9", 3128)).handshake()
    request = b"CONNECT 93.184.216.34:445 HTTP/1.1\r\nHost: x\r\n\r\n"
    talk.say(0, request, size).say(1, b"HTTP/1.1 200 Connection established\r\n\r\n")
    items = read(tmp_path, logon(talk))

    assert targets(items) == {"93.184.216.34:445"}
    assert len(alerts(items)) == 2


def test_without_a_request_there_is_no_target(tmp_path: Path) -> None:
    talk = Conversation(client=CLIENT, server=PROXY).handshake()
    assert targets(read(tmp_path, logon(talk))) == {None}
