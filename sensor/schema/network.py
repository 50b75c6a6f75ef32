"""Event -> one row of DeviceNetworkEvents.

The `hunting` profile fills what is known. The `faithful` profile leaves null what
published records leave null: on rows of Defender's packet sensor the address types
(and on signature rows the protocol too), on the endpoint's connection rows
AdditionalFields.
"""

from __future__ import annotations

from typing import Final

from sensor.addresses import ip_type
from sensor.config import Settings
from sensor.schema.columns import DEVICE_NETWORK_EVENTS, row
from sensor.schema.device import device_id, device_name
from sensor.schema.fields import netsig, signature_fields, text
from sensor.schema.ntlm import ntlm_fields
from sensor.schema.times import timestamp
from sensor.schema.view import View, view
from sensor.types import TCP, UDP, Event

_SIGNATURE: Final = "NetworkSignatureInspected"
_NTLM: Final = "NtlmAuthenticationInspected"
_ACCEPTED: Final = "InboundConnectionAccepted"
_STEPS: Final = {
    "attempt": "ConnectionAttempt",
    "acknowledged": "ConnectionAcknowledged",
    "success": "ConnectionSuccess",
    "failed": "ConnectionFailed",
}
_PROTOCOLS: Final = {TCP: "Tcp", UDP: "Udp"}

_IP_TYPES: Final[dict[str, object]] = {"LocalIPType": None, "RemoteIPType": None}
_NO_FIELDS: Final[dict[str, object]] = {"AdditionalFields": None}
_NULL_IN_DEFENDER: Final[dict[str, dict[str, object]]] = {
    _SIGNATURE: {"Protocol": None, **_IP_TYPES},
    _NTLM: _IP_TYPES,
    "ConnectionAttempt": _IP_TYPES,
    "ConnectionAcknowledged": _IP_TYPES,
    "ConnectionSuccess": _NO_FIELDS,
    "ConnectionFailed": _NO_FIELDS,
    _ACCEPTED: _NO_FIELDS,
}


def network_row(event: Event, settings: Settings, report_id: int) -> dict[str, object]:
    """Return *event* as a row, numbered *report_id*."""
    seen = view(event, settings)
    action = _action(event, seen)
    local, remote = seen.local, seen.remote
    known: dict[str, object] = {
        "Timestamp": timestamp(event.ts_ns),
        "DeviceId": device_id(local.ip),
        "DeviceName": device_name(local.ip, settings),
        "ActionType": action,
        "RemoteIP": remote.ip,
        "RemotePort": remote.port,
        "LocalIP": local.ip,
        "LocalPort": local.port,
        "Protocol": _PROTOCOLS.get(event.flow.proto),
        "LocalIPType": ip_type(local.ip),
        "RemoteIPType": ip_type(remote.ip),
        "ReportId": report_id,
        "AdditionalFields": text(_fields(event, seen, settings)),
    }
    if settings.profile == "faithful":
        known |= _NULL_IN_DEFENDER[action]
    return row(DEVICE_NETWORK_EVENTS, known)


def _action(event: Event, seen: View) -> str:
    if event.kind == "signature":
        return _SIGNATURE
    if event.kind == "ntlm-exchange":
        return _NTLM
    if event.name == "success" and seen.local_is_client is False:
        return _ACCEPTED
    return _STEPS[event.name]


def _fields(event: Event, seen: View, settings: Settings) -> dict[str, object]:
    fields: dict[str, object] = {}
    if event.kind == "signature":
        fields = signature_fields(event, settings.sample)
    elif event.kind == "ntlm-exchange":
        fields = ntlm_fields(event, seen.local_is_client)
    return fields | {"Netsig": netsig(event)}
