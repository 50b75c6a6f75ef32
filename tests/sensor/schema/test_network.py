from __future__ import annotations

import json

import pytest

from sensor.config import Settings, load
from sensor.schema.columns import COLUMNS
from sensor.schema.device import device_id
from sensor.schema.network import network_row
from sensor.types import UDP, Endpoint
from tests.support.findings import INSIDE, OUTSIDE, event, flow

FAITHFUL = load(given={"profile": "faithful"})
KERBEROS = Endpoint("175.16.199.0", 88)


def known(row: dict[str, object]) -> dict[str, object]:
    return {column: value for column, value in row.items() if value is not None}


def test_published_kerberos_record_is_what_faithful_gives() -> None:
    settings = load(
        given={
            "profile": "faithful",
            "devices": {"89.160.20.112": "testmachine6"},
            "local_networks": ["89.160.20.112/32"],
        }
    )
    seen = event(
        name="Kerberos_TGS_REQ",
        on=flow(Endpoint("89.160.20.112", 52629), KERBEROS),
        content=(b"\x05\xa2\x01\x0c", b""),
    )

    row = network_row(seen, settings, 33111)

    fields = json.loads(str(row.pop("AdditionalFields")))
    assert fields["SignatureName"] == "Kerberos_TGS_REQ"
    assert fields["SignatureMatchedContent"] == "%05%A2%01%0C"
    assert known(row) == {
        "ActionType": "NetworkSignatureInspected",
        "DeviceId": device_id("89.160.20.112"),
        "DeviceName": "testmachine6",
        "InitiatingProcessId": 0,
        "InitiatingProcessParentId": 0,
        "InitiatingProcessTokenElevation": "None",
        "LocalIP": "89.160.20.112",
        "LocalPort": 52629,
        "RemoteIP": "175.16.199.0",
        "RemotePort": 88,
        "ReportId": 33111,
        "Timestamp": "2022-11-09T17:43:28.1883500Z",
    }


def test_hunting_fills_what_hunts_filter_on() -> None:
    row = network_row(event(), Settings(), 1)

    assert list(row) == list(COLUMNS["DeviceNetworkEvents"])
    assert row["DeviceName"] == "10.0.0.5"
    assert row["Protocol"] == "Tcp"
    assert row["LocalIPType"] == "Private"
    assert row["RemoteIPType"] == "Public"


def test_udp() -> None:
    row = network_row(event(on=flow(proto=UDP)), Settings(), 1)

    assert row["Protocol"] == "Udp"


@pytest.mark.parametrize(
    ("step", "action"),
    [
        ("attempt", "ConnectionAttempt"),
        ("acknowledged", "ConnectionAcknowledged"),
        ("success", "ConnectionSuccess"),
        ("failed", "ConnectionFailed"),
    ],
)
def test_steps_of_a_connection_out(step: str, action: str) -> None:
    row = network_row(event("connection", step), Settings(), 1)

    assert row["ActionType"] == action
    assert row["LocalIP"] == "10.0.0.5"


@pytest.mark.parametrize(
    ("step", "action"),
    [
        ("attempt", "ConnectionAttempt"),
        ("acknowledged", "ConnectionAcknowledged"),
        ("success", "InboundConnectionAccepted"),
        ("failed", "ConnectionFailed"),
    ],
)
def test_steps_of_a_connection_in(step: str, action: str) -> None:
    inbound = flow(
        Endpoint(OUTSIDE.ip, 50000),
        Endpoint(INSIDE.ip, 445),
    )

    row = network_row(event("connection", step, on=inbound), Settings(), 1)

    assert row["ActionType"] == action
    assert (row["LocalIP"], row["LocalPort"]) == ("10.0.0.5", 445)


def test_exchange_has_defenders_keys_and_ours() -> None:
    facts: dict[str, object] = {"User": "alice", "State": "success"}
    row = network_row(event("ntlm-exchange", "NTLM", facts=facts), Settings(), 1)

    fields = json.loads(str(row["AdditionalFields"]))
    assert row["ActionType"] == "NtlmAuthenticationInspected"
    assert fields["direction"] == "Out"
    assert fields["username"] == "alice"
    assert fields["Netsig"]["State"] == "success"
    assert "SignatureName" not in fields


@pytest.mark.parametrize(
    ("kind", "name", "null"),
    [
        ("signature", "SMB2", {"Protocol", "LocalIPType", "RemoteIPType"}),
        ("ntlm-exchange", "NTLM", {"LocalIPType", "RemoteIPType"}),
        ("connection", "attempt", {"LocalIPType", "RemoteIPType"}),
        ("connection", "acknowledged", {"LocalIPType", "RemoteIPType"}),
        ("connection", "success", {"AdditionalFields"}),
        ("connection", "failed", {"AdditionalFields"}),
    ],
)
def test_faithful_leaves_null_what_defender_does(
    kind: str, name: str, null: set[str]
) -> None:
    filled = network_row(event(kind, name), Settings(), 1)
    faithful = network_row(event(kind, name), FAITHFUL, 1)

    assert known(filled).keys() - known(faithful).keys() == null | {"DeviceName"}
