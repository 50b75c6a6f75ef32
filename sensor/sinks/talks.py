"""Which negotiations are under way, by the rows they gave."""

from __future__ import annotations

import json
import time
from collections import OrderedDict, deque
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

from sensor.limits import NEGOTIATION_NS, SHOWN_TALKS
from sensor.sinks.console import account, protocol
from sensor.types import Stats

UNDER_WAY: Final = ("negotiate", "challenge", "authenticate")
"States that another one follows."
LATELY: Final = 5


@dataclass(slots=True)
class Talk:
    """One connection on which something is negotiated."""

    device: str
    remote: str
    state: str
    begun: float
    heard: float
    "Seconds of the steady clock."
    name: str = ""
    user: str = ""

    @property
    def seconds(self) -> float:
        """How long it has been talking."""
        return self.heard - self.begun


class Talks:
    """Follows rows of DeviceNetworkEvents; remembers SHOWN_TALKS at most.

    Those beyond are not shown (`console.talks_not_shown`).
    """

    def __init__(
        self, stats: Stats, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self.lately: deque[Talk] = deque(maxlen=LATELY)
        "Those that ended last, the latest at the end."
        self._stats = stats
        self._clock = clock
        self._open: OrderedDict[str, Talk] = OrderedDict()

    def take(self, row: dict[str, Any]) -> None:
        """Take in one row."""
        fields = json.loads(row["AdditionalFields"] or "{}")
        facts = fields.get("Netsig", {})
        if "State" not in facts:
            return
        talk = self._talk(row, facts["CommunityId"])
        talk.state, talk.heard = facts["State"], self._clock()
        talk.name = protocol(fields.get("SignatureName", talk.name))
        talk.user = account(facts) or talk.user
        if talk.state not in UNDER_WAY:
            self._open.pop(facts["CommunityId"], None)
        if row["ActionType"] == "NtlmAuthenticationInspected":
            talk.name = "NTLM"
            self.lately.append(talk)

    def under_way(self) -> list[Talk]:
        """Return those that are not over, the one heard last first."""
        since = self._clock() - NEGOTIATION_NS / 1e9
        talks = [talk for talk in list(self._open.values()) if talk.heard >= since]
        return talks[::-1]

    def _talk(self, row: dict[str, Any], key: str) -> Talk:
        talk = self._open.pop(key, None)
        if talk is None:
            now = self._clock()
            device, remote = row["LocalIP"], row["RemoteIP"]
            ends = f"{device}:{row['LocalPort']}", f"{remote}:{row['RemotePort']}"
            talk = Talk(*ends, state="", begun=now, heard=now)
        self._open[key] = talk
        if len(self._open) > SHOWN_TALKS:
            _, lost = self._open.popitem(last=False)
            fresh = self._clock() - lost.heard < NEGOTIATION_NS / 1e9
            self._stats.add("console.talks_not_shown", fresh)
        return talk
