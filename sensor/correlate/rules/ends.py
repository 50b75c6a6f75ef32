"""Who sends to whom: what rules ask of an event's flow."""

from __future__ import annotations

from collections.abc import Iterator
from ipaddress import ip_address

from decoders import netbios_datagram
from sensor.addresses import is_public
from sensor.types import Endpoint, Event


def client_and_server(event: Event) -> tuple[Endpoint, Endpoint] | None:
    """Return who talks with whom, client first, or None while that is not known.

    These are the ends of the flow, but for a proxy: whom it was asked for counts, where
    that is an address.
    """
    client = event.flow.client
    if client is None:
        return None
    server = event.flow.ends[1 - client]
    return event.flow.ends[client], behind(server, event) or server


def behind(proxy: Endpoint, event: Event) -> Endpoint | None:
    """Return the address that *proxy* was asked for, if any.

    One that does not leave the house is no excuse for a proxy outside of it.
    """
    if "ProxyTarget" not in event.facts:
        return None
    host, _, port = str(event.facts["ProxyTarget"]).rpartition(":")
    try:
        target = Endpoint(str(ip_address(host.strip("[]"))), int(port))
    except ValueError:
        return None
    leaves = is_public(target.ip) or not is_public(proxy.ip)
    return target if leaves else None


def proxy_reasons(event: Event) -> Iterator[str]:
    """Say which proxy was asked, where it is not the server that was judged."""
    client = event.flow.client
    proxy = event.flow.ends[1 - (client or 0)]
    if client is not None and behind(proxy, event):
        yield f"The proxy {proxy.ip} was asked for {event.facts['ProxyTarget']}."


def is_smb(event: Event) -> bool:
    """Tell whether *event* is an SMB signature of a conversation.

    A NetBIOS datagram is none: machines announce themselves to all, and anybody can
    send one under any address.
    """
    is_datagram = event.facts.get("Carrier") == netbios_datagram.NAME
    is_named = event.kind == "signature" and event.name.startswith("SMB")
    return is_named and not is_datagram


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
