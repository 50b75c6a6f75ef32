"""Defender's own keys for one NTLM authentication (Zeek's `ntlm.log` names).

Names and order as in a published NtlmAuthenticationInspected record; every value is
text, and what the wire did not say is absent.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from sensor.schema.times import filetime
from sensor.types import Event

# Key of the row: key of our facts.
_CLIENT: Final = {"username": "User", "hostname": "Workstation", "domainname": "Domain"}

# Key of the row: name of the AV pair in the server's TargetInfo, [MS-NLMP] 2.2.2.1.
_SERVER: Final = {
    "server_nb_computer_name": "NbComputerName",
    "server_nb_domain_name": "NbDomainName",
    "server_dns_computer_name": "DnsComputerName",
    "server_dns_domain_name": "DnsDomainName",
    "server_tree_name": "DnsTreeName",
}


def ntlm_fields(event: Event, local_is_client: bool | None) -> dict[str, object]:
    """Return the exchange in Defender's keys, as seen from the local device."""
    facts = event.facts
    target = facts.get("TargetInfo")
    names = target if isinstance(target, Mapping) else {}
    known = {
        "direction": _DIRECTIONS.get(local_is_client),
        **{key: facts.get(fact) for key, fact in _CLIENT.items()},
        **{key: names.get(pair) for key, pair in _SERVER.items()},
        "server_version": _version(facts.get("OsVersion")),
        "ts": filetime(event.ts_ns),
    }
    return {key: str(value) for key, value in known.items() if value is not None}


def _version(version: object) -> str | None:
    """Write `10.0.22621` as Defender does: `10.0 22621`.

    Its third number, the NTLM revision, is always 15 and not among our facts.
    """
    return " ".join(version.rsplit(".", 1)) if isinstance(version, str) else None


_DIRECTIONS: Final[dict[bool | None, str]] = {True: "Out", False: "In"}
