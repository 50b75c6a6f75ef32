from __future__ import annotations

from datetime import datetime
from pathlib import Path

from sensor.hunt import hunt, query_text
from tests.support.hunting import NOON, countries, event, logon, write

THEN = datetime.fromisoformat(NOON)


def test_a_missing_logon_table_is_explained(tmp_path: Path) -> None:
    row = event(ActionType="ConnectionSuccess", RemoteIPType="Public")
    folder = write(tmp_path, "DeviceNetworkEvents", [row])

    result = hunt(query_text("ntlmv2-hash-leak"), [folder], now=THEN)

    assert result.rows == ()
    assert result.notes == (
        "DeviceLogonEvents has no rows: a packet sensor cannot see interactive logons; "
        "add DeviceLogonEvents.jsonl or .csv from Defender or another source to the "
        "directory",
    )


def test_rows_without_a_country_are_counted(tmp_path: Path) -> None:
    geo = countries(tmp_path / "geo.mmdb", X="203.0.113.0/24")
    rows = [event(RemoteIP=f"198.51.100.{last}") for last in (1, 1, 2)]
    rows += [event(), event(RemoteIP="10.0.0.9"), event(RemoteIP=None)]
    folder = write(tmp_path, "DeviceNetworkEvents", rows)

    result = hunt(query_text("smb-ntlm-public"), [folder], geo=geo)

    assert len(result.rows) == 1
    assert result.notes == (
        "3 rows fell for lack of a country wherever the query asks for one: "
        "2 public addresses without (198.51.100.1, 198.51.100.2)",
    )


def test_countries_are_no_matter_where_none_is_asked_for(tmp_path: Path) -> None:
    folder = write(tmp_path, "DeviceNetworkEvents", [event(RemoteIP="198.51.100.1")])

    assert hunt("DeviceNetworkEvents | count", [folder]).notes == ()


def test_ipv6_rows_are_counted_where_a_query_cannot_see_them(tmp_path: Path) -> None:
    rows = [event(RemoteIP="2001:db8::1"), event(RemoteIP="10.0.0.9")]
    folder = write(tmp_path, "DeviceNetworkEvents", rows)
    query = "DeviceNetworkEvents | where not(ipv4_is_private(RemoteIP))"

    result = hunt(query, [folder])

    assert result.rows == ()
    (note,) = result.notes
    assert note.startswith("1 row with an IPv6 RemoteIP: ")


def test_rows_that_fell_for_their_age_point_at_now(tmp_path: Path) -> None:
    rows = [event(), event(Timestamp="2024-04-30T12:00:00Z"), event(RemotePort=80)]
    folder = write(tmp_path, "DeviceNetworkEvents", rows)
    query = "DeviceNetworkEvents | where Timestamp > ago(50d) and RemotePort == 445"

    assert hunt(query, [folder]).notes == (
        "2 rows fell for their age alone; to hunt as if it were then: "
        "--now 2024-05-01T12:00:00Z",
    )
    assert hunt(query, [folder], now=THEN).notes == ()


def test_the_word_ago_in_a_comment_is_no_question_of_age(tmp_path: Path) -> None:
    folder = write(tmp_path, "DeviceNetworkEvents", [event()])
    query = "DeviceNetworkEvents // ago(50d)\n| where DeviceName != 'ago(1d)'"

    assert hunt(query, [folder]).notes == ()


def test_the_newest_row_of_any_table_tells_the_time(tmp_path: Path) -> None:
    row = event(ActionType="ConnectionSuccess", RemoteIPType="Public")
    write(tmp_path, "DeviceNetworkEvents", [row])
    late = "2024-05-02T00:00:00.5Z"
    folder = write(tmp_path, "DeviceLogonEvents", [logon(Timestamp=late)])

    (note,) = hunt(query_text("ntlmv2-hash-leak"), [folder]).notes

    assert note.endswith("--now 2024-05-02T00:00:00.500000Z")
