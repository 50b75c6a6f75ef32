"""Time goes on without packets: what fell silent is told though nothing more comes."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

from sensor.config import Settings
from sensor.limits import NEGOTIATION_NS, SWEEP_NS, UNANSWERED_NS
from sensor.pipeline import watch
from sensor.types import Alert, Batch, Event, Idle, Stats
from tests.support import ntlm, smb
from tests.support.batches import batch_of
from tests.support.conversations import Conversation, Sent

Line = tuple[str, str]


def logon() -> list[Sent]:
    """Seven packets: handshake, two session setups and their replies."""
    talk = Conversation().handshake()
    talk.say(0, smb.nbss(smb.session_setup(ntlm.NEGOTIATE)))
    talk.say(1, smb.nbss(smb.session_setup_reply(ntlm.CHALLENGE_V2)))
    talk.say(0, smb.nbss(smb.session_setup(ntlm.AUTHENTICATE_V2)))
    talk.say(1, smb.nbss(smb.session_setup_reply(b"", status=0)))
    return talk.packets


def batch(packets: Sequence[Sent]) -> Batch:
    frames = [packet.frame for packet in packets]
    return batch_of(frames, ts=[packet.ts_ns for packet in packets])


def told(*source: Batch | Idle) -> Iterator[list[Line]]:
    """Name and state of what each item of *source* brings about, and their end."""
    for found in watch(iter(source), Settings(), Stats()):
        yield [_line(item) for item in found]


def _line(item: Event | Alert) -> Line:
    assert isinstance(item, Event)
    return item.name, str(item.facts.get("State", ""))


def test_an_attempt_fails() -> None:
    syn = batch(logon()[:1])
    at = int(syn.ts_ns[0])
    soon, late = Idle(at + UNANSWERED_NS - 1), Idle(at + UNANSWERED_NS + SWEEP_NS)

    assert list(told(syn, soon, late)) == [
        [("attempt", "")],
        [],
        [("failed", "unanswered")],
        [],
    ]


def test_a_negotiation_ends() -> None:
    begun = batch(logon()[:6])
    at = int(begun.ts_ns[-1]) + NEGOTIATION_NS

    first, *rest = told(begun, Idle(at), Idle(at + 1))

    assert first[-1] == ("NTLM-Authenticate", "authenticate")
    assert rest == [[], [("NTLM", "incomplete")], []]


def test_where_the_clock_is_set_back_all_begins_anew() -> None:
    """A negotiation under way is told as it stands; one after it is as ever."""
    begun, whole = logon()[:6], logon()
    hour = 3_600_000_000_000
    later = replace(batch(begun), ts_ns=batch(begun).ts_ns + hour)
    stats = Stats()
    source = iter([later, batch(whole[:6]), batch(whole[6:]), Idle(0)])

    first, ended, _, last, again, *_ = (
        [_line(item) for item in found] for found in watch(source, Settings(), stats)
    )

    assert first[-1] == ("NTLM-Authenticate", "authenticate")
    assert ended == [("NTLM", "incomplete")]
    assert last[-1] == ("NTLM", "success")
    assert again == []
    assert stats.counts["live.clock_set_back"] == 2, "the second time by Idle"


def test_time_that_was_reached_already_changes_nothing() -> None:
    whole = batch(logon())
    at = int(whole.ts_ns[-1])
    first, *rest = told(whole, Idle(at - 1), Idle(at))

    assert first[-1] == ("NTLM", "success")
    assert rest == [[], [], []]
