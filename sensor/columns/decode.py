"""Batch -> Segments: the whole way from link layer to payload, in columns."""

from __future__ import annotations

from collections.abc import Iterator

from sensor.columns import ip, link, transport, tunnel
from sensor.columns.fragments import Reassembler
from sensor.types import Batch, Segments, Stats


class Columns:
    """Decodes batch after batch; remembers only fragments.

    Every record is one row of Segments, or counted: a fragment
    (`columns.fragments`), or `columns.rejected.<reason>`. So is every datagram that
    was put together from fragments (`columns.reassembled`).
    """

    def __init__(self, stats: Stats) -> None:
        self._stats = stats
        self._reassembler = Reassembler(stats)

    def decode(self, batch: Batch) -> Iterator[Segments]:
        """Decode *batch*, then the datagrams whose last fragment it held.

        Those come in Segments over a batch of their own. As they may hold fragments
        in turn (each at most half as long), there can be more than one.
        """
        rest: Batch | None = batch
        while rest is not None:
            packets = ip.decode(rest, link.decode(rest, self._stats), self._stats)
            packets = tunnel.unwrap(rest, packets, self._stats)
            whole, fragments = ip.split(packets, self._stats)
            yield transport.decode(rest, whole, self._stats)
            rest = self._reassembler.feed(rest, fragments) if fragments else None
