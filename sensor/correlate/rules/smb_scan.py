"""One host looks for SMB on many: it knocks or negotiates, and logs on to none."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from sensor.correlate.rules.ends import client_and_server, is_smb
from sensor.correlate.rules.site import Site
from sensor.correlate.rules.tally import Tally
from sensor.correlate.rules.told import Told
from sensor.types import Alert, Event

WINDOW_NS: Final = 900_000_000_000
SERVERS: Final = 25
"Servers in 15 minutes that are too many for a host from outside, as in simple-scan."


class SmbScan:
    """Count the servers that each host tried and did not log on to."""

    def __init__(self, site: Site) -> None:
        self._site = site
        self._tried = Tally(WINDOW_NS, site.stats)
        self._told = Told(site.stats)

    def check(self, event: Event) -> Iterator[Alert]:
        """Judge what became of an attempt to speak SMB to a server."""
        ends = client_and_server(event)
        if ends is None or not self._site.concerns(*ends):
            return
        client, server = ends[0].ip, ends[1].ip
        if _is_let_in(event):
            self._tried.drop(client, server)
        if not _is_try(event):
            return
        most = self._site.threshold(client, SERVERS)
        tries = self._tried.add(client, server, event, most)
        if len(tries) < most or not self._told.is_news(client, event.ts_ns):
            return
        yield Alert(
            rule="smb-scan",
            title=f"{client} looks for SMB on many hosts",
            severity="Medium",
            category="Discovery",
            techniques=("Network Service Discovery (T1046)",),
            ts_ns=event.ts_ns,
            reasons=tuple(_reasons(tries, client)),
            events=self._site.evidence(tries),
        )


def _is_let_in(event: Event) -> bool:
    is_server = is_smb(event) and event.from_client is False
    return is_server and event.facts.get("State") == "success"


def _is_try(event: Event) -> bool:
    """Tell whether a server was tried and, as far as is known, not logged on to.

    A logon without a name is no more than a question.
    """
    facts = event.facts
    if event.kind == "connection":
        return event.name == "failed"
    if event.kind == "ntlm-exchange":
        is_nobody = facts.get("NtlmVersion") == "anonymous"
        return is_nobody and str(facts.get("Carrier")).startswith("smb")
    is_answer = is_smb(event) and event.from_client is False
    return is_answer and facts.get("State") == "negotiate"


def _reasons(tries: tuple[Event, ...], client: str) -> Iterator[str]:
    yield f"{client} tried SMB on {len(tries)} hosts within 15 minutes."
    failed = sum(event.kind == "connection" for event in tries)
    if failed:
        yield f"{failed} of them refused the connection, or did not answer."
    if len(tries) > failed:
        yield f"{len(tries) - failed} answered, and it logged on to none of them."
