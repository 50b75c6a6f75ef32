"""SMB or NTLM negotiated with a public address: the step before credentials leave."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from sensor.correlate.rules.ends import (
    client_and_server,
    is_smb,
    listed,
    proxy_reasons,
)
from sensor.correlate.rules.site import Site
from sensor.types import Alert, Event

_PORTS: Final = (139, 445)
_QUIC_PORTS: Final = (443,)


@dataclass(frozen=True, slots=True)
class SmbToPublic:
    """Watch for public servers that answer SMB or NTLM."""

    site: Site

    def check(self, event: Event) -> Iterator[Alert]:
        """Judge the answer of a server; an NTLM challenge needs a client that asked."""
        ends = client_and_server(event)
        if event.kind != "signature" or ends is None or not _is_answered(event):
            return
        client, server = ends
        is_public = self.site.local.is_public
        if is_public(client.ip) or not is_public(server.ip):
            return
        protocol = "SMB" if _is_smb_carrier(event) else "NTLM"
        yield Alert(
            rule="smb-to-public",
            title=f"{client.ip} negotiates {protocol} with {server.ip} (public)",
            severity="Medium",
            category="CredentialAccess",
            techniques=(
                "Forced Authentication (T1187)",
                "SMB/Windows Admin Shares (T1021.002)",
            ),
            ts_ns=event.ts_ns,
            reasons=tuple(_reasons(event, server.ip, server.port)),
            events=(event,),
        )


def _is_answered(event: Event) -> bool:
    if is_smb(event):
        is_running = "midstream" in listed(event.facts.get("Flags"))
        is_sure = event.facts.get("Confidence") not in ("port", "magic")
        return is_sure and (event.from_client is False or is_running)
    is_sure = event.facts.get("Confidence") in ("both-directions", "negotiated")
    return is_sure and event.name == "NTLM-Challenge" and event.from_client is False


def _is_smb_carrier(event: Event) -> bool:
    return is_smb(event) or str(event.facts.get("Carrier")).startswith("smb")


def _reasons(event: Event, ip: str, port: int) -> Iterator[str]:
    yield f"{ip} is a public address and none of the local networks."
    yield from proxy_reasons(event)
    if event.from_client is False:
        yield f"It answered with {event.name}."
    else:
        yield f"The conversation was under way: {event.name} was sent to it."
    usual = _QUIC_PORTS if event.name == "SMB-QUIC" else _PORTS
    if _is_smb_carrier(event) and port not in usual:
        yield f"Port {port} is not a usual port for SMB."
    for name in ("Netname", "ServerName"):
        if name in event.facts:
            yield f"The client asked for the server by the name {event.facts[name]}."
