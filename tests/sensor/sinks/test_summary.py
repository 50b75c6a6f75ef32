from __future__ import annotations

import dataclasses
import io

from hypothesis import given
from hypothesis import strategies as st

from sensor.config import Settings
from sensor.schema.defender import Defender
from sensor.sinks.console import Summary
from sensor.types import Alert, Damage, Event, Stats
from tests.support.findings import alert, event


def shown(*items: Event | Alert, stats: Stats | None = None) -> str:
    out = io.StringIO()
    summary = Summary(out, stats or Stats())
    schema = Defender(Settings())
    for item in items:
        for table, row in schema.rows(item):
            summary.write(table, row)
    summary.close()
    return out.getvalue()


def test_what_was_read_lost_and_damaged() -> None:
    stats = Stats(files=["a.pcap", "b.pcap"])
    stats.add("capture.packets", 1234)
    stats.add("capture.bytes", 5_600_000)
    stats.add("streams.gaps", 1000)
    stats.damaged.append(Damage("a.pcap", 77, "record cut", usable=True))
    stats.damaged.append(Damage("b.pcap", 0, "no capture", usable=False))

    assert shown(stats=stats).splitlines()[:4] == [
        "Read 2 files: 1,234 packets, 5.6 MB.",
        "Damaged: a.pcap: offset 77: record cut (read up to there)",
        "Damaged: b.pcap: offset 0: no capture (nothing read)",
        "Also counted: streams.gaps 1,000",
    ]


def test_alerts_come_first_the_gravest_before_the_others() -> None:
    low = dataclasses.replace(
        alert(), rule="small", severity="Low", title="Something small"
    )

    text = shown(event(), low, alert())

    order = ["2 alerts", "High", "Low", "Something small", "1 pair of hosts"]
    assert sorted(order, key=text.index) == order


def test_an_alert_says_who_why_and_which_packet() -> None:
    lines = [line.strip() for line in shown(alert()).splitlines()]

    at = lines.index("High          Credential material sent to a public address")
    assert lines[at + 1 : at + 5] == [
        "10.0.0.5 and 175.16.199.0",
        "- an NTLMv2 response was sent",
        "- 175.16.199.0 is public",
        "2022-11-09T17:43:28.1883500Z, packet 7 of a.pcap",
    ]


def test_alerts_that_say_the_same_are_shown_once() -> None:
    later = dataclasses.replace(alert(), ts_ns=alert().ts_ns + 10**9)

    text = shown(alert(), later)

    assert "2 alerts" in text
    assert text.count("Credential material sent") == 1
    assert "public address (x2)" in text


def test_pairs_that_never_negotiated_are_only_counted() -> None:
    text = shown(event("connection", "failed"))

    assert "0 pairs of hosts negotiated" in text
    assert "1 more pair of hosts only connected or tried." in text


@given(st.text(max_size=30))
def test_no_name_from_the_wire_reaches_the_terminal(hostile: str) -> None:
    facts: dict[str, object] = {"User": hostile, "State": hostile, "Dialect": hostile}
    stats = Stats()
    stats.damaged.append(Damage(hostile, 0, hostile, usable=True))
    accused = dataclasses.replace(alert(), title=hostile, reasons=(hostile,))

    text = shown(event("ntlm-exchange", facts=facts), accused, stats=stats)

    assert all(line.isprintable() for line in text.split("\n"))


def test_markup_from_the_wire_is_only_text() -> None:
    facts: dict[str, object] = {"User": "[bold red]x[/] :smile:"}

    assert "[bold red]x[/] :smile:" in shown(event("ntlm-exchange", facts=facts))
