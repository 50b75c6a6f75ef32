"""NTLM in Telnet's AUTHENTICATION option (RFC 2941, [MS-TNAP] 2.2)."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import partial
from typing import Final

from decoders.carrier import Answer, Carrier, Envelope, Need, Token
from decoders.limits import MESSAGE_BYTES

_OCTET: Final = rb"(?:[^\xff]|\xff\xff)"
# one byte of data: IAC (255) is sent twice (RFC 854)
_OCTETS: Final = re.compile(rb"(?s:" + _OCTET + rb"*)")
_NTLM: Final = rb"\x0f" + _OCTET
_HEAD: Final = re.compile(
    rb"(?s)\xff\xfa\x25([\x00\x02])" + _NTLM + rb"[\x00-\x02](" + _OCTET + rb"{8})\Z"
)
_HEAD_BYTES: Final = 24
# IAC SB AUTHENTICATION IS|REPLY NTLM modifier command size type, with IAC sent twice
_REPLY: Final = re.compile(
    rb"(?s)(?:\xff\xff)+|\xff\xfa\x25\x02" + _NTLM + rb"([\x01\x03\x04])"
)
_CHALLENGE, _ACCEPT = 1, 3


@dataclass(frozen=True, slots=True)
class Data:
    """What follows in a suboption, as it was before IAC was sent twice."""

    data: bytes
    ended: bool
    "Whether a command of Telnet follows, which ends it."


def is_introduced(data: bytes | bytearray, start: int) -> bool:
    """Tell whether an NTLM suboption's head stands right before *start*."""
    return _head(data, start) is not None


def read(data: bytes | bytearray, start: int) -> Data:
    """Read the data of a suboption from *start* on, as far as a message may go."""
    wire = bytes(data[start : start + MESSAGE_BYTES])
    match = _OCTETS.match(wire)
    end = match.end() if match else 0
    return Data(wire[:end].replace(b"\xff\xff", b"\xff"), ended=end + 1 < len(wire))


def claim(token: Token) -> Envelope | None:
    """Claim a token right behind an NTLM suboption's head that leaves room for it."""
    head = _head(token.data, token.start)
    if head is None:
        return None
    is_reply = head[1] == b"\x02"
    size = int.from_bytes(head[2].replace(b"\xff\xff", b"\xff")[:4], "little")
    message = token.data[token.start : token.end].replace(b"\xff\xff", b"\xff")
    if is_reply != (token.type == 2) or size < len(message):
        return None
    return Envelope() if is_reply else Envelope(listen=partial(_listen, token.type))


def _head(data: bytes | bytearray, start: int) -> re.Match[bytes] | None:
    return _HEAD.search(bytes(data[max(0, start - _HEAD_BYTES) : start]))


def _listen(kind: int, data: bytes, final: bool) -> Answer | Need | None:
    """Read the outcome off the server's next NTLM command ([MS-TNAP] 2.2.2)."""
    reply = next((one for one in _REPLY.finditer(data) if one[1]), None)
    if reply is None:
        return None if final else Need(len(data) + 1)
    command = reply[1][0]
    if command == _CHALLENGE:
        return None
    if command != _ACCEPT:
        return Answer(False, "REJECT")
    return Answer(True, "ACCEPT") if kind == 3 else None


CARRIER: Final = Carrier("telnet", (23,), claim=claim)
