"""IP datagrams put together again from fragments (RFC 791 3.2, RFC 8200 4.5).

Fragments are rare, so this is plain Python, one fragment at a time. Where copies of a
byte differ, receivers do too: the datagram is given with the first copies, and with the
last. What is kept is bounded in datagrams, bytes and packet time.
"""

from __future__ import annotations

import struct
from bisect import bisect_right
from dataclasses import dataclass, field
from typing import Final, TypeAlias

import numpy as np

from sensor.columns.extension import MORE_FRAGMENTS
from sensor.columns.packets import Packets
from sensor.limits import (
    FRAGMENT_BYTES,
    FRAGMENT_DATAGRAMS,
    FRAGMENT_NS,
    FRAGMENT_PIECE_BYTES,
    FRAGMENT_READINGS,
    FRAGMENT_REPEAT_NS,
)
from sensor.types import Batch, Stats

RAW_IP: Final = 101
"LINKTYPE_RAW: records begin with the IP header."
MOST_BYTES: Final = {4: 65535 - 20, 6: 65535}
"What a datagram can carry: both length fields have 16 bits, IPv4's counts the header."

Key: TypeAlias = tuple[bytes, int, int]
"Both addresses, identification, IPv4 protocol (0 for IPv6, RFC 8200 4.5)."


@dataclass(frozen=True, slots=True)
class Fragment:
    """One fragment, copied out of its batch."""

    key: Key
    version: int
    proto: int
    start: int
    "Bytes of the datagram before it."
    end: int
    more: bool
    data: bytes
    ts_ns: int


@dataclass(slots=True)
class Datagram:
    """The pieces of a datagram that have come; they do not overlap."""

    born: int
    "Packet time of the first fragment."
    starts: list[int] = field(default_factory=list)
    "Where each piece begins, in order."
    pieces: list[bytes] = field(default_factory=list)
    size: int = 0
    "Bytes held."
    total: int | None = None
    "Bytes there will be, once the last fragment came."
    proto: int = 0
    "What the first fragment says it carries; in IPv6 the others may say otherwise."
    later: list[tuple[int, bytes]] = field(default_factory=list)
    "Where others were already: fragments that came later, in order."
    readings: int = 0
    "How often it was given again once it was whole."

    def cost(self) -> int:
        """Tell how many bytes of memory it takes to wait."""
        later = sum(len(data) for _, data in self.later)
        count = len(self.pieces) + len(self.later)
        return self.size + later + FRAGMENT_PIECE_BYTES * count

    def payload(self) -> bytes:
        """Return what it carries, of the first copies of each byte."""
        return b"".join(self.pieces)

    def last_payload(self) -> bytes:
        """Return what it carries, of the last copies of each byte."""
        whole = bytearray(self.payload())
        for at, data in self.later:
            whole[at : at + len(data)] = data
        return bytes(whole)

    def fits(self, fragment: Fragment) -> bool:
        """Tell whether *fragment* agrees with what is known of the size."""
        if fragment.more:
            return self.total is None or fragment.end <= self.total
        held_to = self._end(-1) if self.starts else 0
        return held_to <= fragment.end and self.total in (None, fragment.end)

    def has(self, fragment: Fragment) -> bool:
        """Tell whether this very piece is here already."""
        i = bisect_right(self.starts, fragment.start) - 1
        return (
            i >= 0
            and self.starts[i] == fragment.start
            and self.pieces[i] == fragment.data
        )

    def add(self, fragment: Fragment) -> bool:
        """Insert what is new of *fragment*; tell whether it overlaps what was here."""
        if not fragment.more:
            self.total = fragment.end
        if fragment.start == 0:
            self.proto = fragment.proto
        overlaps = self._insert(fragment.start, fragment.data)
        if overlaps:
            self.later.append((fragment.start, fragment.data))
        return overlaps

    def _insert(self, start: int, data: bytes) -> bool:
        overlaps, at, end = False, start, start + len(data)
        i = bisect_right(self.starts, start)
        if i and self._end(i - 1) > at:
            overlaps, at = True, self._end(i - 1)
        while at < end:
            stop = min(end, self.starts[i]) if i < len(self.starts) else end
            if at < stop:
                self.starts.insert(i, at)
                self.pieces.insert(i, data[at - start : stop - start])
                self.size += stop - at
                i += 1
            if stop == end:
                break
            overlaps, at = True, self._end(i)
            i += 1
        return overlaps

    def _end(self, i: int) -> int:
        return self.starts[i] + len(self.pieces[i])


