"""Negotiate contexts of SMB 3.1.1 (MS-SMB2 2.2.3.1, 2.2.4.1)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from decoders.limits import CONTEXTS
from decoders.wire import Reader

PREAUTH_INTEGRITY: Final = 1
ENCRYPTION: Final = 2
COMPRESSION: Final = 3
NETNAME: Final = 5
RDMA_TRANSFORM: Final = 7
SIGNING: Final = 8


@dataclass(frozen=True, slots=True)
class Contexts:
    """What the negotiate contexts of SMB 3.1.1 say (MS-SMB2 2.2.3.1)."""

    netname: str | None = None
    ciphers: tuple[int, ...] = ()
    compression: tuple[int, ...] = ()
    signing: tuple[int, ...] = ()
    hashes: tuple[int, ...] = ()
    rdma_transforms: tuple[int, ...] = ()
    others: tuple[int, ...] = ()
    "Context types nobody has named here."


_GAPS: Final = {
    PREAUTH_INTEGRITY: 2,
    ENCRYPTION: 0,
    COMPRESSION: 6,
    RDMA_TRANSFORM: 6,
    SIGNING: 0,
}
# bytes between the count and the first code of contexts that are lists


def decode(data: bytes, offset: int, count: int) -> Contexts:
    """Read up to *count* contexts from *offset*; those that are cut are left out."""
    bodies = dict(_bodies(data, offset, min(count, CONTEXTS)))
    name = bodies.get(NETNAME)
    return Contexts(
        netname=None if name is None else name.decode("utf-16-le", "replace"),
        ciphers=_codes(bodies, ENCRYPTION),
        compression=_codes(bodies, COMPRESSION),
        signing=_codes(bodies, SIGNING),
        hashes=_codes(bodies, PREAUTH_INTEGRITY),
        rdma_transforms=_codes(bodies, RDMA_TRANSFORM),
        others=tuple(kind for kind in bodies if kind not in (*_GAPS, NETNAME)),
    )


def _bodies(data: bytes, at: int, count: int) -> Iterator[tuple[int, bytes]]:
    for _ in range(count):
        start = at + 8
        end = start + int.from_bytes(data[at + 2 : at + 4], "little")
        if end > len(data):
            return
        yield int.from_bytes(data[at : at + 2], "little"), data[start:end]
        at = end + -end % 8


def _codes(bodies: dict[int, bytes], kind: int) -> tuple[int, ...]:
    """Read a count and that many 16-bit codes, fewer when the context is short."""
    body, gap = bodies.get(kind, b""), _GAPS[kind]
    if len(body) < 2 + gap:
        return ()
    r = Reader(body, "smb2")
    count = r.u16()
    r.take(gap)
    return tuple(r.u16() for _ in range(min(count, r.left // 2)))
