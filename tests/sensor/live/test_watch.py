"""What is watched is what would have been read, and time goes on without packets."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from sensor import limits
from sensor.capture.live import Live
from sensor.config import Settings
from sensor.errors import NetsigError
from sensor.live.watch import How, Watch
from sensor.pipeline import run
from sensor.schema.defender import Defender
from sensor.types import Alert, Batch, Event, Idle, Stats
from tests.support.captures import Packet, pcap, read, rows
from tests.support.wire import WATCHED, replay, send

PCAPS = sorted((Path(__file__).resolve().parents[3] / "pcaps").glob("*.pcap"))
HOW = How(ring_mib=0)


def rows_of(items: list[Event | Alert]) -> list[str]:
    """Return the rows in an order of their own, for batches are cut elsewhere."""
    schema = Defender(Settings())
    rows = [(table, row) for one in items for table, row in schema.rows(one)]
    for _, row in rows:
        row.pop("ReportId", None)  # counts the rows
    return sorted(json.dumps(row, sort_keys=True) for row in rows)


@pytest.fixture
def seen(monkeypatch: pytest.MonkeyPatch) -> list[Packet]:
    """Copy what passes, with the times that the kernel gave it."""
    packets: list[Packet] = []
    batches = Live.batches

    def copied(live: Live, asked: Callable[[], bool]) -> Iterator[Batch | Idle]:
        for item in batches(live, asked):
            packets.extend(rows(item) if isinstance(item, Batch) else [])
            yield item

    monkeypatch.setattr(Live, "batches", copied)
    return packets


@pytest.mark.usefixtures("_cable")
@pytest.mark.parametrize("path", PCAPS, ids=lambda path: path.stem)
def test_what_is_watched_is_what_is_read(
    path: Path, seen: list[Packet], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What passed is written down as a file that has the interface's name."""
    stats, (sent, _) = Stats(), read(path)
    watch = Watch([WATCHED], Settings(), HOW, stats)
    replay(sent)

    rounds = watch.rounds(lambda: stats.counts["capture.packets"] >= len(sent))
    items = [item for found in rounds for item in found]

    monkeypatch.chdir(tmp_path)
    Path(WATCHED).write_bytes(pcap(seen, magic=0xA1B23C4D))
    assert [packet.data for packet in seen] == [packet.data for packet in sent]
    assert rows_of(items) == rows_of(list(run([WATCHED], Settings(), Stats())))
    assert stats.counts["capture.kernel_drops"] == 0


def soon(watch: Watch, met: Callable[[Event | Alert], bool]) -> Event | Alert:
    """Return the first thing found that is as it should be, within five seconds."""
    end = time.monotonic() + 5
    for found in watch.rounds(lambda: time.monotonic() > end):
        for item in found:
            if met(item):
                assert time.monotonic() < end, "told only at the end"
                return item
    raise AssertionError("never told")


@pytest.mark.usefixtures("_cable")
def test_what_stays_silent_ends_without_another_packet(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(limits, "NEGOTIATION_NS", 300_000_000)
    logon, _ = read(PCAPS[0].with_name("smb2-logon.pcap"))
    watch = Watch([WATCHED], Settings(), HOW, Stats())
    send(packet.data for packet in logon[:7])

    item = soon(watch, lambda one: isinstance(one, Event) and one.name == "NTLM")

    assert isinstance(item, Event)
    assert item.facts["State"] == "incomplete"


@pytest.mark.usefixtures("_cable")
def test_an_attempt_without_answer_fails_without_another_packet(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(limits, "UNANSWERED_NS", 300_000_000)
    logon, _ = read(PCAPS[0].with_name("smb2-logon.pcap"))
    watch = Watch([WATCHED], Settings(), HOW, Stats())
    send([logon[0].data])

    item = soon(watch, lambda one: isinstance(one, Event) and one.name == "failed")

    assert isinstance(item, Event)
    assert item.facts["State"] == "unanswered"


@pytest.mark.usefixtures("_cable")
def test_a_filter_decides_what_is_watched() -> None:
    stats = Stats()
    how = How(ring_mib=0, filter="tcp port 446")
    watch = Watch([WATCHED], Settings(), how, stats)
    replay(read(PCAPS[0].with_name("smb2-logon.pcap"))[0])

    assert [item for found in watch.rounds(lambda: True) for item in found] == []
    assert stats.counts == {}


@pytest.mark.usefixtures("_cable")
def test_a_wrong_filter_or_interface_is_told() -> None:
    with pytest.raises(NetsigError, match="syntax error"):
        Watch([WATCHED], Settings(), How(filter="tcp prt"), Stats())
    with pytest.raises(NetsigError, match="nosuch0"):
        Watch([WATCHED, "nosuch0"], Settings(), HOW, Stats())


@pytest.mark.usefixtures("_cable")
def test_it_says_what_it_watches_and_how_large_the_rings_are() -> None:
    watch = Watch([WATCHED], Settings(), How(ring_mib=40), Stats())

    assert str(watch) == f"{WATCHED} (ring of 40 MiB)"
