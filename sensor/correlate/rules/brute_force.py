"""One host tries one account again and again: it guesses the password."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from sensor.correlate.rules.ends import account_of, client_and_server
from sensor.correlate.rules.failures import FAILURES, account, attempt, is_failure
from sensor.correlate.rules.site import Site
from sensor.correlate.rules.tally import Tally
from sensor.correlate.rules.told import Told
from sensor.types import Alert, Event

WINDOW_NS: Final = 60_000_000_000
"In which FAILURES are too many: one minute."


class BruteForce:
    """Count the failures of each account from each host."""

    def __init__(self, site: Site) -> None:
        self._site = site
        self._failures = Tally(WINDOW_NS, site.stats)
        self._told = Told(site.stats)

    def check(self, event: Event) -> Iterator[Alert]:
        """Judge a logon that failed."""
        ends = client_and_server(event)
        if ends is None or not is_failure(event) or not self._site.concerns(*ends):
            return
        client, server = ends[0].ip, ends[1].ip
        subject = client, account(event)
        most = self._site.threshold(client, FAILURES)
        failures = self._failures.add(subject, attempt(event), event, most)
        if len(failures) < most or not self._told.is_news(subject, event.ts_ns):
            return
        who = account_of(event)
        yield Alert(
            rule="brute-force",
            title=f"{client} guesses the password of {who}",
            severity="High",
            category="CredentialAccess",
            techniques=("Password Guessing (T1110.001)",),
            ts_ns=event.ts_ns,
            reasons=(
                f"{client} failed to log on as {who} {most} times in a minute.",
                f"The last to refuse it was {server}{_status(event)}.",
            ),
            events=self._site.evidence(failures),
        )


def _status(event: Event) -> str:
    status = event.facts.get("Status")
    return f", with {status}" if status else ""
