"""SMB from a public address to one of ours: file sharing is open to the internet."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from sensor.correlate.rules.ends import client_and_server, is_smb
from sensor.correlate.rules.site import Site
from sensor.types import Alert, Event


@dataclass(frozen=True, slots=True)
class SmbFromPublic:
    """Watch for public clients that speak SMB to our hosts."""

    site: Site

    def check(self, event: Event) -> Iterator[Alert]:
        """Judge an SMB message: whoever sends one got through the firewall."""
        ends = client_and_server(event)
        is_sure = event.facts.get("Confidence") not in ("port", "magic")
        if ends is None or not is_smb(event) or not is_sure:
            return
        client, server = ends
        is_public = self.site.local.is_public
        if not is_public(client.ip) or is_public(server.ip):
            return
        yield Alert(
            rule="smb-from-public",
            title=f"{client.ip} (public) speaks SMB to {server.ip}",
            severity="Medium",
            category="InitialAccess",
            techniques=(
                "External Remote Services (T1133)",
                "SMB/Windows Admin Shares (T1021.002)",
            ),
            ts_ns=event.ts_ns,
            reasons=tuple(_reasons(event, client.ip, server.ip)),
            events=(event,),
        )


def _reasons(event: Event, client: str, server: str) -> Iterator[str]:
    yield f"{client} is a public address and none of the local networks."
    sender, receiver = (client, server) if event.from_client else (server, client)
    yield f"{sender} sent {event.name} to {receiver}: no firewall stands between them."
