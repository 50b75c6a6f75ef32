"""Bytes as Defender writes them in AdditionalFields.

Printable ASCII stands for itself, `%` and every other byte is `%XX` in upper-case
hex, as in the published `%05%A2%01%0C`; a space stays a space.
"""

from __future__ import annotations

from typing import Final

_ESCAPE: Final = ord("%")


def encode(data: bytes) -> str:
    """Return *data* as printable ASCII; every byte can be told again from it."""
    return "".join([_TEXT[byte] for byte in data])


def _text(byte: int) -> str:
    literal = 0x20 <= byte <= 0x7E and byte != _ESCAPE
    return chr(byte) if literal else f"%{byte:02X}"


_TEXT: Final = tuple(_text(byte) for byte in range(256))
