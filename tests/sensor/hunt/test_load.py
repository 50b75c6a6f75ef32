from __future__ import annotations

import gzip
import json
from pathlib import Path

import pytest

from sensor.errors import NetsigError
from sensor.hunt import Result, hunt
from tests.support.hunting import event, write


def ask(folder: Path, query: str) -> Result:
    return hunt(query, [str(folder)])


def test_columns_have_their_declared_types(tmp_path: Path) -> None:
    write(tmp_path, "DeviceNetworkEvents", [])

    result = ask(tmp_path, "DeviceNetworkEvents | getschema")

    types = {row[0]: row[3] for row in result.rows}
    assert len(types) == 44
    assert types["Timestamp"] == types["InitiatingProcessCreationTime"] == "datetime"
    assert types["RemotePort"] == types["LocalPort"] == "int"
    assert types["ReportId"] == types["InitiatingProcessFileSize"] == "long"
    assert types["IsInitiatingProcessRemoteSession"] == "bool"
    assert types["AdditionalFields"] == types["RemoteIP"] == "string"


def test_a_missing_table_is_empty_and_typed(tmp_path: Path) -> None:
    write(tmp_path, "AlertInfo", [])

    assert ask(tmp_path, "AlertEvidence | count").rows == ((0,),)
    result = ask(tmp_path, "DeviceLogonEvents | getschema")
    types = {row[0]: row[3] for row in result.rows}
    assert (types["LogonId"], types["IsLocalAdmin"]) == ("long", "bool")


def test_bare_rows_and_envelopes_are_read_alike(tmp_path: Path) -> None:
    envelope = {
        "time": "2024-05-02T00:00:00Z",
        "tenantId": "t",
        "category": "AdvancedHunting-DeviceNetworkEvents",
        "properties": event(DeviceName="in an envelope"),
    }
    write(tmp_path, "DeviceNetworkEvents", [event(), envelope])

    result = ask(tmp_path, "DeviceNetworkEvents | project DeviceName, RemotePort")

    assert sorted(result.rows) == [("in an envelope", 445), ("ws1", 445)]


def test_null_text_is_empty_and_what_does_not_fit_is_null(tmp_path: Path) -> None:
    odd = event(RemoteUrl=None, RemotePort="many", LocalPort=1 << 40)
    write(tmp_path, "DeviceNetworkEvents", [odd])

    result = ask(
        tmp_path,
        "DeviceNetworkEvents | where RemoteUrl != 'x' and Protocol == ''"
        " | project RemoteUrl, RemotePort, LocalPort",
    )

    assert result.rows == (("", None, None),)


def test_additional_fields_may_be_an_object(tmp_path: Path) -> None:
    write(tmp_path, "DeviceNetworkEvents", [event(AdditionalFields={"a": {"b": 7}})])

    query = "DeviceNetworkEvents | project toint(parse_json(AdditionalFields).a.b)"

    assert ask(tmp_path, query).rows == ((7,),)


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ("2024-05-01T12:00:00Z", "2024-05-01T12:00:00"),
        ("2024-05-01T12:00:00.1234567Z", "2024-05-01T12:00:00.123456"),
        ("2024-05-01T12:00:00.12345Z", "2024-05-01T12:00:00.123450"),
        ("2024-05-01T14:00:00+02:00", "2024-05-01T12:00:00"),
        ("2024-05-01 12:00:00", "2024-05-01T12:00:00"),
    ],
)
def test_times_are_utc(tmp_path: Path, written: str, read: str) -> None:
    write(tmp_path, "DeviceNetworkEvents", [event(Timestamp=written)])

    ((time,),) = ask(tmp_path, "DeviceNetworkEvents | project Timestamp").rows

    assert time.isoformat() == read  # type: ignore[attr-defined]


def test_lines_that_are_no_rows_are_counted(tmp_path: Path) -> None:
    path = tmp_path / "DeviceNetworkEvents.jsonl"
    whole = json.dumps(event())
    path.write_text(f'{whole}\n\nnonsense\n[1]\n"x"\n{whole}\n{whole[:50]}')

    result = ask(tmp_path, "DeviceNetworkEvents | count")

    assert result.rows == ((2,),)
    assert result.notes == (
        f"{path}: lines left out because they are not JSON objects: 4",
    )


