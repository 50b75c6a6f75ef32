"""A host hands a logon through: it gives its client the challenge of another server."""

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

WINDOW_NS: Final = 60_000_000_000
"From fetching a challenge to handing it on: a client does not wait for longer."
COPY_NS: Final = 1_000_000
"Sooner than after a millisecond it is the same packet before and behind a router."
LEGS: Final = 4
"Connections with one challenge that are compared: a relay has two."


class NtlmRelay:
    """Remember which challenges were given lately, and on which connections."""

    def __init__(self, site: Site) -> None:
        self._site = site
        self._legs: Recent[str, tuple[Event, ...]] = Recent(
            WINDOW_NS, limits.CHALLENGES, site.stats, "correlate.challenges_forgotten"
        )
        self._told = Told(site.stats)

    def check(self, event: Event) -> Iterator[Alert]:
        """Judge a server's challenge by those that were given before."""
        ends, challenge = client_and_server(event), challenge_of(event)
        if ends is None or challenge is None or not self._site.concerns(*ends):
            return
        legs = self._legs.get(challenge, event.ts_ns) or ()
        kept = (*legs, event)[-LEGS:]
        self._legs.put(challenge, kept, event.ts_ns)
        for other in legs:
            for onward, victim in ((other, event), (event, other)):
                if self._is_relay(onward, victim):
                    yield from self._alert(onward, victim)

    def _is_relay(self, onward: Event, victim: Event) -> bool:
        """Tell whether a challenge that came by *onward* was handed on to *victim*."""
        relay = _client(onward)
        took = victim.ts_ns - onward.ts_ns
        if relay != _server(victim) or not 0 <= took <= WINDOW_NS:
            return False
        is_copy = took < COPY_NS and _carrier(onward) == _carrier(victim)
        return not (is_copy or relay in self._site.proxies or _is_asked(onward, victim))

    def _alert(self, onward: Event, victim: Event) -> Iterator[Alert]:
        hosts = _client(victim), _server(victim), _server(onward)
        if not self._told.is_news(hosts, victim.ts_ns):
            return
        client, relay, server = hosts
        yield Alert(
            rule="ntlm-relay",
            title=f"{relay} relays the NTLM logon of {client} to {server}",
            severity="High",
            category="CredentialAccess",
            techniques=("LLMNR/NBT-NS Poisoning and SMB Relay (T1557.001)",),
            ts_ns=victim.ts_ns,
            reasons=tuple(_reasons(onward, victim)),
            events=(onward, victim),
        )


def _is_asked(onward: Event, victim: Event) -> bool:
    """Tell whether the client itself asks for the server by its name, as of a proxy."""
    asked = victim.facts.get("Host")
    return asked is not None and asked == onward.facts.get("Host")


def _client(event: Event) -> str:
    ends = client_and_server(event)
    return ends[0].ip if ends else ""


def _server(event: Event) -> str:
    ends = client_and_server(event)
    return ends[1].ip if ends else ""


def _carrier(event: Event) -> str:
    return str(event.facts.get("Carrier"))


def _reasons(onward: Event, victim: Event) -> Iterator[str]:
    client, relay, server = _client(victim), _server(victim), _server(onward)
    took = (victim.ts_ns - onward.ts_ns) // 1_000_000
    yield f"{server} gave {relay} the challenge {onward.facts['ServerChallenge']}."
    yield f"{took} ms later {relay} gave the same challenge to {client}."
    yield "A challenge is eight random bytes: no two servers have the same."
    if _carrier(onward) != _carrier(victim):
        yield f"It came by {_carrier(onward)} and went on by {_carrier(victim)}."
    names = victim.facts.get("TargetInfo")
    if isinstance(names, dict) and "NbComputerName" in names:
        yield f"By the names in it, {names['NbComputerName']} made it."
