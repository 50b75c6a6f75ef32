"""Whatever is found can be sent to another process, and is the same there."""

from __future__ import annotations

from collections import Counter
from dataclasses import asdict, replace
from itertools import pairwise
from pathlib import Path

import pytest

from sensor.capture import open_captures
from sensor.live.findings import Receiver, Round, Sender
from sensor.pipeline import Finder, Finding
from sensor.types import TCP, Closed, Connection, Endpoint, Flow, Stats

PCAPS = sorted((Path(__file__).resolve().parents[3] / "pcaps").glob("*.pcap"))
ENDS = Endpoint("10.0.0.1", 49152), Endpoint("10.0.0.2", 445)


def a_flow() -> Flow:
    return Flow(7, TCP, ENDS, "eth0", "1:abc=")


def step(flow: Flow) -> Connection:
    return Connection(flow, "attempt", 1, 1, "eth0")


def a_round(*findings: Finding) -> Round:
    return Round(list(findings), 5, Counter({"capture.packets": 3}), 4)


def found_in(path: Path) -> list[Finding]:
    finder = Finder(Stats())
    batches = open_captures([str(path)], Stats(), batch_bytes=1 << 10)
    found = [finding for batch in batches for finding in finder.take(batch)]
    return found + finder.finish()


def plain(finding: Finding) -> tuple[object, object]:
    """Return what a finding says; flows are equal only where they are the same."""
    flow = finding.flow
    return asdict(flow), replace(finding, flow=None)  # type: ignore[arg-type]


@pytest.mark.parametrize("path", PCAPS, ids=lambda path: path.stem)
def test_every_finding_arrives_as_it_was(path: Path) -> None:
    findings = found_in(path)

    one = Receiver().load(Sender().dump(a_round(*findings)))

    assert [plain(got) for got in one.findings] == [plain(one) for one in findings]
    assert (one.until_ns, one.counts, one.is_last) == (5, {"capture.packets": 3}, False)


@pytest.mark.parametrize("path", PCAPS, ids=lambda path: path.stem)
def test_a_flow_stays_one_flow_and_others_are_others(path: Path) -> None:
    """Sent one by one; whether two neighbours share a flow is the same there."""
    findings, sender, receiver = found_in(path), Sender(), Receiver()

    arrived = [
        one
        for finding in findings
        for one in receiver.load(sender.dump(a_round(finding))).findings
    ]

    shared = [a.flow is b.flow for a, b in pairwise(findings)]
    assert [a.flow is b.flow for a, b in pairwise(arrived)] == shared


def test_what_is_learnt_of_a_flow_later_arrives_too() -> None:
    sender, receiver, flow = Sender(), Receiver(), a_flow()
    (first,) = receiver.load(sender.dump(a_round(step(flow)))).findings
    flow.client, flow.client_by = 1, "handshake"
    flow.flags.add("gap")
    (second,) = receiver.load(sender.dump(a_round(step(flow)))).findings

    there = first.flow
    assert second.flow is there
    assert (there.client, there.client_by, there.flags) == (1, "handshake", {"gap"})


def test_what_the_judge_made_out_is_kept() -> None:
    sender, receiver, flow = Sender(), Receiver(), a_flow()
    (first,) = receiver.load(sender.dump(a_round(step(flow)))).findings
    first.flow.client, first.flow.client_by = 0, "reply-bit"
    receiver.load(sender.dump(a_round(step(flow))))

    assert (first.flow.client, first.flow.client_by) == (0, "reply-bit")


def test_flows_that_are_over_are_forgotten_on_both_sides() -> None:
    sender, receiver, flow = Sender(), Receiver(), a_flow()
    receiver.load(sender.dump(a_round(step(flow), step(a_flow()))))
    assert (len(sender._numbers), len(receiver._flows)) == (2, 2)

    receiver.load(sender.dump(a_round(Closed(flow, "fin", 2, 2, "eth0"))))
    assert (len(sender._numbers), len(receiver._flows)) == (1, 1)
