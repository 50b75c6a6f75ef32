"""Who sends to whom: what rules ask of an event's flow."""

from __future__ import annotations

from sensor.types import Endpoint, Event


def client_and_server(event: Event) -> tuple[Endpoint, Endpoint] | None:
    """Return both ends of the flow, client first, or None while they are not known."""
    client = event.flow.client
    if client is None:
        return None
    return event.flow.ends[client], event.flow.ends[1 - client]


def is_smb(event: Event) -> bool:
    """Tell whether *event* is an SMB signature."""
    return event.kind == "signature" and event.name.startswith("SMB")


def listed(fact: object) -> list[object]:
    """Return a fact that is a list, or an empty one if it is unknown."""
    return fact if isinstance(fact, list) else []


def account_of(event: Event) -> str:
    r"""Return the account that *event* names: `CORP\alice`."""
    user = event.facts.get("User") or "an unnamed account"
    domain = event.facts.get("Domain")
    return f"{domain}\\{user}" if domain else str(user)


def is_sure(event: Event) -> bool:
    """Tell whether both ends spoke: not bytes of a file in transit, for instance."""
    return event.facts.get("Confidence") in ("both-directions", "negotiated")
