"""Events at chosen times between chosen hosts, and what a rule makes of them."""

from __future__ import annotations

import itertools
from collections.abc import Iterable

from sensor.addresses import LocalNetworks
from sensor.correlate.rules.site import Site
from sensor.types import Alert, Endpoint, Event, Rule, Stats
from tests.support.findings import TS_NS, flow

INSIDE = "10.0.0.5"
OUTSIDE = "8.8.8.8"
PACKETS = itertools.count(1)


def site(*proxies: str) -> Site:
    """A place where 10.0.0.0/8 is ours."""
    return Site(LocalNetworks(("10.0.0.0/8",)), Stats(), frozenset(proxies))


def happened(
    what: str, client: str, server: str, at: float = 0, **facts: object
) -> Event:
    """An event called *what* (`kind name`), *at* seconds, on a connection of its own.

    The server says what servers say: challenges, and answers with a `State`.
    """
    kind, _, name = what.partition(" ")
    is_answer = name == "NTLM-Challenge"
    is_answer |= name.startswith("SMB") and "State" in facts
    ts_ns = TS_NS + round(at * 1_000_000_000)
    return Event(
        kind=kind,
        name=name,
        ts_ns=ts_ns,
        packet=next(PACKETS),
        file="a.pcap",
        flow=flow(Endpoint(client, 50000), Endpoint(server, 445)),
        from_client=not is_answer,
        facts={"Confidence": "negotiated", **facts},
    )


def judged(rule: Rule, events: Iterable[Event]) -> list[Alert]:
    """Let *rule* judge *events* in this order."""
    return [alert for event in events for alert in rule.check(event)]
