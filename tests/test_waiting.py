"""What waits is told in the end, and does not wait for ever or without bound."""

from __future__ import annotations

from pathlib import Path

import pytest

from sensor import limits
from sensor.streams import Streams
from sensor.types import Stats
from tests.support import ntlm, transforms
from tests.support.conversations import ELSEWHERE, MS, Conversation, segments_of
from tests.support.events import events_of
from tests.support.following import chunks, feed


def test_a_flow_recognised_by_its_last_words_tells_how_it_came_about(
    tmp_path: Path,
) -> None:
    talk = Conversation(server=ELSEWHERE).handshake()
    talk.say(1, ntlm.CHALLENGE_V2[:-6]).fin(0).fin(1)
    path = transforms.write(
        tmp_path / "late.pcap", [(one.ts_ns, one.frame) for one in talk.packets]
    )

    names = [event.name for event in events_of(path) if event.kind == "connection"]

    assert names == ["attempt", "acknowledged", "success"]


@pytest.mark.parametrize(("cap", "given"), [(2000, [b"y" * 900] * 3), (3000, [])])
def test_all_flows_together_hold_no_more_than_the_cap(
    cap: int, given: list[bytes], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(limits, "WAITING_BYTES", cap)
    monkeypatch.setattr(limits, "REORDER_NS", 10**12)
    monkeypatch.setattr(limits, "SWEEP_NS", MS)
    stats = Stats()
    talks = [
        Conversation((f"192.0.2.{n}", 5000))
        .handshake()
        .lose(0, b"x")
        .say(0, b"y" * 900)
        for n in range(1, 4)
    ]
    packets = [packet for talk in talks for packet in talk.packets]

    items = feed(Streams(stats), segments_of(packets))

    assert [chunk.data for chunk in chunks(items)] == given
    assert stats.counts["streams.waits_cut_short"] == (1 if given else 0)
