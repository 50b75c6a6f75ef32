"""One host tries many accounts, each a few times: a password or two for all."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from sensor.correlate.rules.ends import account_of, client_and_server
from sensor.correlate.rules.failures import FAILURES, account, attempt, is_failure
from sensor.correlate.rules.site import Site
from sensor.correlate.rules.tally import Tally
from sensor.correlate.rules.told import Told
from sensor.types import Alert, Event

WINDOW_NS: Final = 900_000_000_000
"In which ACCOUNTS are too many: 15 minutes, since sprayers take their time."
ACCOUNTS: Final = 5
"Accounts that are too many for a host from outside."


class PasswordSpray:
    """Count the accounts that each host failed to log on as, now and then."""

    def __init__(self, site: Site) -> None:
        self._site = site
        self._failures = Tally(WINDOW_NS, site.stats)
        self._accounts = Tally(WINDOW_NS, site.stats)
        self._told = Told(site.stats)

    def check(self, event: Event) -> Iterator[Alert]:
        """Judge a logon that failed."""
        ends = client_and_server(event)
        if ends is None or not is_failure(event) or not self._site.concerns(*ends):
            return
        client, who = ends[0].ip, account(event)
        failures = self._failures.add((client, who), attempt(event), event, FAILURES)
        if len(failures) >= FAILURES:
            self._accounts.drop(client, who)  # no spraying: one account is meant
            return
        most = self._site.threshold(client, ACCOUNTS)
        sprayed = self._accounts.add(client, who, event, most)
        if len(sprayed) < most or not self._told.is_news(client, event.ts_ns):
            return
        yield Alert(
            rule="password-spray",
            title=f"{client} tries passwords on many accounts",
            severity="High",
            category="CredentialAccess",
            techniques=("Password Spraying (T1110.003)",),
            ts_ns=event.ts_ns,
            reasons=tuple(_reasons(sprayed, client)),
            events=self._site.evidence(sprayed),
        )


def _reasons(sprayed: tuple[Event, ...], client: str) -> Iterator[str]:
    count = len(sprayed)
    yield f"{client} failed to log on as {count} accounts within 15 minutes."
    yield f"It tried none of them {FAILURES} times."
    yield f"The last of them was {account_of(sprayed[-1])}."