class Reassembler:
    """Holds the datagrams that wait for fragments."""

    def __init__(self, stats: Stats) -> None:
        self._stats = stats
        self._waiting: dict[Key, Datagram] = {}
        self._done: dict[Key, Datagram] = {}
        "Datagrams that are whole; born is when that was."
        self._bytes = 0
        self._bytes_done = 0

    def feed(self, batch: Batch, fragments: Packets) -> Batch | None:
        """Take the *fragments* of *batch*; give the datagrams they completed.

        Those are records of raw IP with a plain header (no options, no extension
        headers), with time and number of the fragment that came last.
        """
        whole: list[bytes] = []
        rows: list[int] = []
        for i, row in enumerate(fragments.row.tolist()):
            self._stats.add(
                "columns.fragments_cut", int(fragments.promised[i] > fragments.stop[i])
            )
            packets = self._take(_read(batch, fragments, i))
            whole += packets
            rows += [row] * len(packets)
        self._stats.add("columns.reassembled", len(whole))
        return _batch(batch, whole, rows) if whole else None

    def _take(self, fragment: Fragment) -> list[bytes]:
        self._expire(fragment.ts_ns)
        datagram = self._waiting.get(fragment.key) or Datagram(fragment.ts_ns)
        if not _is_sound(fragment) or not datagram.fits(fragment):
            self._stats.add("columns.fragments_bad")
            return []
        done = self._recently_done(fragment)
        if done:
            return self._read_again(done, fragment)
        if datagram.has(fragment):
            self._stats.add("columns.fragment_duplicates")
            return []
        before = datagram.cost()
        self._stats.add("columns.fragment_overlaps", int(datagram.add(fragment)))
        self._bytes += datagram.cost() - before
        self._waiting[fragment.key] = datagram
        if datagram.size == datagram.total:
            return self._finish(datagram, fragment)
        self._bound()
        return []

    def _recently_done(self, fragment: Fragment) -> Datagram | None:
        done = self._done.get(fragment.key)
        is_recent = done and abs(fragment.ts_ns - done.born) < FRAGMENT_REPEAT_NS
        return done if is_recent else None

    def _read_again(self, done: Datagram, fragment: Fragment) -> list[bytes]:
        """Give a whole datagram as a *fragment* says it that came too late."""
        before = done.last_payload()
        here = before[fragment.start : fragment.end]
        if here == fragment.data or len(here) < len(fragment.data):
            self._stats.add("columns.fragment_duplicates")
            return []
        if done.readings >= FRAGMENT_READINGS:
            self._stats.add("columns.fragment_readings")
            return []
        self._stats.add("columns.fragment_overlaps")
        done.readings += 1
        done.later.append((fragment.start, fragment.data))
        self._bytes_done += len(fragment.data) + FRAGMENT_PIECE_BYTES
        return [_packet(fragment, done.proto, done.last_payload())]

    def _finish(self, datagram: Datagram, fragment: Fragment) -> list[bytes]:
        self._drop(fragment.key)
        readings = dict.fromkeys((datagram.payload(), datagram.last_payload()))
        self._forget(fragment.key)
        datagram.born = fragment.ts_ns
        self._done[fragment.key] = datagram
        self._bytes_done += datagram.cost()
        while len(self._done) > FRAGMENT_DATAGRAMS or self._bytes_done > FRAGMENT_BYTES:
            self._forget(next(iter(self._done)))
        return [_packet(fragment, datagram.proto, one) for one in readings]

    def _forget(self, key: Key) -> None:
        done = self._done.pop(key, None)
        self._bytes_done -= done.cost() if done else 0

    def _expire(self, now: int) -> None:
        while self._waiting:
            key, oldest = next(iter(self._waiting.items()))
            # The clock may jump back where one capture ends and the next begins.
            if abs(now - oldest.born) <= FRAGMENT_NS:
                return
            self._drop(key)
            self._stats.add("columns.fragment_timeouts")

    def _bound(self) -> None:
        while len(self._waiting) > FRAGMENT_DATAGRAMS or self._bytes > FRAGMENT_BYTES:
            self._drop(next(iter(self._waiting)))
            self._stats.add("columns.fragment_evictions")

    def _drop(self, key: Key) -> None:
        self._bytes -= self._waiting.pop(key).cost()


def _is_sound(fragment: Fragment) -> bool:
    if fragment.start >= fragment.end or fragment.end > MOST_BYTES[fragment.version]:
        return False
    return not fragment.more or fragment.end % 8 == 0


def _read(batch: Batch, fragments: Packets, i: int) -> Fragment:
    ip, at = int(fragments.ip[i]), int(fragments.at[i])
    stop, units = int(fragments.stop[i]), int(fragments.fragment[i])
    version, proto = int(fragments.version[i]), int(fragments.proto[i])
    data = batch.data
    if version == 4:
        ident, ends, of = data[ip + 4 : ip + 6], data[ip + 12 : ip + 20], proto
    else:
        ident, ends, of = data[at - 4 : at], data[ip + 8 : ip + 40], 0
    start = (units & ~MORE_FRAGMENTS) * 8
    return Fragment(
        key=(ends.tobytes(), int.from_bytes(ident.tobytes(), "big"), of),
        version=version,
        proto=proto,
        start=start,
        end=start + int(fragments.promised[i]) - at,
        more=bool(units & MORE_FRAGMENTS),
        data=data[at:stop].tobytes(),
        ts_ns=int(batch.ts_ns[fragments.row[i]]),
    )


def _packet(fragment: Fragment, proto: int, payload: bytes) -> bytes:
    ends, size = fragment.key[0], len(payload)
    if fragment.version == 4:
        head = struct.pack(">BxHxxxxBBxx", 0x45, 20 + size, 64, proto)
    else:
        head = struct.pack(">BxxxHBB", 0x60, size, proto, 64)
    return head + ends + payload


def _batch(batch: Batch, packets: list[bytes], rows: list[int]) -> Batch:
    lengths = np.array([len(packet) for packet in packets], np.int64)
    end = np.cumsum(lengths, dtype=np.int64)
    return Batch(
        data=np.frombuffer(b"".join(packets), np.uint8),
        start=end - lengths,
        end=end,
        wire_len=lengths,
        ts_ns=batch.ts_ns[rows],
        linktype=np.full(len(rows), RAW_IP, np.int32),
        number=batch.number[rows],
        file=batch.file,
        origin=(batch, np.array(rows, np.int64)),
    )
