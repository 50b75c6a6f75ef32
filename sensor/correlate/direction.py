"""Who is the client: told by handshake, reply bits, message types, then ports."""

from __future__ import annotations

from typing import Final

from decoders import ntlmssp, tls
from decoders.messages import Found
from sensor.types import Flow, Observation

# Strongest last. What bytes say outranks what a port number suggests.
EVIDENCE: Final = ("", "port", "message-type", "reply-bit", "handshake")

_SERVER_PORTS: Final = (139, 445)


def orient(observation: Observation) -> None:
    """Set who is the client of the flow, if *observation* tells it better."""
    flow, found = observation.flow, observation.found
    if found.from_client is not None:
        client = observation.side if found.from_client else 1 - observation.side
        _settle(flow, client, _evidence(found))
    orient_by_port(flow)


def orient_by_port(flow: Flow) -> None:
    """Take the end on port 139 or 445 for the server, if nothing better is known."""
    at_server = [end.port in _SERVER_PORTS for end in flow.ends]
    if at_server[0] != at_server[1]:
        _settle(flow, at_server.index(False), "port")


def on_smb_port(flow: Flow) -> bool:
    """Tell whether one end uses a port of SMB."""
    return any(end.port in _SERVER_PORTS for end in flow.ends)


def from_client(observation: Observation, found: Found) -> bool | None:
    """Tell whether the client sent *found*: by the flow, else by what it says."""
    client = observation.flow.client
    return found.from_client if client is None else observation.side == client


def _evidence(found: Found) -> str:
    is_typed = isinstance(found.message, ntlmssp.Message | tls.Hello)
    return "message-type" if is_typed else "reply-bit"


def _settle(flow: Flow, client: int, evidence: str) -> None:
    if EVIDENCE.index(evidence) > EVIDENCE.index(flow.client_by):
        flow.client, flow.client_by = client, evidence
