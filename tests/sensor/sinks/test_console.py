from __future__ import annotations

import io

from sensor.config import load
from sensor.limits import SHOWN_ALERTS, SHOWN_PAIRS
from sensor.schema.defender import Defender
from sensor.sinks.console import Pair, Summary, account
from sensor.types import Alert, Endpoint, Event, Stats
from tests.support.findings import INSIDE, OUTSIDE, alert, event, flow

EXCHANGE: dict[str, object] = {
    "User": "alice",
    "Domain": "CORP",
    "NtlmVersion": "NTLMv2",
    "State": "success",
}
KEY = ("10.0.0.5", "10.0.0.5", "175.16.199.0", 445)


def gathered(*items: Event | Alert, **given: object) -> Summary:
    summary = Summary(io.StringIO(), Stats())
    schema = Defender(load(given=given))
    for item in items:
        for table, row in schema.rows(item):
            summary.write(table, row)
    return summary


def test_rows_are_gathered_by_device_and_remote() -> None:
    summary = gathered(
        event("connection", "success"),
        event(name="SMB2", facts={"Dialect": "3.1.1"}),
        event(name="SMB2", from_client=False),
        event(name="NTLM-Challenge"),
        event(name="NTLM-Authenticate"),
        event("ntlm-exchange", "NTLM", facts=EXCHANGE),
    )

    assert summary.pairs == {
        KEY: Pair(
            names={"SMB2": 2, "NTLM": 2},  # type: ignore[arg-type]
            connections={"ConnectionSuccess": 1},  # type: ignore[arg-type]
            dialects={"3.1.1": 1},  # type: ignore[arg-type]
            users={"CORP\\alice (NTLMv2)": 1},  # type: ignore[arg-type]
            states={"success": 1},  # type: ignore[arg-type]
        )
    }


def test_faithful_rows_without_name_and_fields_are_gathered_too() -> None:
    summary = gathered(event("connection", "success"), profile="faithful")

    assert [*summary.pairs] == [("", *KEY[1:])]


def test_the_service_port_is_told_on_either_side() -> None:
    inbound = flow(Endpoint(OUTSIDE.ip, 50000), Endpoint(INSIDE.ip, 139))

    assert [*gathered(event(on=inbound)).pairs] == [(*KEY[:3], 139)]


def test_alerts_come_with_their_entities_reasons_and_packet() -> None:
    summary = gathered(alert(event("ntlm-exchange", facts=EXCHANGE)))

    (shown,) = summary.alerts.values()
    assert shown.info["Severity"] == "High"
    assert shown.reasons == ["an NTLMv2 response was sent", "175.16.199.0 is public"]
    assert shown.packet == "7 of a.pcap"
    wanted = ("LocalIP", "RemoteIP", "AccountDomain", "AccountName")
    assert [shown.entities[column] for column in wanted] == [
        "10.0.0.5",
        "175.16.199.0",
        "CORP",
        "alice",
    ]


def test_account() -> None:
    assert account(EXCHANGE) == "CORP\\alice (NTLMv2)"
    assert account({"User": "alice", "Domain": ""}) == "alice"
    assert account({"NtlmVersion": "anonymous"}) == " (anonymous)"


def test_more_pairs_than_anybody_reads_are_counted() -> None:
    stats = Stats()
    summary = Summary(io.StringIO(), stats)
    schema = Defender(load())
    for number in range(SHOWN_PAIRS + 2):
        remote = Endpoint(f"198.18.{number // 256}.{number % 256}", 445)
        for table, row in schema.rows(event(on=flow(INSIDE, remote))):
            summary.write(table, row)

    assert len(summary.pairs) == SHOWN_PAIRS
    assert stats.counts == {"console.pairs_not_shown": 2}


def test_more_alerts_than_anybody_reads_are_counted() -> None:
    stats = Stats()
    summary = Summary(io.StringIO(), stats)
    for number in range(SHOWN_ALERTS + 3):
        summary.write("AlertInfo", {"AlertId": str(number)})
        summary.write("AlertEvidence", {"AlertId": "none of ours"})

    assert len(summary.alerts) == SHOWN_ALERTS
    assert stats.counts == {"console.alerts_not_shown": 3}


def test_close_shows_it() -> None:
    out = io.StringIO()

    Summary(out, Stats(files=["a.pcap"])).close()

    assert out.getvalue().startswith("Read 1 file: 0 packets, 0 bytes.\n")
