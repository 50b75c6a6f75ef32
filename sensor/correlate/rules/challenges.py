"""The challenges of servers: eight random bytes, for one logon each."""

from __future__ import annotations

from sensor.correlate.rules.ends import is_sure
from sensor.types import Event


def challenge_of(event: Event) -> str | None:
    """Return the challenge (hex) that a server gives in *event*, or None.

    Bytes that only one side said may be those of a file in transit, and do not count.
    """
    if event.kind != "signature" or event.from_client is not False:
        return None
    challenge = event.facts.get("ServerChallenge")
    return challenge if isinstance(challenge, str) and is_sure(event) else None
