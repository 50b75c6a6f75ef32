"""Findings on their way from the process that made them to the one that judges.

A flow is one object on either side, however often it is sent: what it is equal to, and
what is learnt of it later, hangs on that.
"""

from __future__ import annotations

import io
import pickle
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, fields
from typing import IO, Any, Final

from sensor.pipeline import Finding
from sensor.types import Closed, Flow

STATE: Final = tuple(field.name for field in fields(Flow))


@dataclass(frozen=True, slots=True)
class Round:
    """What one worker found since its last round."""

    findings: list[Finding]
    until_ns: int
    "Packet time that it has reached."
    counts: Counter[str]
    "What its counters grew by."
    newest_ns: int
    "When the newest packet was captured."
    is_last: bool = False


class Sender:
    """Writes rounds down, and numbers their flows."""

    def __init__(self) -> None:
        self._numbers: dict[Flow, int] = {}
        self._next = 0

    def dump(self, one: Round) -> bytes:
        """Return *one* as bytes."""
        out = io.BytesIO()
        _Pickler(out, self).dump(one)
        for flow in _over(one.findings):
            self._numbers.pop(flow, None)
        return out.getvalue()

    def told(self, flow: Flow) -> tuple[int, dict[str, Any]]:
        """Return what is sent instead of *flow*."""
        if flow not in self._numbers:
            self._numbers[flow] = self._next
            self._next += 1
        state = {name: getattr(flow, name) for name in STATE}
        return self._numbers[flow], state


class Receiver:
    """Reads the rounds of one worker, and knows its flows by their numbers."""

    def __init__(self) -> None:
        self._flows: dict[int, Flow] = {}

    def load(self, data: bytes) -> Round:
        """Return the round that `Sender.dump` wrote."""
        one: Round = _Unpickler(io.BytesIO(data), self).load()
        over = set(_over(one.findings))
        if over:
            kept = self._flows.items()
            self._flows = {n: flow for n, flow in kept if flow not in over}
        return one

    def flow(self, told: tuple[int, dict[str, Any]]) -> Flow:
        """Return the flow that was *told*, with what is known of it by now."""
        number, state = told
        flow = self._flows.get(number)
        if flow is None:
            flow = self._flows[number] = Flow(**state)
        # What the handshake told outranks what the judge made out; nothing does not.
        learnt = state if state["client_by"] else {**state, **_client_of(flow)}
        for name, value in learnt.items():
            setattr(flow, name, value)
        return flow


def _client_of(flow: Flow) -> dict[str, Any]:
    return {"client": flow.client, "client_by": flow.client_by}


class _Pickler(pickle.Pickler):
    def __init__(self, out: IO[bytes], sender: Sender) -> None:
        super().__init__(out, pickle.HIGHEST_PROTOCOL)
        self._sender = sender

    def persistent_id(self, item: object) -> tuple[int, dict[str, Any]] | None:
        return self._sender.told(item) if isinstance(item, Flow) else None


class _Unpickler(pickle.Unpickler):
    def __init__(self, data: IO[bytes], receiver: Receiver) -> None:
        super().__init__(data)
        self._receiver = receiver

    def persistent_load(self, told: tuple[int, dict[str, Any]]) -> Flow:
        return self._receiver.flow(told)


def _over(findings: Iterable[Finding]) -> list[Flow]:
    """List the flows of which no more will be told."""
    return [finding.flow for finding in findings if isinstance(finding, Closed)]
