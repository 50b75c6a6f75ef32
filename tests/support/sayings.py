"""What messages carry in tests, and what their labels point at."""

from __future__ import annotations

from sensor.fixtures.conversation import Label, Said

TOKEN = b"NTLMSSP\0" + bytes(range(41))
"49 bytes, so that padding and base64's '=' are seen."


def token(name: str = "NTLM-Negotiate", data: bytes = TOKEN) -> Said:
    """Return a labelled token as messages.ntlm would hand it on."""
    return Said(data, (Label(name, "raw", 0, len(data), {"MessageType": 1}),))


def pointed(said: Said) -> list[tuple[str, str, bytes]]:
    """Return each label's name and carrier, and the bytes it points at."""
    return [(at.name, at.carrier, said.data[at.start : at.end]) for at in said.labels]
