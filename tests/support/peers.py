"""Real peers: there, or left out knowingly; and what is seen of a recorded one."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterable
from pathlib import Path

import pytest

from sensor.fixtures.expected import defender
from sensor.fixtures.record import recorder
from sensor.fixtures.record.peer import Peer
from sensor.fixtures.record.truth import told
from tests.support.events import events_of
from tests.support.rows import given, holds
from tests.support.tshark import fields, ntlm_messages

TOOLS = "ip", "ss", "tcpdump", "curl", "smbclient", "saslpasswd2", "tsql"
LATE = {"imaplib": "what ends a line of base64 comes in a packet of its own"}
"Pairs whose messages are told at a later packet than that of their bytes."
SERVERS = "smbd", "slapd", "dovecot", "prosody"


def need_peers() -> None:
    """Fail where a program is missing or we are not root, unless that is known."""
    if os.environ.get("NETSIG_WITHOUT_PEERS"):
        pytest.skip("NETSIG_WITHOUT_PEERS is set")
    missing = [name for name in (*TOOLS, *SERVERS) if shutil.which(name) is None]
    if missing or os.geteuid():
        pytest.fail(f"recording needs root and {missing}, or NETSIG_WITHOUT_PEERS=1")


def record(peer: Peer, path: Path) -> Path:
    """Record *peer* into *path*."""
    need_peers()
    path.write_bytes(recorder.play(peer))
    return path


def hold_to_what_was_asked(
    peer: Peer,
    path: Path,
    but: Iterable[str] = (),
    witnessed: Iterable[int] = (1, 2, 3),
) -> set[str]:
    """Record *peer*: one logon must be seen, as it was asked *but* for some facts.

    *witnessed* are the messages that Wireshark sees. Return the signatures seen.
    """
    capture = record(peer, path)

    events = events_of(capture)
    exchanges = [one for one in events if one.kind == "ntlm-exchange"]
    (facts,) = (one.facts for one in exchanges)
    wanted = {**peer.asked.facts, "State": peer.asked.state}
    wanted = {key: value for key, value in wanted.items() if value and key not in but}
    assert {key: facts.get(key) for key in wanted} == wanted
    assert [message.type for message in ntlm_messages(capture)] == [*witnessed]
    hold_to_the_truth(peer, capture)
    return {one.name for one in events if one.kind == "signature"}


def hold_to_the_truth(peer: Peer, capture: Path) -> None:
    """See that netsig says what the truth expects, and Wireshark where it says so."""
    recording = told(peer, capture.read_bytes(), {})
    rows = given(capture)
    missing = []
    for table, wanted in defender.rows(recording):
        if peer.name in LATE and "Netsig" in wanted.get("AdditionalFields", {}):
            wanted.pop("Timestamp", None)
            wanted["AdditionalFields"]["Netsig"].pop("Packet", None)
        fits = [one for one in rows if one[0] == table and holds(one[1], wanted)]
        rows.remove(fits[0]) if fits else missing.append(wanted)
    assert (missing, rows) == ([], [])

    ntlm = [one for one in recording.messages if one.name.startswith("NTLM")]
    places = [recording.frames_of(recording.packets_of(one)[-1]) for one in ntlm]
    seen = fields(capture, ("frame.number",), "ntlmssp.messagetype")
    told_by_it = [[int(number)] for ((number,),) in seen]
    assert [place for place in places if place in told_by_it] == told_by_it


def http_statuses(capture: Path) -> list[int]:
    """List the statuses of HTTP replies, as Wireshark reads them."""
    codes = fields(capture, ("http.response.code",), "http.response")
    return [int(code) for ((code,),) in codes]
