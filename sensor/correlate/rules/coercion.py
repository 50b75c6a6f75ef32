"""A host logs on to the one that has just opened a pipe on it: it was made to."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from sensor import limits
from sensor.correlate.rules.ends import account_of, client_and_server, is_sure
from sensor.correlate.rules.recent import Recent
from sensor.correlate.rules.site import Site
from sensor.correlate.rules.told import Told
from sensor.types import Alert, Event

WINDOW_NS: Final = 15_000_000_000
"From the pipe to the logon, as in Elastic's rule."


class Coercion:
    """Remember who opened which pipe on whom."""

    def __init__(self, site: Site) -> None:
        self._site = site
        self._pipes: Recent[tuple[str, str], Event] = Recent(
            WINDOW_NS, limits.PIPES, site.stats, "correlate.pipes_forgotten"
        )
        "The last pipe by who opened it and on whom."
        self._told = Told(site.stats)

    def check(self, event: Event) -> Iterator[Alert]:
        """Judge the logon of a machine account by the pipe that was opened before."""
        ends = client_and_server(event)
        if ends is None or not self._site.concerns(*ends):
            return
        client, server = ends[0].ip, ends[1].ip
        if event.kind == "access" and event.name == "pipe":
            self._pipes.put((client, server), event, event.ts_ns)
        pipe = self._pipes.get((server, client), event.ts_ns)
        if pipe is None or not _is_machine_logon(event) or pipe.ts_ns > event.ts_ns:
            return
        if not self._told.is_news((server, client), event.ts_ns):
            return
        yield Alert(
            rule="coercion",
            title=f"{server} made {client} log on to it as {account_of(event)}",
            severity="High",
            category="CredentialAccess",
            techniques=("Forced Authentication (T1187)",),
            ts_ns=event.ts_ns,
            reasons=tuple(_reasons(pipe, event, client, server)),
            events=(pipe, event),
        )


def _is_machine_logon(event: Event) -> bool:
    is_logon = event.name == "NTLM-Authenticate" and event.from_client is True
    return is_logon and is_sure(event) and str(event.facts.get("User")).endswith("$")


def _reasons(pipe: Event, event: Event, client: str, server: str) -> Iterator[str]:
    took = (event.ts_ns - pipe.ts_ns) // 1_000_000
    yield f"{server} opened the pipe {pipe.facts['Pipe']} on {client}."
    yield "It has calls that make a host log on to another one of the caller's choice."
    yield f"{took} ms later {client} logged on to {server} as {account_of(event)}."
    yield "It is a machine account: nobody typed this address."
