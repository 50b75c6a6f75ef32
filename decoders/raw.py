"""NTLMSSP that no carrier claims: bare, or in base64 text."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from typing import Final

from decoders import base64text, ntlmssp, recognise, tds, telnet
from decoders.carrier import Need
from decoders.limits import TEXT_BYTES
from decoders.messages import Found
from decoders.wire import DecodeError

NEEDLES: Final = (ntlmssp.SIGNATURE, *base64text.NEEDLES)
_SEARCH: Final = re.compile(b"|".join(map(re.escape, NEEDLES)))
_HEADER_BYTES: Final = 96
# bytes that hold any NTLMSSP header
_HEADER_TEXT_BYTES: Final = 512
# bytes of text that hold an NTLMSSP header, and as a rule the message
_SIGNATURE_END: Final = 2 + len(ntlmssp.SIGNATURE)
_LOOK_BACK: Final = max(base64text.LOOK_BACK.values())


def at(data: bytes | bytearray, needle: int, final: bool) -> Found | Need | None:
    """Judge the needle at *needle*; offsets in the Found count from data's start.

    A Need counts from the needle. *final* says that no bytes will follow: what is cut
    is then reported as truncated. None when there is no message here.
    """
    if data[needle : needle + 8] == ntlmssp.SIGNATURE:
        return _cut(data, needle, final) or _bare(data, needle, final)
    return _text(data, needle, final)


def datagram(data: bytes) -> Iterator[Found]:
    """Find the NTLMSSP messages in one UDP datagram."""
    for match in _SEARCH.finditer(data):
        found = at(data, match.start(), final=True)
        if isinstance(found, Found):
            yield found


def _cut(data: bytes | bytearray, needle: int, final: bool) -> Found | Need | None:
    """Judge a message that headers of TDS packets may cut; None outside of those."""
    message = tds.holder(data, needle)
    if message is None:
        return None
    at = message.within(needle)
    found = _bare(message.contents, at, final and not message.is_complete)
    if isinstance(found, Need):
        more = Need(max(message.without(at + found.size), len(data) + 1) - needle)
        return None if message.is_complete else more
    last = message.without(at + found.length - 1) if found else needle
    return found and replace(found, start=needle, length=last + 1 - needle)


def _bare(data: bytes | bytearray, start: int, final: bool) -> Found | Need | None:
    if telnet.is_introduced(data, start):
        return _escaped(data, start, final)
    size = _extent(bytes(data[start : start + _HEADER_BYTES]), final)
    if size is None:
        return None
    have = len(data) - start
    if have < size and not final:
        return Need(size)
    return recognise.ntlm(
        bytes(data[start : start + size]), start, truncated=have < size
    )


def _escaped(data: bytes | bytearray, start: int, final: bool) -> Found | Need | None:
    """Judge a message that Telnet escapes: as it is read it is shorter than sent."""
    inside = telnet.read(data, start)
    complete = inside.ended or final
    size = _extent(inside.data[:_HEADER_BYTES], complete)
    if size is None:
        return None
    message = inside.data[:size]
    if len(message) < size and not complete:
        return Need(len(data) - start + size - len(message))
    found = recognise.ntlm(message, start, truncated=len(message) < size)
    return found and replace(found, length=len(message) + message.count(0xFF))


def _text(data: bytes | bytearray, needle: int, final: bool) -> Found | Need | None:
    """Judge a base64 run in a window that grows with what its header promises.

    A run may go on for long after its message: it is never decoded as a whole.
    """
    reach = _HEADER_TEXT_BYTES
    while True:
        verdict = _text_within(data, needle, reach, final)
        if not isinstance(verdict, Need) or needle + reach >= len(data):
            return verdict
        if reach == TEXT_BYTES:
            return verdict
        reach = min(max(verdict.size, 2 * reach), TEXT_BYTES)


def _text_within(
    data: bytes | bytearray, needle: int, reach: int, final: bool
) -> Found | Need | None:
    """Judge the run's next *reach* bytes; the message ends as it says or as they do."""
    first, end = max(needle - _LOOK_BACK, 0), needle + reach
    text = base64text.read(bytes(data[first:end]), needle - first)
    if text is None:
        return None
    have = min(len(data), end) - needle
    complete = text.ended or (final and len(data) < end)
    begin = text.data.find(ntlmssp.SIGNATURE)
    if begin < 0 and not complete and len(text.data) < _SIGNATURE_END:
        # the needle ends within the signature's last byte
        return Need(have + 1)
    if not 0 <= begin <= 2:
        return None
    message = text.data[begin:]
    size = _extent(message[:_HEADER_BYTES], complete)
    if size is None:
        return None
    if len(message) < size and not complete:
        return Need(have + _letters(size - len(message)))
    found = recognise.ntlm(
        message[:size], first + text.start, truncated=len(message) < size
    )
    length = min(_letters(begin + size), text.end - text.start)
    return found and replace(found, length=length)


def _letters(count: int) -> int:
    """Count the base64 letters that *count* bytes take."""
    return -(-count * 4 // 3)


def _extent(header: bytes, complete: bool) -> int | None:
    """Tell the bytes a message has, or how many are needed to tell; None if invalid."""
    try:
        size = ntlmssp.extent(header, complete)
    except DecodeError:
        return None
    return size or len(header) + 1
