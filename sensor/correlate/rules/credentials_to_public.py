"""Credential material sent to a public address: forced authentication (T1187)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from sensor.correlate.rules.ends import (
    account_of,
    client_and_server,
    is_sure,
    proxy_reasons,
)
from sensor.correlate.rules.site import Site
from sensor.types import Alert, Event

# What each response is good for in the wrong hands.
_WORTH: Final = {
    "NTLMv2": "An NTLMv2 response can be cracked offline, or relayed.",
    "NTLMv1-ESS": "An NTLMv1 response gives away the NT hash: it is three DES keys.",
    "NTLMv1": "An NTLMv1 response gives away the NT hash: it is three DES keys.",
    "LM": "An LM response gives away the password: it is cracked in minutes.",
}


@dataclass(frozen=True, slots=True)
class CredentialsToPublic:
    """Watch for NTLM responses that leave for a public address."""

    site: Site

    def check(self, event: Event) -> Iterator[Alert]:
        """Judge an NTLM type 3 message, or an SMB1 session setup with responses."""
        ends = client_and_server(event)
        if ends is None or not _has_response(event):
            return
        client, server = ends if event.from_client else ends[::-1]
        is_public = self.site.local.is_public
        if is_public(client.ip) or not is_public(server.ip):
            return
        version = event.facts.get("NtlmVersion", "NTLM")
        yield Alert(
            rule="credentials-to-public",
            title=f"{account_of(event)}'s {version} response was sent to"
            f" {server.ip} (public)",
            severity="High" if is_sure(event) else "Medium",
            category="CredentialAccess",
            techniques=("Forced Authentication (T1187)",),
            ts_ns=event.ts_ns,
            reasons=tuple(_reasons(event, client.ip, server.ip)),
            events=(event,),
        )


def _has_response(event: Event) -> bool:
    if event.kind != "signature" or event.facts.get("NtlmVersion") == "anonymous":
        return False
    return event.name == "NTLM-Authenticate" or "NtlmVersion" in event.facts


def _reasons(event: Event, client: str, server: str) -> Iterator[str]:
    yield f"{client} sent the NTLM response of {account_of(event)} to {server}."
    yield f"{server} is a public address and none of the local networks."
    yield from proxy_reasons(event)
    version = str(event.facts.get("NtlmVersion"))
    if version in _WORTH:
        yield _WORTH[version]
    if str(event.facts.get("User")).endswith("$"):
        yield "It is a machine account: nobody typed this address, it was coerced."
    if "Netname" in event.facts:
        yield f"The client asked for the server by the name {event.facts['Netname']}."
    if not is_sure(event):
        yield "Only one direction was seen: it may be a copy inside a file in transit."
