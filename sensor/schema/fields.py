r"""AdditionalFields: Defender's keys first, then everything else under `Netsig`.

Text from the wire is hostile: the JSON is pure ASCII, with every control character,
bidirectional mark and non-ASCII letter as `\uXXXX`.
"""

from __future__ import annotations

import json
from typing import Final

from sensor.schema.percent import encode
from sensor.schema.sample import truthful
from sensor.types import Event, Tunnel

# The hunt's idea of a message type, by signature; all others carry no NTLM type.
_MESSAGE_TYPES: Final = {
    "NTLM-Negotiate": 1,
    "NTLM-Challenge": 2,
    "NTLM-Authenticate": 3,
}


def text(fields: object) -> str:
    """Return *fields* as JSON text in ASCII; bytes as hex, sets as sorted lists."""
    return json.dumps(fields, separators=(",", ":"), default=_plain)


def signature_fields(event: Event, sample: str) -> dict[str, object]:
    """Return what Defender says of a matched signature.

    *sample* is `truthful` or `verbatim`. SamplePacketContent is an array of one text.
    """
    matched, packet = event.matched, event.sample
    if sample == "truthful":
        kind = _MESSAGE_TYPES.get(event.name, 0)
        matched, packet = truthful(kind, matched, packet)
    return {
        "SignatureName": event.name,
        "SignatureMatchedContent": encode(matched),
        "SamplePacketContent": [encode(packet)],
    }


def netsig(event: Event) -> dict[str, object]:
    """Return our own facts; what is not known is absent."""
    flow = event.flow
    place: dict[str, object] = {
        "FromClient": event.from_client,
        "ClientBy": flow.client_by or None,
        "Packet": event.packet,
        "File": event.file,
        "CommunityId": flow.community_id,
        "Flags": sorted(flow.flags) or None,
        "Tunnels": _tunnels(event),
    }
    facts = place | event.facts
    return {name: fact for name, fact in facts.items() if fact is not None}


def _tunnels(event: Event) -> list[dict[str, object]] | None:
    """Describe what the sender's packets travelled in, from outside in.

    Where only the other end was seen, it is that one's.
    """
    flow = event.flow
    side = flow.client or 0
    if event.from_client is False:
        side = 1 - side
    seen = flow.tunnels[side]
    if seen is None:
        seen = flow.tunnels[1 - side]
    return [_tunnel(tunnel) for tunnel in seen or ()] or None


def _tunnel(tunnel: Tunnel) -> dict[str, object]:
    source, destination = tunnel.ends or (None, None)
    told = {
        "Name": tunnel.name,
        "Id": tunnel.id,
        "Source": source,
        "Destination": destination,
    }
    return {name: fact for name, fact in told.items() if fact is not None}


def _plain(value: object) -> object:
    if isinstance(value, bytes):
        return value.hex()
    if isinstance(value, set | frozenset):
        return sorted(value)
    message = f"{type(value).__name__} has no place in AdditionalFields"
    raise TypeError(message)
