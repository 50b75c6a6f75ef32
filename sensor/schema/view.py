"""Which end of a flow is the device, and which the remote."""

from __future__ import annotations

from dataclasses import dataclass

from sensor.config import Settings
from sensor.types import Endpoint, Event, Flow


@dataclass(frozen=True, slots=True)
class View:
    """A flow as a row tells it."""

    local: Endpoint
    remote: Endpoint
    local_is_client: bool | None
    "None while it is not known which end is the client."


def view(event: Event, settings: Settings) -> View:
    """Look at *event* the way the settings ask: from the device, or from the packet."""
    if settings.orientation == "packet":
        return _from(event.flow, _sender(event))
    return device_view(event.flow, settings)


def device_view(flow: Flow, settings: Settings) -> View:
    """Look at *flow* from the monitored side.

    That is the end inside the local networks; if both are or none is, the client; the
    sender of the first packet if nothing tells who the client is.
    """
    inside = [end.ip in settings.local_networks for end in flow.ends]
    if inside[0] != inside[1]:
        return _from(flow, inside.index(True))
    return _from(flow, flow.client or 0)


def _sender(event: Event) -> int:
    client = event.flow.client or 0
    return 1 - client if event.from_client is False else client


def _from(flow: Flow, side: int) -> View:
    is_client = None if flow.client is None else flow.client == side
    return View(flow.ends[side], flow.ends[1 - side], is_client)
