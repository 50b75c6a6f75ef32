"""A logon whose MIC was taken out on the way: it was handed through and changed."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from sensor.correlate.rules.ends import account_of, client_and_server, is_sure, listed
from sensor.correlate.rules.site import Site
from sensor.correlate.rules.told import Told
from sensor.types import Alert, Event

MIC_PROVIDED: Final = 0x2
"Bit of MsvAvFlags by which a client says that it sends a MIC (MS-NLMP 2.2.2.1)."


class MicRemoved:
    """Watch for type 3 messages that lack the MIC they promise (CVE-2019-1040)."""

    def __init__(self, site: Site) -> None:
        self._site = site
        self._told = Told(site.stats)

    def check(self, event: Event) -> Iterator[Alert]:
        """Judge a type 3 message; the response itself protects the promise."""
        ends = client_and_server(event)
        if ends is None or not _lacks_mic(event) or not self._site.concerns(*ends):
            return
        client, server = ends[0].ip, ends[1].ip
        if not self._told.is_news((client, server), event.ts_ns):
            return
        yield Alert(
            rule="ntlm-relay",
            title=f"{account_of(event)}'s logon from {client} to {server} was changed",
            severity="Medium",
            category="CredentialAccess",
            techniques=("LLMNR/NBT-NS Poisoning and SMB Relay (T1557.001)",),
            ts_ns=event.ts_ns,
            reasons=(
                "The client says in its response that it sends a MIC; there is none.",
                "Relays take it out, so that they can change the message.",
            ),
            events=(event,),
        )


def _lacks_mic(event: Event) -> bool:
    facts = event.facts
    if event.name != "NTLM-Authenticate" or not is_sure(event):
        return False
    if facts.get("Mic") is not False or "truncated" in listed(facts.get("Flags")):
        return False
    info = facts.get("TargetInfo")
    flags = info.get("Flags", "0") if isinstance(info, dict) else "0"
    return bool(int(str(flags), 16) & MIC_PROVIDED)
