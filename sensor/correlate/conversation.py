"""What is remembered of one flow: its open negotiations, and what holds for all."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import NamedTuple

from sensor.correlate.exchange import Exchange
from sensor.correlate.facts import Facts
from sensor.correlate.negotiation import State
from sensor.correlate.pairing import Key
from sensor.types import Flow


class Role(NamedTuple):
    """An end of a flow, and as what it speaks."""

    is_smb: bool
    side: int
    is_client: bool | None
    "By what its message says; None where that says nothing."


@dataclass(slots=True)
class Conversation:
    """One flow on which SMB or NTLM was found."""

    flow: Flow
    heard: set[Role] = field(default_factory=set)
    "Which ends were heard speaking SMB or NTLM, and as what."
    began: set[int] = field(default_factory=set)
    "Ends whose stream begins with SMB."
    signatures: set[tuple[str, int]] = field(default_factory=set)
    "Names of the SMB signatures seen, by side."
    context: Facts = field(default_factory=dict)
    "What holds for later messages: Dialect, Netname, Tree."
    server: Facts = field(default_factory=dict)
    "Signing, ServerChallenge, TargetInfo, as the server's negotiate reply says."
    offered: tuple[str, ...] = ()
    "SMB1 dialects the client offered."
    exchanges: dict[int, Exchange] = field(default_factory=dict)
    "The open ones by identity, in order of their beginning."
    index: dict[Key, Exchange] = field(default_factory=dict)
    negotiation: Exchange | None = None
    "An SMB NEGOTIATE that no session setup has taken up yet."
    has_setup: bool = False
    "Whether a session setup was seen."
    alerts: set[tuple[object, ...]] = field(default_factory=set)
    "Rule, domain and user of the alerts already given."

    def is_answered(self, is_smb: bool) -> bool:
        """Tell whether both ends speak SMB (or NTLM), each in one role, not the same.

        Who sends both questions and answers sends a copy of what others said.
        """
        heard = [role for role in self.heard if role.is_smb == is_smb]
        known = [role for role in heard if role.is_client is not None]
        sides = {role.side for role in heard}
        return len(sides) == 2 and all(
            (one.side == other.side) == (one.is_client == other.is_client)
            for one in known
            for other in known
        )

    def find(self, session: Key | None, own: Key) -> Exchange | None:
        """Return the open exchange that a message with these keys belongs to."""
        if session and session in self.index:
            return self.index[session]
        exchange = self.index.get(own)
        if exchange and session and exchange.session:
            return None  # the same message number in two sessions
        return exchange

    def challenged(self) -> Exchange | None:
        """Return the newest exchange that waits for type 3 and has no session's name.

        Some servers never give one; then the order on the flow has to do.
        """
        for exchange in reversed(self.exchanges.values()):
            is_waiting = exchange.state is State.CHALLENGE and not exchange.is_stream
            if is_waiting and not exchange.session:
                return exchange
        return None

    def unanswered(self) -> Exchange | None:
        """Return the newest exchange with a type 1 only, if the server is not heard.

        Only the server's reply would tell which session a type 1 became.
        """
        if len({role.side for role in self.heard}) > 1:
            return None
        for exchange in reversed(self.exchanges.values()):
            is_asking = exchange.state is State.NEGOTIATE and not exchange.is_stream
            if is_asking and not exchange.session:
                return exchange
        return None

    def twin(self, exchange: Exchange, own: Key) -> Exchange | None:
        """Return the other open exchange that turns out to be the same as *exchange*.

        A first request is known by its number alone, a second one by its session; when
        the client is heard first, only the server's reply tells that both are one.
        """
        other = self.index.get(own)
        if other is None or other is exchange or other.session:
            return None
        return None if exchange.seen.keys() & other.seen.keys() else other

    def begin(self, carrier: str, is_stream: bool) -> Exchange:
        """Open an exchange."""
        exchange = Exchange(carrier, is_stream)
        self.exchanges[id(exchange)] = exchange
        return exchange

    def take_negotiation(self) -> Exchange | None:
        """Hand over the SMB NEGOTIATE that waits for its session setup, if any."""
        waiting, self.negotiation = self.negotiation, None
        self.has_setup = True
        return waiting

    def file(self, exchange: Exchange, session: Key | None, own: Key) -> None:
        """Let *exchange* be found by these keys, also where an older one was."""
        is_nameless = not exchange.keys or exchange.session is None
        if session and exchange.session is None:
            exchange.session = session
            self._give(session, exchange)
        if is_nameless and own not in exchange.keys:
            self._give(own, exchange)

    def drop(self, exchange: Exchange) -> None:
        """Forget an exchange that has ended."""
        self.exchanges.pop(id(exchange), None)
        if self.negotiation is exchange:
            self.negotiation = None
        for key in exchange.keys:
            if self.index.get(key) is exchange:
                del self.index[key]

    def _give(self, key: Key, exchange: Exchange) -> None:
        self.index[key] = exchange
        exchange.keys.append(key)
