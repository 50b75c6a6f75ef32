"""A server that gives the same challenge again: a tool that collects responses."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from sensor import limits
from sensor.correlate.rules.challenges import challenge_of
from sensor.correlate.rules.ends import client_and_server
from sensor.correlate.rules.recent import Recent
from sensor.correlate.rules.site import Site
from sensor.correlate.rules.told import Told
from sensor.types import Alert, Event

WINDOW_NS: Final = 600_000_000_000
"For which the last challenge of a server is remembered: ten minutes."
APART_NS: Final = 1_000_000_000
"Sooner than after a second the same challenge is a copy of the same packet."
KNOWN: Final = {
    "1122334455667788": "It was long the one of Responder: tables of responses exist.",
    "4141414141414141": "It is that of impacket's smbserver: the letter A eight times.",
}


class StaticChallenge:
    """Remember the last challenge of each server."""

    def __init__(self, site: Site) -> None:
        self._site = site
        self._last: Recent[str, Event] = Recent(
            WINDOW_NS, limits.CHALLENGES, site.stats, "correlate.challenges_forgotten"
        )
        self._told = Told(site.stats)

    def check(self, event: Event) -> Iterator[Alert]:
        """Judge a server's challenge."""
        ends, challenge = client_and_server(event), challenge_of(event)
        if ends is None or challenge is None or not self._site.concerns(*ends):
            return
        client, server = ends[0].ip, ends[1].ip
        before = self._last.get(server, event.ts_ns)
        repeats = before if before and _is_again(before, event) else None
        self._last.put(server, event, event.ts_ns)
        if not repeats and challenge not in KNOWN:
            return
        if not self._told.is_news((server, client), event.ts_ns):
            return
        yield Alert(
            rule="static-challenge",
            title=f"{server} gives {client} a challenge that is not random",
            severity="High",
            category="CredentialAccess",
            techniques=("LLMNR/NBT-NS Poisoning and SMB Relay (T1557.001)",),
            ts_ns=event.ts_ns,
            reasons=tuple(_reasons(event, repeats, challenge)),
            events=(repeats, event) if repeats else (event,),
        )


def _is_again(before: Event, event: Event) -> bool:
    is_same = before.facts["ServerChallenge"] == event.facts["ServerChallenge"]
    is_other = before.flow is not event.flow
    return is_same and is_other and abs(event.ts_ns - before.ts_ns) >= APART_NS


def _reasons(event: Event, before: Event | None, challenge: str) -> Iterator[str]:
    yield f"The challenge was {challenge}."
    if challenge in KNOWN:
        yield KNOWN[challenge]
    if before:
        seconds = abs(event.ts_ns - before.ts_ns) // 1_000_000_000
        yield f"It gave the same one {seconds} s before, on another connection."
    yield "Servers make one for each logon; responses to this one can be looked up."
