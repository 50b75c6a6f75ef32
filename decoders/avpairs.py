"""The AV pairs of a TargetInfo (MS-NLMP 2.2.2.1)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from decoders.limits import AV_PAIRS

EOL: Final = 0
FLAGS: Final = 6
TIMESTAMP: Final = 7
TEXTS: Final = frozenset({1, 2, 3, 4, 5, 9})


@dataclass(frozen=True, slots=True)
class AvPair:
    """One attribute of a TargetInfo (MS-NLMP 2.2.2.1)."""

    id: int
    value: str | int | None
    "Text for names, FILETIME (100 ns since 1601) or flags as int, else None."


def walk(data: bytes) -> tuple[AvPair, ...]:
    """Read pairs up to MsvAvEOL; a list that is cut keeps those that were whole."""
    pairs: list[AvPair] = []
    at = 0
    while at + 4 <= len(data) and len(pairs) < AV_PAIRS:
        kind = int.from_bytes(data[at : at + 2], "little")
        end = at + 4 + int.from_bytes(data[at + 2 : at + 4], "little")
        if kind == EOL or end > len(data):
            break
        pairs.append(AvPair(kind, _value(kind, data[at + 4 : end])))
        at = end
    return tuple(pairs)


def _value(kind: int, raw: bytes) -> str | int | None:
    if kind in TEXTS:
        return raw.decode("utf-16-le", "replace")
    if (kind == FLAGS and len(raw) == 4) or (kind == TIMESTAMP and len(raw) == 8):
        return int.from_bytes(raw, "little")
    return None
