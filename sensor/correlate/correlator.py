"""Observations in, events and alerts out: who negotiates with whom, and how it ends.

Time is packet time.  Whatever is called first lets what fell silent end, so that the
same packets give the same events in the same order however they are cut into batches.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Generator, Iterator
from typing import Final

from decoders.carrier import Answer
from decoders.messages import UNCLAIMED, Found, Message
from sensor import limits
from sensor.addresses import LocalNetworks
from sensor.correlate import context, copies, direction, events, pairing, steps
from sensor.correlate.conversation import Conversation
from sensor.correlate.exchange import Exchange
from sensor.correlate.negotiation import Kind, step
from sensor.correlate.rules import RULES
from sensor.correlate.rules.site import Site
from sensor.types import (
    Alert,
    Closed,
    Connection,
    Event,
    Flow,
    Observation,
    Rule,
    Stats,
)

Told = Iterator[Event | Alert]

_UNSURE: Final = ("port", "magic")
_ENDS: Final = {"reset": Kind.RESET, "evicted": Kind.LOST}
_MISSING: Final = frozenset({"gap", "truncated", "one-sided"})


class Correlator:
    """Follows every negotiation to its outcome.

    *local* says which public addresses are ours, *proxies* which hosts hand logons
    through; *stats* counts what was let go.
    """

    def __init__(
        self, local: LocalNetworks, stats: Stats, proxies: frozenset[str] = frozenset()
    ) -> None:
        self._stats = stats
        self._rules: tuple[Rule, ...] = ()
        self.judge_by(local, proxies)
        self._conversations: OrderedDict[Flow, Conversation] = OrderedDict()
        self._open: OrderedDict[int, tuple[Conversation, Exchange]] = OrderedDict()
        "Exchanges by identity, the one quiet for longest first."

    def judge_by(self, local: LocalNetworks, proxies: frozenset[str]) -> None:
        """Judge by these from now on; what rules remember over connections goes."""
        site = Site(local, self._stats, proxies)
        self._rules = tuple(rule(site) for rule in RULES)

    def observe(self, observation: Observation) -> Told:
        """Give the events that one found message brings about."""
        yield from self.tick(observation.ts_ns)
        yield from self._make_room(observation.flow)
        conversation = self._conversation(observation.flow)
        direction.orient(observation)
        copies.note(conversation, observation)
        context.note(conversation, observation.found)
        exchange = yield from self._place(conversation, observation)
        for found in (observation.found, *observation.found.inner):
            yield from self._sign(conversation, observation, found, exchange)
        opened = events.access(conversation, observation)
        if opened:
            yield from self._judge(conversation, opened)
        if exchange and exchange.is_settled:
            yield from self._end(conversation, exchange, Kind.ENDED)

    def connect(self, connection: Connection) -> Told:
        """Give the event of a step in a flow's TCP life."""
        yield from self.tick(connection.ts_ns)
        flow = connection.flow
        direction.orient_by_port(flow)
        conversation = self._conversations.get(flow) or Conversation(flow)
        yield from self._tell(conversation, events.connection(connection))

    def close(self, closed: Closed) -> Told:
        """Give the events of negotiations that a flow's end leaves without outcome."""
        yield from self.tick(closed.ts_ns)
        conversation = self._conversations.get(closed.flow)
        if conversation:
            yield from self._dismiss(conversation, _ENDS.get(closed.how, Kind.ENDED))

    def tick(self, now_ns: int) -> Told:
        """Give the events of negotiations that were silent for too long at *now_ns*."""
        while self._open:
            conversation, exchange = next(iter(self._open.values()))
            if now_ns - exchange.ts_ns <= limits.NEGOTIATION_NS:
                return
            yield from self._end(conversation, exchange, Kind.ENDED)

    def finish(self, now_ns: int) -> Told:
        """Give the events of all that is still open: no more packets will come."""
        yield from self.tick(now_ns)
        for conversation in list(self._conversations.values()):
            yield from self._dismiss(conversation, Kind.ENDED)

    def _conversation(self, flow: Flow) -> Conversation:
        conversation = self._conversations.setdefault(flow, Conversation(flow))
        self._conversations.move_to_end(flow)
        return conversation

    def _make_room(self, flow: Flow) -> Told:
        if flow in self._conversations:
            return
        if len(self._conversations) >= limits.CONVERSATIONS:
            self._stats.add("correlate.conversations_evicted")
            oldest = next(iter(self._conversations.values()))
            yield from self._dismiss(oldest, Kind.LOST)

    def _dismiss(self, conversation: Conversation, kind: Kind) -> Told:
        for exchange in list(conversation.exchanges.values()):
            yield from self._end(conversation, exchange, kind)
        del self._conversations[conversation.flow]

    def _place(
        self, conversation: Conversation, observation: Observation
    ) -> Generator[Event | Alert, None, Exchange | None]:
        """Find the exchange that a message belongs to, and let it take its steps."""
        message = observation.found.message
        if pairing.is_negotiate(message):
            return (yield from self._negotiate(conversation, observation))
        taken = steps.of(observation.found)
        if not taken and not pairing.is_session_setup(message):
            return None
        exchange = self._find(conversation, observation)
        if exchange is None and [one.kind for one in taken] == [Kind.AUTHENTICATE]:
            exchange = _nameless(conversation, message) or conversation.unanswered()
        if exchange is None:
            if isinstance(message, Answer):
                return None
            exchange = yield from self._begin(conversation, observation)
        for one in taken:
            if not exchange.accepts(one.kind, observation):
                yield from self._end(conversation, exchange, Kind.ENDED)
                exchange = yield from self._begin(conversation, observation)
            exchange.take(one, observation)
        self._touch(conversation, exchange, observation)
        return exchange

    def _find(
        self, conversation: Conversation, observation: Observation
    ) -> Exchange | None:
        session, own = pairing.keys(observation.found.message)
        exchange = conversation.find(session, own)
        twin = conversation.twin(exchange, own) if exchange else None
        if exchange and twin:
            exchange.absorb(twin)
            conversation.drop(twin)
            self._open.pop(id(twin), None)
        return exchange

    def _negotiate(
        self, conversation: Conversation, observation: Observation
    ) -> Generator[Event | Alert, None, Exchange | None]:
        """Follow an SMB NEGOTIATE, which a session setup will take up."""
        if conversation.has_setup:
            return None
        exchange = conversation.negotiation
        if exchange is None:
            exchange = yield from self._open_exchange(conversation, observation)
            conversation.negotiation = exchange
        exchange.state, _ = step(exchange.state, Kind.NEGOTIATE)
        for one in steps.of(observation.found):
            exchange.take(one, observation)
        self._touch(conversation, exchange, observation)
        return exchange

    def _begin(
        self, conversation: Conversation, observation: Observation
    ) -> Generator[Event | Alert, None, Exchange]:
        """Open the exchange of a session setup or a stream, found by its keys."""
        exchange = None
        if pairing.is_session_setup(observation.found.message):
            exchange = conversation.take_negotiation()
        if exchange is None:
            exchange = yield from self._open_exchange(conversation, observation)
        exchange.carrier = observation.found.carrier
        return exchange

    def _open_exchange(
        self, conversation: Conversation, observation: Observation
    ) -> Generator[Event | Alert, None, Exchange]:
        if len(conversation.exchanges) >= limits.EXCHANGES:
            self._stats.add("correlate.exchanges_evicted")
            oldest = next(iter(conversation.exchanges.values()))
            yield from self._end(conversation, oldest, Kind.LOST)
        message = observation.found.message
        is_smb = pairing.is_session_setup(message) or pairing.is_negotiate(message)
        return conversation.begin(observation.found.carrier, not is_smb)

    def _touch(
        self, conversation: Conversation, exchange: Exchange, observation: Observation
    ) -> None:
        message = observation.found.message
        exchange.touch(observation)
        if not pairing.is_negotiate(message):
            conversation.file(exchange, *pairing.keys(message))
        self._open[id(exchange)] = (conversation, exchange)
        self._open.move_to_end(id(exchange))

    def _sign(
        self,
        conversation: Conversation,
        observation: Observation,
        found: Found,
        exchange: Exchange | None,
    ) -> Told:
        side, message = observation.side, found.message
        if events.is_due(conversation, side, message):
            event = events.signature(conversation, observation, found, exchange)
            if exchange:
                exchange.confidence = str(event.facts["Confidence"])
            yield from self._tell(conversation, event)
            conversation.signatures.add((event.name, side))

    def _end(self, conversation: Conversation, exchange: Exchange, kind: Kind) -> Told:
        """Let an exchange end as *kind*, or as what kept its outcome from us."""
        exchange.end(_ending(conversation, exchange, kind))
        conversation.drop(exchange)
        self._open.pop(id(exchange), None)
        self._stats.add(f"correlate.negotiations_{exchange.state}")
        if exchange.is_ntlm:
            yield from self._tell(conversation, events.ntlm(conversation, exchange))

    def _tell(self, conversation: Conversation, event: Event) -> Told:
        yield event
        yield from self._judge(conversation, event)

    def _judge(self, conversation: Conversation, event: Event) -> Iterator[Alert]:
        """Let the rules judge what is not, as it seems, a copy in a file."""
        if event.facts.get("Confidence") in _UNSURE:
            return
        for rule in self._rules:
            for alert in rule.check(event):
                if self._is_news(conversation, alert):
                    yield alert

    def _is_news(self, conversation: Conversation, alert: Alert) -> bool:
        key = (alert.rule, alert.title)
        if key in conversation.alerts:
            self._stats.add("correlate.alerts_repeated")
            return False
        if len(conversation.alerts) >= limits.ALERTS:
            self._stats.add("correlate.alerts_suppressed")
            return False
        conversation.alerts.add(key)
        return True


def _nameless(conversation: Conversation, message: Message) -> Exchange | None:
    session, own = pairing.keys(message)
    is_smb = own != pairing.STREAM
    return conversation.challenged() if is_smb and session is None else None


def _ending(conversation: Conversation, exchange: Exchange, kind: Kind) -> Kind:
    if exchange.carrier == UNCLAIMED and Kind.AUTHENTICATE in exchange.seen:
        return Kind.UNTOLD
    missing = _MISSING & (conversation.flow.flags | exchange.flags)
    return Kind.LOST if kind is Kind.ENDED and missing else kind
