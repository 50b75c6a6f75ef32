"""Several workers tell what one tells, whoever of them saw it."""

from __future__ import annotations

import json
import os
import signal
import threading
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from sensor.capture.live import PULSE_NS
from sensor.config import Settings
from sensor.errors import NetsigError
from sensor.live.watch import How, Watch
from sensor.live.workers import rounds
from sensor.pipeline import Finder
from sensor.schema.defender import Defender
from sensor.types import Alert, Event, Idle, Stats
from tests.support.batches import batch_of
from tests.support.captures import Packet, read
from tests.support.wire import WATCHED, replay, send

PCAPS = sorted((Path(__file__).resolve().parents[3] / "pcaps").glob("*.pcap"))
NETWORK_LAYER = 14


def pairs_in(path: Path) -> int:
    """Count the pairs of IPv4 addresses that talk in a capture."""
    heads = [packet.data[NETWORK_LAYER:] for packet in read(path)[0]]
    return len({frozenset([head[12:16], head[16:20]]) for head in heads})


SHARED = [path for path in PCAPS if pairs_in(path) > 1]
"Captures of which two workers may each get a part."
NUMBERS = {"Packet", "ReportId"}
"Each worker counts the packets that it sees."


def rows_of(items: list[Event | Alert]) -> list[str]:
    """Return the rows in an order of their own, for it depends on who was faster."""
    schema = Defender(Settings())
    rows = [(table, row) for one in items for table, row in schema.rows(one)]
    return sorted(json.dumps(without_numbers(row), sort_keys=True) for row in rows)


def without_numbers(value: Any) -> Any:
    if isinstance(value, str) and value.startswith(("{", "[")):
        value = json.loads(value)
    if isinstance(value, dict):
        return {k: without_numbers(v) for k, v in value.items() if k not in NUMBERS}
    many = isinstance(value, list | tuple)
    return [without_numbers(one) for one in value] if many else value


def told(watch: Watch, packets: int) -> list[Event | Alert]:
    """Give all that is found in so many packets."""
    counts = watch.stats.counts
    watch.begin()
    enough = watch.rounds(lambda: counts["capture.packets"] >= packets)
    return [item for found in enough for item in found]


@pytest.mark.usefixtures("_cable")
@pytest.mark.parametrize("path", SHARED, ids=lambda path: path.stem)
def test_two_workers_tell_what_one_tells(path: Path) -> None:
    """All at once, so that the kernel's times are the same."""
    packets: list[Packet] = read(path)[0]
    one, two = (
        Watch([WATCHED], Settings(), How(ring_mib=0, workers=workers), Stats())
        for workers in (1, 2)
    )
    replay(packets)

    expected, items = told(one, len(packets)), told(two, len(packets))

    assert rows_of(items) == rows_of(expected)
    assert two.stats.counts == one.stats.counts


@pytest.mark.usefixtures("_cable")
def test_sent_is_what_all_read_and_lost() -> None:
    stats = Stats()
    watch = Watch([WATCHED], Settings(), How(ring_mib=0, workers=3), stats)
    frames = [packet.data for path in PCAPS for packet in read(path)[0]]
    sent = sum(send(one.ljust(9000, b"\0") for one in frames) for _ in range(20))

    watch.begin()
    list(watch.rounds(lambda: True))

    read_, dropped, left = (
        stats.counts[f"capture.{name}"]
        for name in ("packets", "kernel_drops", "unread_packets")
    )
    assert read_ + dropped + left == sent
    assert dropped > 0


@pytest.mark.usefixtures("_cable")
def test_a_worker_that_ends_by_itself_ends_all_and_what_was_found_is_told() -> None:
    packets = read(PCAPS[0].with_name("smb2-logon.pcap"))[0]
    stats = Stats()
    watch = Watch([WATCHED], Settings(), How(ring_mib=0, workers=2), stats)
    replay(packets[:7])
    found: list[Event | Alert] = []
    watch.begin()

    def kill_one_and_go_on() -> None:
        for items in watch.rounds(lambda: False):
            found.extend(items)
            if stats.counts["capture.packets"] == 7:
                os.kill(children()[0], signal.SIGKILL)

    with pytest.raises(NetsigError, match="a worker ended by itself"):
        kill_one_and_go_on()

    assert [item.name for item in found if isinstance(item, Event)][-1] == "NTLM"


def children() -> list[int]:
    me = Path(f"/proc/self/task/{threading.get_native_id()}/children")
    return [int(pid) for pid in me.read_text().split()]


def test_a_round_is_made_of_what_was_found_or_when_time_is_up() -> None:
    frames = [packet.data for packet in read(PCAPS[0].with_name("noise.pcap"))[0]]
    times = [0, 1, PULSE_NS // 2, PULSE_NS - 1, PULSE_NS, PULSE_NS + 1]
    batches = [batch_of(frames[:1], ts=[at + PULSE_NS]) for at in times]
    stats = Stats()

    made = list(rounds(iter([*batches, Idle(3 * PULSE_NS)]), Finder(stats), stats))

    until = [one.until_ns // PULSE_NS for one in made]
    assert until == [1, 2, 3, 3]
    assert [one.is_last for one in made] == [False, False, False, True]
    assert all(isinstance(one.counts, Counter) for one in made)
