"""Rows and wire strings as text that can harm no reader.

JSON here is pure ASCII: control characters, line separators and bidirectional marks
can neither break a line nor reach a terminal.
"""

from __future__ import annotations

import json


def json_line(value: object) -> str:
    """Return *value* as one line of ASCII JSON, newline included."""
    return json.dumps(value, separators=(",", ":")) + "\n"


def printable(text: object, most: int = 64) -> str:
    """Return *text* for a terminal: visible characters only, at most *most* of them."""
    shown = "".join(c if c.isprintable() else f"\\u{ord(c):04x}" for c in str(text))
    return shown if len(shown) <= most else shown[: most - 1] + "…"
