"""SMB Direct through the whole sensor; Wireshark is the other witness."""

from __future__ import annotations

from pathlib import Path

import pytest

from sensor.config import Settings
from sensor.pipeline import run
from sensor.types import Alert, Event, Stats
from tests.support import captures, corpus, ntlm, smb, smbdirect, tshark
from tests.support.conversations import Conversation, End

CLIENT: End = ("10.20.0.5", 50000)
SERVER: End = ("93.184.216.34", 5445)
SAID = (
    (0, smb.session_setup(ntlm.NEGOTIATE)),
    (1, smb.session_setup_reply(ntlm.CHALLENGE_V2)),
    (0, smb.session_setup(ntlm.AUTHENTICATE_V2)),
    (1, smb.session_setup_reply(b"", status=0)),
)


def logon(size: int) -> Conversation:
    """A logon whose transfers hold *size* bytes of a message each."""
    talk = Conversation(client=CLIENT, server=SERVER).handshake()
    talk.say(0, smbdirect.connect(smbdirect.REQUEST))
    talk.say(1, smbdirect.connect(smbdirect.REPLY))
    numbers = [0, 0]
    for side, message in SAID:
        for part in smbdirect.transfers(message, size):
            numbers[side] += 1
            one = smbdirect.segment(part, numbers[side])
            talk.say(side, smbdirect.stream([one]))
    return talk


def saved(tmp_path: Path, talk: Conversation) -> Path:
    packets = [
        captures.Packet(one.ts_ns, one.frame, one.wire_len, number=n)
        for n, one in enumerate(talk.packets, 1)
    ]
    path = tmp_path / "capture.pcap"
    path.write_bytes(captures.pcap(packets))
    return path


def read(path: Path) -> list[Event | Alert]:
    return list(run([str(path)], Settings(), Stats()))


@pytest.mark.parametrize("size", [4000, 200])
def test_a_logon_is_followed_to_its_outcome(size: int, tmp_path: Path) -> None:
    items = read(saved(tmp_path, logon(size)))
    told = [
        (one.name, one.facts["State"], one.facts["Carrier"])
        for one in items
        if isinstance(one, Event) and one.kind != "connection"
    ]
    assert [row for row in told if row[0] != "NTLM-Challenge"][-1] == (
        "NTLM",
        "success",
        "smbdirect",
    )
    assert [row[0] for row in told].count("SMB2") == 4
    rules = {one.rule for one in items if isinstance(one, Alert)}
    assert rules == {"smb-to-public", "credentials-to-public"}


def test_wireshark_finds_as_many_messages(tmp_path: Path) -> None:
    """It reassembles them by [MS-SMBD] too, and tells the lengths of their data."""
    path = saved(tmp_path, logon(4000))
    lengths = tshark.fields(path, ("smb_direct.data_length",), "smb_direct.data_length")
    assert [int(one) for ((one,),) in lengths] == [len(said) for _, said in SAID]
    found = tshark.fields(path, ("smb2.cmd",), "smb2")
    events = [one for one in read(path) if isinstance(one, Event)]
    assert len(found) == sum(one.name == "SMB2" for one in events) == 4


IWARP = [one for one in corpus.captures() if "iwarp" in one.name]


@corpus.needs_corpus
@pytest.mark.parametrize("capture", IWARP, ids=lambda one: one.name)
def test_iwarp_without_smb_is_not_told(capture: corpus.Capture) -> None:
    assert tshark.fields(capture.path, ("smb2.cmd",), "smb2") == []
    assert read(capture.path) == []
