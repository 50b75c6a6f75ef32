"""A host whose administrative share was opened opens those of others: it spreads."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from sensor import limits
from sensor.correlate.rules.ends import client_and_server
from sensor.correlate.rules.recent import Recent
from sensor.correlate.rules.site import Site
from sensor.correlate.rules.tally import Tally
from sensor.correlate.rules.told import Told
from sensor.types import Alert, Event

WINDOW_NS: Final = 600_000_000_000
"From being a target to being a source: ten minutes."
SERVERS: Final = 3
"Hosts that make it a habit: once is an administrator, twice may be."

_SHARE: Final = re.compile(r"(?i)(?:.*\\)?(ADMIN|[A-Z])\$")


class SmbWorm:
    """Remember whose administrative shares were opened, and what they do then."""

    def __init__(self, site: Site) -> None:
        self._site = site
        self._targets: Recent[str, Event] = Recent(
            WINDOW_NS, limits.TARGETS, site.stats, "correlate.targets_forgotten"
        )
        self._spread = Tally(WINDOW_NS, site.stats)
        self._told = Told(site.stats)

    def check(self, event: Event) -> Iterator[Alert]:
        """Judge the opening of a share."""
        ends = client_and_server(event)
        if ends is None or not _is_admin_share(event):
            return
        client, server = ends[0].ip, ends[1].ip
        if client not in self._site.local or server not in self._site.local:
            return
        before = self._targets.get(client, event.ts_ns)
        self._targets.put(server, event, event.ts_ns)
        if before is None or not _is_passed_on(before, event):
            return
        spread = self._spread.add(client, server, event, SERVERS)
        if len(spread) < SERVERS or not self._told.is_news(client, event.ts_ns):
            return
        yield Alert(
            rule="smb-worm",
            title=f"{client} spreads over SMB, as it was reached itself",
            severity="High",
            category="LateralMovement",
            techniques=("SMB/Windows Admin Shares (T1021.002)",),
            ts_ns=event.ts_ns,
            reasons=tuple(_reasons(before, spread)),
            events=(before, *spread),
        )


def _is_admin_share(event: Event) -> bool:
    is_tree = event.kind == "access" and event.name == "tree"
    if not is_tree or event.facts.get("Confidence") == "magic":
        return False
    return _SHARE.fullmatch(str(event.facts["Tree"])) is not None


def _is_passed_on(before: Event, event: Event) -> bool:
    """Tell whether the target of *before* goes on to a third host."""
    origin, server = before.flow, event.flow
    is_back = server.ends[1 - (server.client or 0)].ip == _client(before)
    return origin is not server and before.ts_ns <= event.ts_ns and not is_back


def _client(event: Event) -> str:
    return event.flow.ends[event.flow.client or 0].ip


def _reasons(before: Event, spread: tuple[Event, ...]) -> Iterator[str]:
    host = _client(spread[-1])
    yield f"{_client(before)} opened {before.facts['Tree']} on {host}."
    seconds = (spread[-1].ts_ns - before.ts_ns) // 1_000_000_000
    shares = ", ".join(str(event.facts["Tree"]) for event in spread)
    yield f"Within {seconds} s of that {host} opened {shares}."
    yield "These shares are for administrators; what was done to it, it does to others."
