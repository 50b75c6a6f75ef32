"""Both published queries, clause by clause, as Kusto's documents say they behave."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone
from pathlib import Path

import pytest

from sensor.errors import NetsigError
from sensor.hunt import hunt, query_text
from tests.support.hunting import NOON, Row, countries, event, fields, logon, write

SMB_NTLM_PUBLIC = query_text("smb-ntlm-public")
HASH_LEAK = query_text("ntlmv2-hash-leak")
THEN = datetime.fromisoformat(NOON)

PASSES: dict[str, Row] = {
    "remote 445": {},
    "remote 139": {"RemotePort": 139},
    "local 445": {"RemotePort": 50000, "LocalPort": 445},
    "local 139": {"RemotePort": 50000, "LocalPort": 139},
    "any port, SMB2": {
        "RemotePort": 8445,
        "AdditionalFields": fields(matched="%FESMB"),
    },
    "any port, SMB1": {
        "RemotePort": 8445,
        "AdditionalFields": fields(matched="%FFSMB"),
    },
    "contains has no case": {
        "RemotePort": 8445,
        "AdditionalFields": fields(matched="%feSMB"),
    },
    "any port, NTLM matched": {
        "RemotePort": 80,
        "AdditionalFields": fields(matched="NTLMSSP%00"),
    },
    "any port, NTLM in the sample": {
        "RemotePort": 80,
        "AdditionalFields": fields(SamplePacketContent=["xNTLMSSP%00"]),
    },
    "first address after 172.16/12": {"RemoteIP": "172.32.0.0"},
    "carrier-grade NAT is not private to Kusto": {"RemoteIP": "100.64.0.1"},
    "loopback is not private to Kusto": {"RemoteIP": "127.0.0.1"},
}

FALLS: dict[str, Row] = {
    "no address": {"RemoteIP": None},
    "other port, other bytes": {
        "RemotePort": 8445,
        "AdditionalFields": fields(matched="%FDSMB"),
    },
    "no port at all": {"RemotePort": None},
    "10/8": {"RemoteIP": "10.255.255.255"},
    "172.16/12, first": {"RemoteIP": "172.16.0.0"},
    "172.16/12, last": {"RemoteIP": "172.31.255.255"},
    "192.168/16": {"RemoteIP": "192.168.0.1"},
    "IPv6, for which ipv4_is_private is null": {"RemoteIP": "2001:db8::1"},
    "not an address": {"RemoteIP": "256.0.113.1"},
    "no signature name": {"AdditionalFields": fields(name=None, matched="%FESMB")},
    "no additional fields": {"AdditionalFields": None},
    "additional fields that are no JSON": {"AdditionalFields": "%FESMB"},
    "no country": {"RemoteIP": "198.51.100.1"},
}


@pytest.fixture
def geo(tmp_path: Path) -> str:
    nets = {"X": "203.0.113.0/24", "Y": "172.16.0.0/11", "Z": "2001:db8::/32"}
    nets |= {"P": "10.0.0.0/8", "Q": "192.168.0.0/16", "R": "100.64.0.0/10"}
    return countries(tmp_path / "geo.mmdb", L="127.0.0.0/8", **nets)


def seed_000(folder: Path, geo: str, *rows: Row) -> list[dict[str, object]]:
    result = hunt(
        SMB_NTLM_PUBLIC, [write(folder, "DeviceNetworkEvents", rows)], geo=geo
    )
    return [dict(zip(result.columns, row, strict=True)) for row in result.rows]


def test_seed_000_keeps_what_its_clauses_say(tmp_path: Path, geo: str) -> None:
    cases = PASSES | FALLS
    rows = [event(**known, DeviceName=name) for name, known in cases.items()]

    found = seed_000(tmp_path, geo, *rows)

    assert {row["DeviceName"] for row in found} == set(PASSES)


def test_seed_000_counts_by_its_keys_most_ports_first(tmp_path: Path, geo: str) -> None:
    one = event(DeviceName="one")
    more = [event(RemotePort=port) for port in (445, 445, 139)]

    found = seed_000(tmp_path, geo, one, *more)

    assert [row["DeviceName"] for row in found] == ["ws1", "one"]
    ports = found[0].pop("set_RemotePort")
    assert isinstance(ports, list)
    assert sorted(ports) == [139, 445]
    assert found[0] == {
        "DeviceName": "ws1",
        "LocalPort": 50000,
        "InitiatingProcessFileName": "",
        "geo_ip": "X",
        "RemoteIP": "203.0.113.1",
        "SignatureName": "SMB2",
        "MsgType": "Unknown / not extracted",
        "ActionType": "NetworkSignatureInspected",
        "Distinct_ports": 2,
        "count_": 3,
    }


MESSAGE_TYPES: dict[tuple[str, str | None], int] = {
    ("NTLMSSP%00%01%00%00%00", None): 1,
    ("NTLMSSP%00%02%00%00%00", None): 2,
    ("NTLMSSP%00%03%00%00%00", None): 3,
    ("NTLMSSP", "NTLMSSP%00%03%00%00%00"): 3,
    ("NTLMSSP\0\x01\0\0\0", None): 1,
    ("NTLMSSP\0\x02\0\0\0", None): 2,
    ("NTLMSSP\0\x03\0\0\0", None): 3,
    # the letters that duckdb-kql 1.1.2 takes "\\x01\\x00\\x00\\x00" for
    ("NTLMSSP x01x00x00x00", None): 0,
    # tostring() of an array is JSON text, where raw bytes are escaped again
    ("NTLMSSP", "NTLMSSP\0\x01\0\0\0"): 0,
    # type 1 is asked for first, whatever the message is
    ("NTLMSSP%00%02%00%00%00", "%FESMB@%00%01%00%00%00"): 1,
    ("NTLMSSP%00%03%00%00%00", "%02%00%00%00"): 2,
    ("NTLMSSP%00%04%00%00%00", None): 0,
}
LABELS = {
    "Unknown / not extracted": 0,
    "Type 1 = client initiates (Negotiate)": 1,
    "Type 2 = server responds with Challenge": 2,
    "Type 3 = client sends response with credentials": 3,
}


def test_seed_000_reads_the_message_type_as_written(tmp_path: Path, geo: str) -> None:
    rows = [
        event(
            DeviceName=repr(content),
            AdditionalFields=fields(
                matched=content[0],
                SamplePacketContent=content[1] and [content[1]],
            ),
        )
        for content in MESSAGE_TYPES
    ]

    found = seed_000(tmp_path, geo, *rows)

    read = {row["DeviceName"]: LABELS[str(row["MsgType"])] for row in found}
    assert read == {repr(content): kind for content, kind in MESSAGE_TYPES.items()}


def connection(**known: object) -> Row:
    row = {"ActionType": "ConnectionSuccess", "RemoteIPType": "Public"}
    return event(**row | known)


def seed_004(folder: Path, events: list[Row], logons: list[Row]) -> list[object]:
    write(folder, "DeviceNetworkEvents", events)
    write(folder, "DeviceLogonEvents", logons)
    result = hunt(HASH_LEAK, [str(folder)], now=THEN)
    return [row[result.columns.index("RemoteIP")] for row in result.rows]


def test_seed_004_keeps_connections_newest_first(tmp_path: Path) -> None:
    older = connection(RemoteIP="203.0.113.2", Timestamp="2024-05-01T11:59:59.9999999Z")

    # a second logon must not double the rows: the right side is distinct
    found = seed_004(tmp_path, [older, connection()], [logon(), logon()])

    assert found == ["203.0.113.1", "203.0.113.2"]


@pytest.mark.parametrize(
    "known",
    [
        {"ActionType": "ConnectionAttempt"},
        {"RemotePort": 139},
        {"RemotePort": None},
        {"RemoteIPType": "Private"},
        {"RemoteIPType": None},
        {"DeviceName": "WS1"},
        {"Timestamp": "2024-03-12T12:00:00Z"},
        {"Timestamp": None},
    ],
    ids=str,
)
def test_seed_004_drops_other_connections(tmp_path: Path, known: Row) -> None:
    assert seed_004(tmp_path, [connection(**known)], [logon()]) == []


@pytest.mark.parametrize(
    "known",
    [
        {"ActionType": "LogonFailed"},
        {"LogonType": "Network"},
        {"AdditionalFields": '{"IsLocalLogon":false}'},
        {"AdditionalFields": None},
        {"DeviceName": "ws2"},
        {"Timestamp": "2024-03-12T12:00:00Z"},
    ],
    ids=str,
)
def test_seed_004_asks_for_an_interactive_logon(tmp_path: Path, known: Row) -> None:
    assert seed_004(tmp_path, [connection()], [logon(**known)]) == []


def test_now_is_read_in_its_zone(tmp_path: Path) -> None:
    folder = write(tmp_path, "DeviceNetworkEvents", [event()])
    query = "DeviceNetworkEvents | where Timestamp > ago(1h)"
    east = timezone(timedelta(hours=2))

    at = {
        hour: len(hunt(query, [folder], now=THEN.replace(hour=hour, tzinfo=east)).rows)
        for hour in (14, 15, 16)
    }

    # 14 h there is noon in UTC; the row is of noon, and `>` leaves out 13 h
    assert at == {14: 1, 15: 0, 16: 0}


def test_values_are_pythons_own(tmp_path: Path) -> None:
    folder = write(tmp_path, "DeviceNetworkEvents", [event()])

    result = hunt(
        "DeviceNetworkEvents | project Timestamp, RemotePort,"
        " d=parse_json('[1,\"a\"]'), s=tostring(1), n=toint('x'),"
        " b=isnotempty(RemoteIP)",
        [folder],
    )

    assert result.columns == ("Timestamp", "RemotePort", "d", "s", "n", "b")
    assert result.rows == ((THEN.replace(tzinfo=None), 445, [1, "a"], "1", None, True),)


def test_directories_are_read_together(tmp_path: Path) -> None:
    names = ("a", "b")
    for name in names:
        (tmp_path / name).mkdir()
        write(tmp_path / name, "DeviceNetworkEvents", [event(DeviceName=name)])

    result = hunt(
        "DeviceNetworkEvents | distinct DeviceName", [str(tmp_path / n) for n in names]
    )

    assert sorted(result.rows) == [("a",), ("b",)]


def test_a_query_can_read_no_file(tmp_path: Path) -> None:
    folder = write(tmp_path, "DeviceNetworkEvents", [event()])
    (tmp_path / "Secret.csv").write_text("a\n1\n")

    with pytest.raises(NetsigError):
        hunt(f"['{tmp_path / 'Secret.csv'}'] | take 1", [folder])
