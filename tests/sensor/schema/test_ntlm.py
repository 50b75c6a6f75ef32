from __future__ import annotations

import pytest

from sensor.schema.ntlm import ntlm_fields
from tests.support.findings import event

FACTS: dict[str, object] = {
    "User": "alice",
    "Domain": "CORP",
    "Workstation": "WS05",
    "OsVersion": "10.0.22621",
    "TargetInfo": {
        "NbComputerName": "FS1",
        "NbDomainName": "CORP",
        "DnsComputerName": "fs1.corp.example",
        "DnsDomainName": "corp.example",
        "DnsTreeName": "forest.example",
        "Timestamp": "2023-08-21T12:05:23.4950000Z",
    },
}


def test_keys_names_and_order_of_the_published_record() -> None:
    fields = ntlm_fields(event("ntlm-exchange", facts=FACTS), local_is_client=True)

    assert list(fields.items()) == [
        ("direction", "Out"),
        ("username", "alice"),
        ("hostname", "WS05"),
        ("domainname", "CORP"),
        ("server_nb_computer_name", "FS1"),
        ("server_nb_domain_name", "CORP"),
        ("server_dns_computer_name", "fs1.corp.example"),
        ("server_dns_domain_name", "corp.example"),
        ("server_tree_name", "forest.example"),
        ("server_version", "10.0 22621"),
        ("ts", "133124894081883500"),
    ]


@pytest.mark.parametrize(
    ("local_is_client", "direction"), [(True, "Out"), (False, "In"), (None, None)]
)
def test_direction_is_the_devices(
    local_is_client: bool | None, direction: str | None
) -> None:
    fields = ntlm_fields(event("ntlm-exchange"), local_is_client)

    assert fields.get("direction") == direction


def test_unknown_is_absent() -> None:
    fields = ntlm_fields(event("ntlm-exchange", facts={"User": None}), None)

    assert fields == {"ts": "133124894081883500"}
