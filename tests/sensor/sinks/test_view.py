from __future__ import annotations

import io

import pytest
from rich.console import Console

from sensor.config import Settings
from sensor.pipeline import run
from sensor.schema.defender import Defender
from sensor.sinks.view import Rates, View
from sensor.types import Stats
from tests.support.feeds import PCAPS


def drawn(view: View) -> str:
    out = io.StringIO()
    Console(file=out, width=120).print(view.draw())
    return out.getvalue()


def fed(stats: Stats, *scenarios: str) -> tuple[View, io.StringIO]:
    """A view of what bundled captures hold, and what scrolled by."""
    out, schema = io.StringIO(), Defender(Settings())
    view = View(out, stats, "eth0")
    for name in scenarios:
        for item in run([str(PCAPS / f"{name}.pcap")], Settings(), stats):
            for table, row in schema.rows(item):
                view.write(table, row)
    return view, out


def test_alerts_scroll_by_with_their_reasons() -> None:
    view, out = fed(Stats(), "leak-to-public")
    view.close()

    lines = out.getvalue().splitlines()
    at = next(n for n, line in enumerate(lines) if "alice's NTLMv2 response" in line)
    assert lines[at].split(None, 2) == [
        "2026-03-02T10:00:00",
        "High",
        "EXAMPLE\\alice's NTLMv2 response was sent to 81.2.69.144 (public)",
    ]
    assert "- 10.20.0.15 sent the NTLM response of EXAMPLE\\alice" in lines[at + 1]
    assert sum("alice's NTLMv2 response" in line for line in lines) == 1


def test_what_is_seen_and_who_logged_on_is_drawn() -> None:
    view, _ = fed(Stats(), "leak-to-public")
    text = drawn(view)
    view.close()

    assert text.startswith("eth0  0:00:0")
    assert "14 packets in all" in text
    assert "nothing lost" in text
    assert "Lately" in text
    assert "10.20.0.15:50102" in text
    assert "EXAMPLE\\alice (NTLMv2)" in text


def test_what_is_under_way_is_drawn() -> None:
    stats, schema = Stats(), Defender(Settings())
    view = View(io.StringIO(), stats, "eth0")
    for item in run([str(PCAPS / "leak-to-public.pcap")], Settings(), stats):
        for table, row in schema.rows(item):
            if '"Packet":9' in str(row.get("AdditionalFields")):
                break
            view.write(table, row)
        else:
            continue
        break
    text = drawn(view)
    view.close()

    assert "Negotiating" in text
    assert "authenticate" in text


def test_losses_are_named() -> None:
    stats = Stats()
    stats.add("capture.kernel_drops", 1234)
    stats.add("sinks.directory.dropped_rows", 5)
    stats.add("columns.rejected.not_ip", 6)
    view, _ = fed(stats)
    text = drawn(view)
    view.close()

    assert "lost: capture.kernel_drops 1,234, sinks.directory.dropped_rows 5\n" in text


def test_nothing_from_the_wire_reaches_the_terminal() -> None:
    view, out = fed(Stats())
    row = {"Timestamp": "2026-03-02T10:00:00.0000000Z", "Severity": "High"}
    view.write("AlertInfo", row | {"Title": "a\x1b[2Jb [red]c"})
    fields = '{"Netsig":{"Reasons":["d\\u001b[2Je"]}}'
    view.write("AlertEvidence", row | {"AdditionalFields": fields})
    view.close()

    assert "\x1b[2J" not in out.getvalue()
    assert "a\\u001b[2Jb [red]c" in out.getvalue()
    assert "d\\u001b[2Je" in out.getvalue()


@pytest.mark.parametrize(
    ("seen", "rate"),
    [
        ([(0.0, 0)], (0, 0)),
        ([(0.0, 0), (1.0, 10)], (10, 100)),
        ([(0.0, 100), (2.0, 100), (4.0, 140)], (10, 100)),
        ([(0.0, 0), (1.0, 90), (2.0, 100), (10.0, 100), (13.0, 130)], (10, 100)),
    ],
)
def test_rates_are_of_the_last_seconds(
    seen: list[tuple[float, int]], rate: tuple[float, float]
) -> None:
    times = iter([at for at, _ in seen])
    rates, found = Rates(lambda: next(times)), (0.0, 0.0)
    for _, packets in seen:
        found = rates.of(packets, packets * 10)

    assert found == rate