def test_rows_without_a_time_are_counted(tmp_path: Path) -> None:
    write(tmp_path, "DeviceNetworkEvents", [event(Timestamp="noon"), event()])

    (note,) = ask(tmp_path, "DeviceNetworkEvents | count").notes

    assert note.endswith("rows without a readable Timestamp: 1")


def test_csv_is_read_by_its_header(tmp_path: Path) -> None:
    (tmp_path / "DeviceLogonEvents.csv").write_bytes(
        b"\xef\xbb\xbfDeviceName,Timestamp,Extra,IsLocalAdmin,AdditionalFields\r\n"
        b'"ws\n1",2024-05-01T12:00:00.0000000Z,x,True,"{""IsLocalLogon"":true}"\r\n'
        b"ws2,2024-05-01T12:00:00Z\r\n"
    )

    result = ask(
        tmp_path,
        "DeviceLogonEvents | extend a = tostring(parse_json(AdditionalFields)"
        "['IsLocalLogon']) | project DeviceName, IsLocalAdmin, a, LogonType"
        " | order by DeviceName asc",
    )

    assert result.rows == (("ws\n1", True, "true", ""), ("ws2", None, "", ""))
    assert result.notes == ()


def test_a_table_nobody_declared_is_read_when_named(tmp_path: Path) -> None:
    write(tmp_path, "Assets", [{"Owner": "ann", "Seats": 3}])
    (tmp_path / "Sites.csv").write_text("Site,Seats\nHQ,3\n")

    query = "Assets | join kind=inner (Sites) on Seats | project Owner, Site, Seats"

    assert ask(tmp_path, query).rows == (("ann", "HQ", 3),)


@pytest.mark.parametrize("name", ["it's here", "a*b", "[x]", "q?"])
def test_odd_directory_names_are_only_names(tmp_path: Path, name: str) -> None:
    folder = tmp_path / name
    folder.mkdir()
    write(folder, "DeviceNetworkEvents", [event()])

    assert ask(folder, "DeviceNetworkEvents | count").rows == ((1,),)


def test_a_directory_without_tables_is_refused(tmp_path: Path) -> None:
    (tmp_path / "stats.json").write_text("{}")
    with pytest.raises(NetsigError, match="holds no table"):
        ask(tmp_path, "DeviceNetworkEvents")
    with pytest.raises(NetsigError, match="not a directory"):
        ask(tmp_path / "stats.json", "DeviceNetworkEvents")
    with pytest.raises(NetsigError, match="not a directory"):
        ask(tmp_path / "missing", "DeviceNetworkEvents")


def test_a_file_that_is_no_text_is_named(tmp_path: Path) -> None:
    path = tmp_path / "DeviceLogonEvents.csv"
    path.write_bytes(b"\xff\xfe\x00\x01,\n\xff\xff\n")
    with pytest.raises(NetsigError, match=r"DeviceLogonEvents\.csv: cannot be read: "):
        ask(tmp_path, "DeviceNetworkEvents")


def test_closed_files_are_read_with_the_one_that_is_open(tmp_path: Path) -> None:
    write(tmp_path, "DeviceNetworkEvents", [event(DeviceName="open")])
    for name, device in (
        ("DeviceNetworkEvents.00000001.20260302T100000Z.jsonl", "packed"),
        ("DeviceNetworkEvents.00000002.20260302T110000Z.jsonl", "not yet packed"),
    ):
        (tmp_path / name).write_text(json.dumps(event(DeviceName=device)) + "\n")
    packed = tmp_path / "DeviceNetworkEvents.00000001.20260302T100000Z.jsonl"
    (tmp_path / f"{packed.name}.gz").write_bytes(gzip.compress(packed.read_bytes()))
    half = tmp_path / ".DeviceNetworkEvents.00000002.20260302T110000Z.jsonl.new"
    half.write_bytes(b"half of a compressed file")

    result = ask(tmp_path, "DeviceNetworkEvents | project DeviceName")
    assert sorted(result.rows) == [("not yet packed",), ("open",), ("packed",)]
    packed.unlink()
    assert ask(tmp_path, "DeviceNetworkEvents | count").rows == ((3,),)
