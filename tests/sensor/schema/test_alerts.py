from __future__ import annotations

import dataclasses
import json
import re

from sensor.config import Settings, load
from sensor.schema.alerts import alert_id, alert_rows
from sensor.schema.columns import COLUMNS
from sensor.schema.device import device_id
from sensor.types import Endpoint
from tests.support.findings import INSIDE, alert, event, flow


def known(row: dict[str, object]) -> dict[str, object]:
    return {column: value for column, value in row.items() if value is not None}


def test_alert_info() -> None:
    table, row = next(alert_rows(alert(), Settings()))

    assert table == "AlertInfo"
    assert row == {
        "Timestamp": "2022-11-09T17:43:28.1883500Z",
        "AlertId": alert_id(alert()),
        "Title": "Credential material sent to a public address",
        "Category": "CredentialAccess",
        "Severity": "High",
        "ServiceSource": "netsig",
        "DetectionSource": "netsig",
        "AttackTechniques": '["Forced Authentication (T1187)","SMB (T1021.002)"]',
    }
    assert list(row) == list(COLUMNS["AlertInfo"])


def test_evidence_is_one_row_for_each_entity() -> None:
    signed_on = event(facts={"User": "alice", "Domain": "CORP"})
    _, *evidence = alert_rows(alert(event(), signed_on, signed_on), Settings())

    assert [table for table, _ in evidence] == ["AlertEvidence"] * 3
    assert all(list(row) == list(COLUMNS["AlertEvidence"]) for _, row in evidence)
    machine, remote, user = (known(row) for _, row in evidence)
    common = {
        "Timestamp": "2022-11-09T17:43:28.1883500Z",
        "Title": "Credential material sent to a public address",
        "Categories": '["CredentialAccess"]',
        "AttackTechniques": '["Forced Authentication (T1187)","SMB (T1021.002)"]',
        "ServiceSource": "netsig",
        "DetectionSource": "netsig",
        "Severity": "High",
        "AlertId": machine["AlertId"],
        "AdditionalFields": machine["AdditionalFields"],
    }
    assert machine == common | {
        "EntityType": "Machine",
        "EvidenceRole": "Impacted",
        "DeviceId": device_id("10.0.0.5"),
        "DeviceName": "10.0.0.5",
        "LocalIP": "10.0.0.5",
    }
    assert remote == common | {
        "EntityType": "Ip",
        "EvidenceRole": "Related",
        "RemoteIP": "175.16.199.0",
    }
    assert user == common | {
        "EntityType": "User",
        "EvidenceRole": "Impacted",
        "AccountName": "alice",
        "AccountDomain": "CORP",
    }


def test_nobody_is_impacted_where_no_account_is_known() -> None:
    anonymous = event(facts={"User": "", "Domain": ""})

    rows = [row for _, row in alert_rows(alert(anonymous), Settings())]

    assert [row.get("EntityType") for row in rows] == [None, "Machine", "Ip"]


def test_reasons_and_packets_are_in_the_evidence() -> None:
    _, (_, row), *_ = alert_rows(alert(event(), event()), Settings())

    assert json.loads(str(row["AdditionalFields"])) == {
        "Netsig": {
            "Rule": "credentials-out",
            "Reasons": ["an NTLMv2 response was sent", "175.16.199.0 is public"],
            "CommunityId": "1:abc=",
            "Packet": 7,
            "File": "a.pcap",
            "Evidence": [
                {"CommunityId": "1:abc=", "Packet": 7, "File": "a.pcap"},
                {"CommunityId": "1:abc=", "Packet": 7, "File": "a.pcap"},
            ],
        }
    }


def test_each_end_of_several_connections_is_an_entity_the_last_ones_first() -> None:
    relay, server = Endpoint("10.0.0.66", 445), Endpoint("10.0.0.9", 389)
    onward = event(on=flow(Endpoint("10.0.0.66", 50001), server))
    victim = event(on=flow(INSIDE, relay))
    rows = [row for _, row in alert_rows(alert(onward, victim), Settings())][1:]

    ends = [(row["EntityType"], row["LocalIP"] or row["RemoteIP"]) for row in rows]
    assert ends == [
        ("Machine", "10.0.0.5"),
        ("Machine", "10.0.0.66"),
        ("Ip", "10.0.0.66"),
        ("Ip", "10.0.0.9"),
    ]


def test_an_alert_is_about_the_device_even_where_rows_follow_packets() -> None:
    packet = load(given={"orientation": "packet"})
    _, (_, machine), *_ = alert_rows(alert(event(from_client=False)), packet)

    assert machine["LocalIP"] == "10.0.0.5"


def test_id_has_the_shape_of_defenders_and_tells_alerts_apart() -> None:
    one = alert()
    other = dataclasses.replace(one, rule="smb-out")

    assert re.fullmatch(r"ns638036126081883500_[0-9a-f]{10}", alert_id(one))
    assert alert_id(one) == alert_id(alert())
    assert alert_id(one) != alert_id(other)
