"""What a person wants to know: alerts first, then who negotiated with whom.

Rows are gathered, a bounded number of them; at the end they are shown.
"""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import dataclass, field
from typing import Any, TextIO

from sensor.limits import SHOWN_ALERTS, SHOWN_PAIRS
from sensor.types import Stats


@dataclass(slots=True)
class Pair:
    """What was seen between a device and a remote on one service port."""

    names: Counter[str] = field(default_factory=Counter)
    "Signatures, by protocol."
    connections: Counter[str] = field(default_factory=Counter)
    "Connection rows, by ActionType."
    dialects: Counter[str] = field(default_factory=Counter)
    users: Counter[str] = field(default_factory=Counter)
    "`DOMAIN\\user (NTLM version)`."
    states: Counter[str] = field(default_factory=Counter)
    "How authentications ended."


@dataclass(slots=True)
class AlertShown:
    """An AlertInfo row with the entities of its AlertEvidence rows."""

    info: dict[str, Any]
    entities: dict[str, Any] = field(default_factory=dict)
    reasons: list[str] = field(default_factory=list)
    packet: str = ""
    "Number and file of the packet that set it off."


PairKey = tuple[str, str, str, int]
"Device, its address, remote address, service port."


class Summary:
    """Gathers rows of the defender schema and shows them on *stream* when closed."""

    name = "console"

    def __init__(self, stream: TextIO, stats: Stats) -> None:
        self._stream = stream
        self._stats = stats
        self.alerts: dict[str, AlertShown] = {}
        self.pairs: dict[PairKey, Pair] = {}

    def write(self, table: str, row: dict[str, Any]) -> None:
        """Gather one row."""
        if table == "AlertInfo":
            self._alert(row)
        elif table == "AlertEvidence":
            self._evidence(row)
        else:
            self._network(row)

    def close(self) -> None:
        """Show what was gathered."""
        from sensor.sinks.summary import show  # rich takes 0.1 s to import

        show(self._stream, self.alerts, self.pairs, self._stats)

    def _alert(self, row: dict[str, Any]) -> None:
        if len(self.alerts) >= SHOWN_ALERTS:
            self._stats.add("console.alerts_not_shown")
            return
        self.alerts[row["AlertId"]] = AlertShown(row)

    def _evidence(self, row: dict[str, Any]) -> None:
        alert = self.alerts.get(row["AlertId"])
        if alert is None:
            return
        known = {column: value for column, value in row.items() if value is not None}
        alert.entities = known | alert.entities
        facts = json.loads(row["AdditionalFields"])["Netsig"]
        alert.reasons = facts["Reasons"]
        alert.packet = f"{facts['Packet']} of {facts['File']}"

    def _network(self, row: dict[str, Any]) -> None:
        pair = self._pair(row)
        if pair is None:
            return
        fields = json.loads(row["AdditionalFields"] or "{}")
        facts = fields.get("Netsig", {})
        if row["ActionType"] == "NetworkSignatureInspected":
            pair.names[protocol(fields["SignatureName"])] += 1
        elif row["ActionType"] == "NtlmAuthenticationInspected":
            pair.users[account(facts)] += 1
            pair.states[facts.get("State", "")] += 1
        else:
            pair.connections[row["ActionType"]] += 1
        if facts.get("Dialect") is not None:
            pair.dialects[str(facts["Dialect"])] += 1

    def _pair(self, row: dict[str, Any]) -> Pair | None:
        # Ephemeral ports are high: the lower of the two is the service's.
        port = min(row["LocalPort"], row["RemotePort"])
        key = row["DeviceName"] or "", row["LocalIP"], row["RemoteIP"], port
        if key not in self.pairs and len(self.pairs) >= SHOWN_PAIRS:
            self._stats.add("console.pairs_not_shown")
            return None
        return self.pairs.setdefault(key, Pair())


def protocol(signature: str) -> str:
    """Return *signature* without the type of NTLM message; all of these come anyway."""
    return "NTLM" if signature.startswith("NTLM-") else signature


def account(facts: dict[str, Any]) -> str:
    r"""Return who authenticated and how: `CORP\alice (NTLMv2)`."""
    domain, user = facts.get("Domain"), facts.get("User")
    name = f"{domain}\\{user}" if domain else str(user or "")
    version = facts.get("NtlmVersion")
    return f"{name} ({version})" if version else name
