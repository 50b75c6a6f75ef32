"""What rules are given of the place they watch."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from sensor import limits
from sensor.addresses import LocalNetworks
from sensor.types import Endpoint, Event, Stats

LOCAL_FACTOR: Final = 10
"Hosts of ours have reason to talk to many: simple-scan allows them ten times as much."


@dataclass(frozen=True, slots=True)
class Site:
    """Whose hosts are ours, which of them hand logons through, and what was let go."""

    local: LocalNetworks
    stats: Stats
    proxies: frozenset[str] = frozenset()
    "Addresses (canonical text) of proxies and load balancers."

    def threshold(self, source: str, remote: int) -> int:
        """Return how many are too many from *source*: *remote* from outside."""
        return remote * LOCAL_FACTOR if source in self.local else remote

    def evidence(self, events: tuple[Event, ...]) -> tuple[Event, ...]:
        """Return as many of *events* as an alert shows, the latest ones."""
        left_out = max(0, len(events) - limits.EVIDENCE)
        self.stats.add("correlate.evidence_left_out", left_out)
        return events[left_out:]

    def concerns(self, *ends: Endpoint) -> bool:
        """Tell whether any of the *ends* is ours."""
        return any(end.ip in self.local for end in ends)
