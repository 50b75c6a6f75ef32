"""Each thing that may be wrong is told of a feed where it is, and of no other."""

from __future__ import annotations

import time
from collections.abc import Sequence

import pytest

from sensor.doctor.checks import CHECKS, NOTE, PROBLEM, judge
from sensor.doctor.facts import Facts
from sensor.types import Damage
from tests.support.corpus import captures, needs_corpus
from tests.support.feeds import (
    MS,
    PCAPS,
    Packet,
    cut,
    duplicated,
    facts_of,
    feed,
    findings,
    later,
    one_sided,
    titles,
    without,
    wrapped,
)
from tests.support.tshark import fields

WELL = feed()
LONG = feed("broken-off")
YEAR_NS = 365 * 86_400 * 1000 * MS


def stepped(packets: Sequence[Packet]) -> list[Packet]:
    half = len(packets) // 2
    return [*packets[:half], *later(packets[half:], -3600 * 1000 * MS)]


FAULTS = [
    ("whole", WELL, []),
    ("long", LONG, []),
    ("one side", one_sided(WELL), ["Only one direction"]),
    ("duplicated", duplicated(WELL), ["Packets come more than once"]),
    ("sent again by TCP", duplicated(WELL, 200 * MS), []),
    ("snaplen 96", cut(WELL, 96), ["Packets are cut"]),
    ("other traffic", feed("noise"), ["No SMB or NTLM in view"]),
    ("only tried", feed("leak-to-public")[:3], ["SMB, but no negotiation"]),
    ("1970", later(WELL, -WELL[0].ts_ns), ["The clock is not set"]),
    ("in the future", later(WELL, 100 * YEAR_NS), ["The clock is ahead"]),
    ("stepped", stepped(WELL), ["Time goes back"]),
    ("disordered", [WELL[1], WELL[0], *WELL[2:]], []),
    ("in a tunnel", wrapped(WELL, 1), []),
    ("in two", wrapped(WELL, 2), ["Tunnels within tunnels"]),
    ("lossy", without(LONG, lambda at: at % 9 == 5), ["Packets are missing"]),
    ("nothing", [], ["No packets"]),
]


@pytest.mark.parametrize(
    ("packets", "expected"),
    [pytest.param(*rest, id=name) for name, *rest in FAULTS],
)
def test_a_feed_is_told_what_is_wrong_with_it(
    packets: list[Packet], expected: list[str]
) -> None:
    found = findings(packets)

    assert [finding.title for finding in found] == expected
    for finding in found:
        assert finding.level in (PROBLEM, NOTE)
        assert finding.what
        assert finding.fix


def test_frames_that_no_wire_carries() -> None:
    frame = WELL[-1].frame + bytes(20_000)
    packets = [*WELL, Packet(WELL[-1].ts_ns, frame, len(frame))]

    [finding] = findings(packets)
    assert finding.title == "Frames larger than any wire carries"
    assert f"1 frame, the largest of {len(frame):,} bytes" in finding.what
    assert "gro off" in finding.fix


def test_deeper_than_is_read() -> None:
    [problem, *_] = findings(wrapped(WELL, 9))
    found = {finding.title: finding for finding in findings(wrapped(WELL, 9))}

    assert problem.level == PROBLEM
    assert found["Tunnels within tunnels"].level == PROBLEM
    assert "14 packets went deeper than is read" in found["Tunnels within tunnels"].what


def test_a_link_layer_that_is_not_known() -> None:
    [*_, finding] = [f for f in findings(WELL, 253) if "read" in f.title]

    assert finding.title == "Packets that cannot be read"
    assert "14 of 14 packets" in finding.what


def test_notes_of_network_monitor_are_no_packets() -> None:
    facts = facts_of(WELL)
    facts.counts["columns.linktype.netmon_event"] = 1000

    assert judge(facts)[0] == []


def test_several_things_at_once_problems_first() -> None:
    packets = cut(duplicated(one_sided(WELL)), 96)

    assert titles(packets) == [
        "Only one direction",
        "Packets are cut",
        "Packets come more than once",
    ]


def test_a_few_last_words_are_no_missing_direction() -> None:
    """A connection that ended when one began to look: its last acknowledgments."""
    other = feed("anonymous")
    last = one_sided(other)[-3:]
    last = later(last, LONG[-1].ts_ns - last[0].ts_ns)

    assert facts_of([*LONG, *last]).sides.one_sided == 1
    assert titles([*LONG, *last]) == []


def test_numbers_are_those_of_the_feed() -> None:
    [finding] = findings(cut(WELL, 96))
    longer = sum(len(packet.frame) > 96 for packet in WELL)
    assert f"Of {longer} of {len(WELL)} packets" in finding.what
    assert "at most 96 bytes" in finding.what

    [finding] = findings(stepped(WELL))
    assert "By 60 minutes at packet 8 of test.pcap" in finding.what
    assert findings(one_sided(WELL))[0].what.startswith("1 of 1 TCP connection show")


def test_damage_and_kernel_drops_are_told() -> None:
    facts = Facts(damaged=[Damage("tcp://a:1", 0, "Connection refused", usable=False)])
    [finding] = judge(facts)[0]
    assert (finding.title, finding.what) == (
        "Nothing can be read",
        "tcp://a:1: Connection refused.",
    )
    facts = facts_of(WELL)
    facts.damaged = [Damage("a.pcap", 24, "record cut", usable=True)]
    [finding] = judge(facts)[0]
    assert (finding.title, finding.what) == (
        "Damaged capture",
        "a.pcap: offset 24: record cut. What lies before that was read.",
    )
    facts = facts_of(WELL)
    facts.counts["capture.kernel_drops"] = 12
    [finding] = judge(facts)[0]
    assert finding.what.startswith("12 packets did not fit")


def test_what_is_live_may_not_lie_behind() -> None:
    facts = facts_of(WELL)
    facts.is_live = True

    facts.now_ns = facts.last_ns + 3600 * 1000 * MS
    [finding] = judge(facts)[0]
    assert finding.title == "The clock is behind"
    assert finding.what.endswith(": 60 minutes ago.")
    facts.now_ns = facts.last_ns + 50_000 * MS
    assert judge(facts)[0] == []


def test_what_is_in_order_is_named() -> None:
    found, fine = judge(facts_of(cut(WELL, 96)))

    assert len(found) == 1
    assert [c.name for c in CHECKS if c.name not in fine] == ["whole packets"]


def test_the_clock_looked_by_is_this_one() -> None:
    assert abs(facts_of(WELL).now_ns - time.time_ns()) < 60_000 * MS


@pytest.mark.parametrize("name", sorted(path.stem for path in PCAPS.glob("*.pcap")))
def test_bundled_captures_are_in_order(name: str) -> None:
    """They are whole and two-sided; some hold little that is SMB."""
    allowed = {"No SMB or NTLM in view", "SMB, but no negotiation"}

    assert set(titles(feed(name))) <= allowed


@needs_corpus
def test_where_packets_are_said_to_be_missing_wireshark_says_so_too() -> None:
    from sensor.capture import open_captures
    from sensor.config import Settings
    from sensor.doctor.look import look
    from sensor.types import Stats

    seen = 0
    for capture in captures():
        stats = Stats()
        facts = look(open_captures([str(capture.path)], stats), stats, Settings())
        if "Packets are missing" in {finding.title for finding in judge(facts)[0]}:
            shown = "tcp.analysis.lost_segment || tcp.analysis.ack_lost_segment"
            assert fields(capture.path, ("frame.number",), shown), capture.name
            seen += 1
    assert seen > 5
