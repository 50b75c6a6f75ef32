"""Samples short enough to tell the truth.

The published hunt "SMB & NTLM Negotiation to Unknown Remote IPs" reads the NTLM
message type off the text of an event: it looks for the little-endian 1, then 2, then
3 *anywhere* in the matched content and the sample. An SMB2 header (credits, status)
or an NTLMv2 response holds such bytes by chance, and the hunt then names the wrong
type. So a sample ends before the first bytes that would mislead it.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from sensor.limits import TRUTHFUL_BYTES
from sensor.schema.percent import encode

_MARKS: Final = (b"\x01\0\0\0", b"\x02\0\0\0", b"\x03\0\0\0")


def message_type(matched: str, sample: str) -> int:
    """Return the NTLM message type that the hunt reads, 0 for `Unknown`.

    Both are the texts of an event's SignatureMatchedContent and SamplePacketContent.
    """
    combined = f"{matched} {sample}".lower()
    for number, mark in enumerate(_MARKS, start=1):
        if encode(mark).lower() in combined or mark.decode("latin-1") in combined:
            return number
    return 0


def truthful(kind: int, matched: bytes, sample: bytes) -> tuple[bytes, bytes]:
    """Return the longest prefixes of both from which the hunt reads *kind*.

    *kind* is the NTLM message type, 0 for a message that is not NTLM. The sample is
    at most TRUTHFUL_BYTES long. Where no prefix shows *kind* (the message was cut off
    before it said its type) the prefixes show no type at all, never another one.
    """
    sample = sample[:TRUTHFUL_BYTES]
    others = _MARKS[: kind - 1] if kind else _MARKS
    cut = _before(others, matched), _before(others, sample)
    if message_type(encode(cut[0]), encode(cut[1])) == kind:
        return cut
    return _before(_MARKS, matched), _before(_MARKS, sample)


def _before(marks: Iterable[bytes], data: bytes) -> bytes:
    """Return the longest prefix of *data* that holds none of *marks*."""
    for mark in marks:
        at = data.find(mark)
        if at >= 0:
            data = data[: at + len(mark) - 1]
    return data
