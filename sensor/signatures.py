"""Find where messages of interest may start: a whole-buffer scan, then a sieve.

In: the segments of a batch.  Out: Hits, the places where a needle stands whole
inside a payload and where what follows it can be a header.  This is only a sieve:
it may let a chance match through (the decoders judge), but what it drops cannot
be a message.  Needles that a segment boundary cuts are found in streams/cuts.py.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np

from decoders import NEEDLES, quic, smb1, smb2
from sensor.types import BOOL, I64, U8, UDP, Hits, Segments

SMB1_HEADER: Final = 32  # bytes, MS-CIFS 2.2.3.1
SMB2_HEADER: Final = 64  # bytes, MS-SMB2 2.2.1
SMB2_LAST_COMMAND: Final = 0x12  # OPLOCK_BREAK; MS-SMB2 2.2.1.2
SMB2_WAKING: Final = smb2.TREE_CONNECT  # negotiate, session setup, logoff, tree connect
SMB1_WAKING: Final = (smb1.NEGOTIATE, smb1.TREE_CONNECT)  # 0x72 to 0x75, the same four


@dataclass(frozen=True, slots=True)
class Pivot:
    """A byte that several needles hold, and where each holds it."""

    byte: int
    needles: tuple[tuple[bytes, int], ...]
    "Each needle with its offset of the pivot."
    before: BOOL
    "(256,) which bytes may stand before the pivot."
    after: BOOL
    "(256,) which bytes may follow it."


def choose_pivots(needles: tuple[bytes, ...]) -> tuple[Pivot, ...]:
    """Cover *needles* with few bytes, so that few passes over a buffer find all.

    A pivot is never a needle's first or last byte: the bytes around it are the
    second check, which hardly any place passes by chance.
    """
    left = list(needles)
    pivots = []
    while left:
        inner = [needle[1:-1] for needle in left]
        byte = max(range(256), key=lambda b: sum(b in one for one in inner))
        held = [needle for needle in left if byte in needle[1:-1]]
        pivots.append(_pivot(byte, held))
        left = [needle for needle in left if needle not in held]
    return tuple(pivots)


def _pivot(byte: int, needles: list[bytes]) -> Pivot:
    placed = tuple((needle, needle.index(byte, 1)) for needle in needles)
    before, after = np.zeros(256, bool), np.zeros(256, bool)
    before[[needle[at - 1] for needle, at in placed]] = True
    after[[needle[at + 1] for needle, at in placed]] = True
    return Pivot(byte, placed, before, after)


PIVOTS: Final = choose_pivots(NEEDLES)


def find(segments: Segments) -> Hits:
    """Find the needles in the payloads of *segments*."""
    data = segments.batch.data
    if not len(segments.row):
        return Hits(np.empty(0, np.int64), np.empty(0, bool))
    low = int(segments.payload[0])
    high = int(segments.payload[-1] + segments.length[-1])
    at, needle = _occurrences(data, low, high)
    row, at, needle = _inside_payload(segments, at, needle)
    return _with(_sieve(segments, row, at, needle), _quic_initials(segments))


def _with(hits: Hits, rows: I64) -> Hits:
    """Put *rows* that wake among *hits*."""
    if not len(rows):
        return hits
    row = np.concatenate([hits.row, rows])
    wakes = np.concatenate([hits.wakes, np.ones(len(rows), bool)])
    order = np.argsort(row, kind="stable")
    return Hits(row[order], wakes[order])


def _quic_initials(segments: Segments) -> I64:
    """Find the datagrams that may begin with a QUIC handshake, on any port.

    Its packets begin with a long header (RFC 9000 17.2), and their datagrams are
    filled up (14.1), so that hardly any other datagram passes.
    """
    filled = segments.length + segments.missing >= quic.DATAGRAM_BYTES
    rows = np.flatnonzero((segments.proto == UDP) & filled & (segments.length >= 5))
    if not len(rows):
        return rows
    data, at = segments.batch.data, segments.payload[rows]
    is_long = data[at] & quic.LONG == quic.LONG
    rows, at = rows[is_long], at[is_long]
    version = data[at[:, None] + np.arange(1, 5)].view(">u4")[:, 0]
    found: I64 = rows[np.isin(version, quic.VERSIONS)]
    return found


def _occurrences(data: U8, low: int, high: int) -> tuple[I64, I64]:
    """Offsets of all needles in ``data[low:high]``, ascending, with their index."""
    area = data[low:high]
    found_at, found_needle = [], []
    for pivot in PIVOTS:
        places = _places(area[1:-1], pivot.byte) + 1
        places = places[pivot.after[area[places + 1]]]
        places = places[pivot.before[area[places - 1]]]
        for needle, offset in pivot.needles if len(places) else ():
            at = _verify(area, places - offset, needle)
            found_at.append(at + low)
            found_needle.append(np.full(len(at), NEEDLES.index(needle)))
    if not found_at:
        return np.empty(0, np.int64), np.empty(0, np.int64)
    at, needle_index = np.concatenate(found_at), np.concatenate(found_needle)
    order = np.argsort(at, kind="stable")
    return at[order], needle_index[order]


def _places(area: U8, byte: int) -> I64:
    """Offsets of *byte* in *area*, ascending.

    The comparison's result is looked through eight at a time: where a byte is rare,
    that halves the time of ``flatnonzero``.
    """
    whole = len(area) & ~7
    same = area[:whole] == byte
    eights = same.view(np.uint64)
    some = np.flatnonzero(eights != 0)
    within = np.flatnonzero(eights[some].view(np.bool_))
    places = (some[within >> 3] << 3) + (within & 7)
    return np.concatenate([places, np.flatnonzero(area[whole:] == byte) + whole])


def _verify(area: U8, at: I64, needle: bytes) -> I64:
    at = at[(at >= 0) & (at + len(needle) <= len(area))]
    for offset, byte in enumerate(needle):
        at = at[area[at + offset] == byte]
        if not len(at):
            break
    return at


def _inside_payload(segments: Segments, at: I64, needle: I64) -> tuple[I64, I64, I64]:
    row = np.searchsorted(segments.payload, at, side="right") - 1
    length = np.array([len(n) for n in NEEDLES])[needle]
    payload_end = segments.payload[row] + segments.length[row]
    inside = (row >= 0) & (at + length <= payload_end)
    return row[inside], at[inside], needle[inside]


def _sieve(segments: Segments, row: I64, at: I64, needle: I64) -> Hits:
    data = segments.batch.data
    room = segments.payload[row] + segments.length[row] - at
    possible = np.ones(len(at), bool)
    wakes = np.ones(len(at), bool)
    for magic, judge in _JUDGES.items():
        mine = np.flatnonzero(needle == NEEDLES.index(magic))
        if len(mine):
            possible[mine], wakes[mine] = judge(data, at[mine], room[mine])
    return Hits(row[possible], wakes[possible])


def _judge_smb1(data: U8, at: I64, room: I64) -> tuple[BOOL, BOOL]:
    """Reserved field zero (recognition by header); the four waking commands."""
    cut = room < SMB1_HEADER
    at = np.where(cut, 0, at)
    command = data[at + 4]
    possible = (data[at + 22] == 0) & (data[at + 23] == 0)
    wakes = (command >= SMB1_WAKING[0]) & (command <= SMB1_WAKING[1])
    return cut | possible, cut | wakes


def _judge_smb2(data: U8, at: I64, room: I64) -> tuple[BOOL, BOOL]:
    """StructureSize 64 and a known command; the four waking commands."""
    cut = room < SMB2_HEADER
    at = np.where(cut, 0, at)
    command = data[at + 12].astype(np.int64) | data[at + 13].astype(np.int64) << 8
    sized = (data[at + 4] == SMB2_HEADER) & (data[at + 5] == 0)
    possible = sized & (command <= SMB2_LAST_COMMAND)
    return cut | possible, cut | (command <= SMB2_WAKING)


def _judge_opaque(_data: U8, at: I64, _room: I64) -> tuple[BOOL, BOOL]:
    """Encrypted, compressed, RDMA: the first makes a flow known, none wakes it."""
    return np.ones(len(at), bool), np.zeros(len(at), bool)


_JUDGES: Final = {
    smb1.MAGIC: _judge_smb1,
    smb2.MAGIC: _judge_smb2,
    smb2.TRANSFORM_MAGIC: _judge_opaque,
    smb2.COMPRESSED_MAGIC: _judge_opaque,
    smb2.RDMA_MAGIC: _judge_opaque,
}
