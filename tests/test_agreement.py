"""What Wireshark's dissector finds in real captures, we find, and say why if more."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable

import pytest

from sensor.capture.formats import FOREIGN
from tests.support import corpus
from tests.support.events import events_of, ntlm_of
from tests.support.tshark import Ntlm, ntlm_messages

pytestmark = corpus.needs_corpus

CAPTURES = corpus.captures()
NEGATIVES = [one for one in CAPTURES if one.facts["kind"] == "negative"]

BEYOND = {
    "telnet-raw2.pcap": (
        Counter({1: 1, 2: 1, 3: 1}),
        "NTLM in Telnet's AUTHENTICATION option, which tshark does not look into",
    ),
    "TNS_Oracle1.pcap": (
        Counter({1: 2, 2: 2, 3: 2}),
        "NTLM in Oracle's native service, which tshark does not look into",
    ),
    "TNS_Oracle3.pcap": (
        Counter({1: 1, 2: 1, 3: 1}),
        "NTLM in Oracle's native service, which tshark does not look into",
    ),
    "PktMon.cap": (
        Counter({1: 1, 2: 1, 3: 1}),
        "packets in the events of pktmon, which tshark does not look into",
    ),
    "NTLM_cifs_SessionSetupAndX_NTLM_Plain.pcap": (
        Counter({2: 1}),
        "an SMB1 session setup reply whose blob tshark leaves undissected",
    ),
}
"Messages by type that we find beyond tshark's, by the end of the file's name."


def _is_read(capture: corpus.Capture) -> bool:
    head = capture.path.read_bytes()[:8]
    return not any(head.startswith(magic) for _, magic in FOREIGN)


def _pair_off(theirs: list[Ntlm], ours: list[Ntlm]) -> tuple[list[Ntlm], list[Ntlm]]:
    """Cross out what agrees; return what is left of both."""
    left, missed = list(ours), []
    for message in sorted(theirs, key=lambda one: one.count(None)):
        match = next((mine for mine in left if message.agrees(mine)), None)
        if match is None:
            missed.append(message)
        else:
            left.remove(match)
    return missed, left


def _justified(capture: corpus.Capture) -> Counter[int]:
    for ending, (counts, _reason) in BEYOND.items():
        if capture.name.endswith(ending):
            return counts
    return Counter()


@pytest.mark.parametrize(
    "capture", [one for one in CAPTURES if _is_read(one)], ids=lambda one: one.name
)
def test_every_ntlm_message_is_reported_once_and_no_other(
    capture: corpus.Capture, record_property: Callable[[str, object], None]
) -> None:
    theirs = ntlm_messages(capture.path)
    ours = ntlm_of(events_of(capture.path))
    if theirs or ours:
        record_property("agreement", (capture.name, len(theirs), len(ours)))

    missed, beyond = _pair_off(theirs, ours)

    assert missed == []
    assert Counter(message.type for message in beyond) == _justified(capture)


@pytest.mark.parametrize("capture", NEGATIVES, ids=lambda one: one.name)
def test_negatives_give_no_event(capture: corpus.Capture) -> None:
    kinds = Counter(event.kind for event in events_of(capture.path))

    assert kinds["signature"] == kinds["ntlm-exchange"] == 0


def test_a_missing_and_a_wrong_message_are_told_apart() -> None:
    type3 = Ntlm(3, "alice", "LAB", "PC", None)
    other = Ntlm(3, "bob", "LAB", "PC", None)

    assert _pair_off([type3], [other]) == ([type3], [other])
    assert _pair_off([type3, type3], [type3]) == ([type3], [])
    assert _pair_off([Ntlm(3, None, "LAB")], [type3]) == ([], [])
