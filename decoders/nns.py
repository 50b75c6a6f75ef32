"""NTLM in .NET's NegotiateStream ([MS-NNS]), which net.tcp ([MC-NMF]) upgrades to.

Active Directory Web Services and Windows Communication Foundation speak it.
"""

from __future__ import annotations

from functools import partial
from typing import Final

from decoders import der
from decoders.carrier import Answer, Carrier, Envelope, Need, Token, facts
from decoders.limits import NNS_HEAD_BYTES
from decoders.wire import DecodeError

_DONE: Final = 0x14
_ERROR: Final = 0x15
_IN_PROGRESS: Final = 0x16
_IDS: Final = (_DONE, _ERROR, _IN_PROGRESS)
_VERSION: Final = b"\1\0"
_HEADER_BYTES: Final = 5
_ERROR_BYTES: Final = 8
"Of what .NET sends with an error: four of zeros and an HRESULT, or a Win32 error."
_SPNEGO: Final = (0x60, 0xA1)
_SUCCESS: Final = "HandshakeDone"
_VIA: Final = b"\x02"
_MORE: Final = 0x80
_UPGRADE_RESPONSE: Final = b"\x0a"
_SCHEME: Final = b"net.tcp://"
_ADWS: Final = "ActiveDirectoryWebServices/"


def claim(token: Token) -> Envelope | None:
    """Claim a token that fills a handshake message, or is in the SPNEGO that does."""
    first = max(1, token.start - NNS_HEAD_BYTES)
    at = token.data.rfind(_VERSION, first, token.start - 2)
    while at > 0:
        if _holds(token, at - 1):
            listen = None if token.type == 2 else partial(_listen, token.type)
            return Envelope(_asked(token.data, at - 1) if listen else {}, listen)
        at = token.data.rfind(_VERSION, first, at)
    return None


def _holds(token: Token, at: int) -> bool:
    """Tell whether what the token is in fills the message at *at* (2.2.1)."""
    start = at + _HEADER_BYTES
    end = start + int.from_bytes(token.data[start - 2 : start], "big")
    if token.data[at] not in (_DONE, _IN_PROGRESS) or start > token.start:
        return False
    if start == token.start:
        is_cut = token.final and token.end == len(token.data)
        return token.end <= end if is_cut else token.end == end
    try:
        outer = der.element(token.data, start, end)
    except DecodeError:
        return False
    return outer.tag in _SPNEGO and outer.end == end >= token.end


def _asked(data: bytes, end: int) -> dict[str, str]:
    """Read the Via record of the preamble ([MC-NMF] 2.2.3.3) if it was seen."""
    at = data.rfind(_SCHEME, 0, end)
    uri = data[at : at + _via_size(data[:at][-3:])].decode("utf-8", "replace")
    host, slash, path = uri.removeprefix(_SCHEME.decode()).partition("/")
    service = "ADWS" if path.startswith(_ADWS) else ""
    return facts(Host=host, Path=slash + path, Service=service)


def _via_size(before: bytes) -> int:
    """Read the size (2.2.2), of one byte or two, behind the type of the record."""
    if before[-2:-1] == _VIA and before[-1] < _MORE:
        return before[-1]
    if before[:1] == _VIA and before[1:2] >= bytes([_MORE]) and len(before) == 3:
        return before[1] - _MORE + before[2] * _MORE
    return 0


def _listen(kind: int, data: bytes, final: bool) -> Answer | Need | None:
    """Read the outcome off the server's next handshake message (3.1.5)."""
    at = int(data[:1] == _UPGRADE_RESPONSE)  # it may have been late
    head = data[at : at + _HEADER_BYTES]
    if head and (head[0] not in _IDS or not _VERSION.startswith(head[1:3])):
        return None
    if len(head) < _HEADER_BYTES:
        return None if final else Need(at + _HEADER_BYTES)
    if head[0] == _ERROR:
        return _refusal(head, data[at + _HEADER_BYTES :], final)
    is_over = head[0] == _DONE and kind == 3
    return Answer(True, _SUCCESS) if is_over else None


def _refusal(head: bytes, said: bytes, final: bool) -> Answer | Need:
    """Read the error of a HandshakeError, where it has one as .NET writes it."""
    is_told = head[3:] == _ERROR_BYTES.to_bytes(2, "big")
    if is_told and len(said) >= _ERROR_BYTES:
        return Answer(False, f"0x{int.from_bytes(said[4:_ERROR_BYTES], 'big'):08x}")
    if is_told and not final:
        return Need(2 * _HEADER_BYTES + _ERROR_BYTES)
    return Answer(False, "HandshakeError")


CARRIER: Final = Carrier("nns", (9389, 808), claim=claim)
