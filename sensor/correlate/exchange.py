"""One negotiation: its state, and what its messages said."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final

from decoders.messages import UNCLAIMED
from sensor.correlate.facts import Facts
from sensor.correlate.negotiation import ORDER, Kind, State, step
from sensor.correlate.pairing import Key
from sensor.correlate.steps import Step
from sensor.types import Observation

OUTCOMES: Final = (State.SUCCESS, State.FAILED)
_SAID_BY_SERVER: Final = (Kind.CHALLENGE, Kind.SUCCESS, Kind.FAILED)
# What an exchange takes over from each of its messages; OsVersion is the server's.
_LEARNT: Final = {
    Kind.NEGOTIATE: ("NegotiateFlags", "Workstation", "Domain"),
    Kind.CHALLENGE: (
        "NegotiateFlags",
        "ServerChallenge",
        "TargetName",
        "TargetInfo",
        "OsVersion",
    ),
    Kind.AUTHENTICATE: (
        "NegotiateFlags",
        "User",
        "Domain",
        "Workstation",
        "NtlmVersion",
        "Mic",
        "TargetInfo",
    ),
}


@dataclass(slots=True)
class Exchange:
    """One negotiation, as far as it was seen."""

    carrier: str
    is_stream: bool
    "Whether only the order on the flow ties its messages together."
    state: State = State.START
    session: Key | None = None
    "What its carrier calls the session, once known."
    keys: list[Key] = field(default_factory=list)
    "Under which its conversation knows it."
    seen: dict[Kind, tuple[int, int]] = field(default_factory=dict)
    "When (ns) and from which side each kind of message came."
    is_ntlm: bool = False
    facts: dict[Kind, Facts] = field(default_factory=dict)
    context: Facts = field(default_factory=dict)
    "What its carrier said besides: `Host`, `Path`, ..."
    status: str | None = None
    flags: set[str] = field(default_factory=set)
    confidence: str = ""
    ts_ns: int = 0
    packet: int = 0
    file: str = ""

    @property
    def is_settled(self) -> bool:
        """Whether nothing more is to come: answered, and what was answered was seen."""
        return self.state in OUTCOMES and Kind.AUTHENTICATE in self.seen

    @property
    def is_two_sided(self) -> bool:
        """Whether a challenge met its client's messages."""
        return Kind.CHALLENGE in self.seen and len(self.seen) > 1

    def accepts(self, kind: Kind, observation: Observation) -> bool:
        """Tell whether a message of *kind* can belong here, early or late.

        One that was seen already, comes from the wrong side, or is later than what it
        should come before, belongs to the next negotiation.
        """
        if kind in self.seen:
            return False
        if not self._is_side_right(kind, observation.side):
            return False
        if not (self.is_stream or self.state in OUTCOMES):
            return True
        after = [ts for k, (ts, _) in self.seen.items() if ORDER[k] > ORDER[kind]]
        return all(observation.ts_ns <= ts for ts in after)

    def touch(self, observation: Observation) -> None:
        """Note that *observation* belongs here."""
        if observation.ts_ns >= self.ts_ns:
            self.ts_ns, self.packet = observation.ts_ns, observation.packet
            self.file = observation.file
        self.flags |= observation.flags

    def take(self, one: Step, observation: Observation) -> None:
        """Take the step *one*, and learn what it says."""
        self.state, expected = step(self.state, one.kind)
        self.seen[one.kind] = (observation.ts_ns, observation.side)
        self.context |= observation.found.facts
        if self.carrier == UNCLAIMED:
            self.carrier = observation.found.carrier
        if not expected:
            self.flags.add("out-of-order")
        if one.is_ntlm:
            self.is_ntlm = True
            names = _LEARNT[one.kind]
            self.facts[one.kind] = {n: one.facts[n] for n in names if n in one.facts}
        else:
            self.status = str(one.facts["Status"])

    def absorb(self, twin: Exchange) -> None:
        """Take over what *twin*, the same exchange, has seen."""
        for kind in twin.seen:
            self.state, _ = step(self.state, kind)
        self.seen |= twin.seen
        self.facts |= twin.facts
        self.flags |= twin.flags
        self.context |= twin.context
        self.is_ntlm |= twin.is_ntlm

    def end(self, kind: Kind) -> None:
        """Take the last step, *kind*."""
        self.state, _ = step(self.state, kind)

    def summary(self) -> Facts:
        """Return what all messages said; where they differ, the last of them counts.

        The server's own TargetInfo outranks the client's copy of it.
        """
        merged = dict(self.context)
        for kind in sorted(self.facts, key=ORDER.__getitem__):
            merged |= self.facts[kind]
        challenge = self.facts.get(Kind.CHALLENGE, {})
        if "TargetInfo" in challenge:
            merged["TargetInfo"] = challenge["TargetInfo"]
        return merged

    def _is_side_right(self, kind: Kind, side: int) -> bool:
        """Tell whether what clients and what servers say comes from different ends."""
        is_server = kind in _SAID_BY_SERVER
        return all(
            (side == other) == (is_server == (k in _SAID_BY_SERVER))
            for k, (_, other) in self.seen.items()
        )
