"""Packets seen twice: a SPAN port copies them on their way in and on their way out.

A copy may have lost a hop or stand in another VLAN or tunnel, but what the sender
wrote into the IP and transport headers is the same, the identification too (RFC 6864
2).  A retransmission is a packet of its own: it has another identification.  Where
there is none (IPv6, or 0), only the time between the two tells them apart.
"""

from __future__ import annotations

from sensor.limits import COPIED_PACKETS, COPY_NS, UNNAMED_COPY_NS
from sensor.types import Stats

NO_NAME = b"\0\0"


class Copies:
    """Remembers the latest packets that were looked at, of all flows."""

    __slots__ = ("_seen", "_stats")

    def __init__(self, stats: Stats) -> None:
        self._stats = stats
        self._seen: dict[bytes, int] = {}
        "When each was seen; the latest stands last."

    def has(self, identity: bytes, ts_ns: int) -> bool:
        """Tell whether a packet of this *identity* came shortly before; note it.

        *identity* begins with the IP identification, 2 bytes.
        """
        before = self._seen.pop(identity, None)
        self._seen[identity] = ts_ns
        self._forget(ts_ns)
        patience = UNNAMED_COPY_NS if identity.startswith(NO_NAME) else COPY_NS
        is_copy = before is not None and abs(ts_ns - before) <= patience
        self._stats.add("streams.duplicates", is_copy)
        return is_copy

    def _forget(self, now_ns: int) -> None:
        """Let the oldest go; say so if a copy of it may still come."""
        if len(self._seen) <= COPIED_PACKETS:
            return
        oldest = next(iter(self._seen))
        young = now_ns - self._seen.pop(oldest) <= COPY_NS
        self._stats.add("streams.copies_forgotten", young)
