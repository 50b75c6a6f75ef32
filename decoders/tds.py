"""NTLM in logons to MS-SQL ([MS-TDS]): who asks which server for what database.

Where a server wants nothing but the logon encrypted, Login7 is hidden in TLS, and what
follows it is not.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from itertools import islice
from typing import Final

from decoders import der, tds_packets
from decoders.carrier import Answer, Carrier, Envelope, Need, Token, facts
from decoders.limits import TDS_HEAD_BYTES, TDS_STARTS
from decoders.tds_packets import HEADER_BYTES, LOGIN7, SSPI, TABULAR, Message
from decoders.wire import DecodeError

_APP_NAME: Final = 48
_SERVER_NAME: Final = 52
_DATABASE: Final = 68
_BLOB: Final = 78
_LONG_SIZE: Final = 90
_IS_LONG: Final = 0xFFFF
_SPNEGO: Final = (0x60, 0xA1)

_ERROR: Final = 0xAA
_INFO: Final = 0xAB
_LOGINACK: Final = 0xAD
_ENVCHANGE: Final = 0xE3
_SSPI: Final = 0xED
_TOKENS: Final = (_ERROR, _INFO, _LOGINACK, _ENVCHANGE, _SSPI)
_TOKEN_HEADER_BYTES: Final = 3
_SUCCESS: Final = "LOGINACK"


def claim(token: Token) -> Envelope | None:
    """Claim a token that fills the SSPI field of a message, or is in its SPNEGO."""
    message = holder(token.data[: token.end], token.start)
    if message is None or (message.kind == TABULAR) != (token.type == 2):
        return None
    return envelope(message, token.type) if _fits(token, message) else None


def envelope(message: Message, kind: int) -> Envelope:
    """Tell what a message with an NTLMSSP message of type *kind* asks for."""
    if kind == 2:
        return Envelope()
    asked = _asked(message.contents) if message.kind == LOGIN7 else {}
    return Envelope(asked, partial(_listen, kind))


def token_span(data: bytes, at: int) -> tuple[int, int] | None:
    """Give start and length of the SSPI field of the packet at *at*, if it is whole."""
    message = tds_packets.message(data, at) if tds_packets.begins(data, at) else None
    if message is None or len(message.headers) > 1:
        return None
    start, end = _blob(message)
    if not start < end <= len(message.contents):
        return None
    return message.without(start), end - start


def _fits(token: Token, message: Message) -> bool:
    """Tell whether the token ends in the SSPI field; a bare one ends with it."""
    start, end = _blob(message)
    last = message.within(token.end - 1) + 1
    is_cut = token.final and token.end == len(token.data)
    is_bare = message.within(token.start) == start
    return last <= end if is_cut or not is_bare else last == end


def holder(data: bytes | bytearray, at: int) -> Message | None:
    """Find the message in whose SSPI field an NTLMSSP message begins at *at*."""
    starts = tds_packets.starts(data, max(0, at - TDS_HEAD_BYTES), at)
    for start in islice(starts, TDS_STARTS):
        message = tds_packets.message(data, start)
        if message and _holds(message, message.within(at)):
            return message
    return None


def _holds(message: Message, at: int) -> bool:
    """Tell whether the SSPI field begins at *at*, or SPNEGO with which it begins."""
    start, end = _blob(message)
    if at >= len(message.contents) or (message.is_over and end > message.size):
        return False
    if not start < at < end:
        return start == at < end
    try:
        outer = der.element(message.contents, start, end, truncated=True)
    except DecodeError:
        return False
    return outer.tag in _SPNEGO and at < outer.end


def _blob(message: Message) -> tuple[int, int]:
    """Give where the SSPI field lies in the contents; nowhere is (0, 0)."""
    if message.kind == SSPI:
        return 0, message.size
    if message.kind == LOGIN7:
        return _login_blob(message.contents)
    tokens = _tokens(message.contents)
    return next(((start, end) for kind, start, end in tokens if kind == _SSPI), (0, 0))


def _login_blob(login: bytes) -> tuple[int, int]:
    """Read ibSSPI and cbSSPI, or what stands in for it from 64 KiB on (2.2.6.4)."""
    start, size = _number(login, _BLOB), _number(login, _BLOB + 2)
    if size == _IS_LONG:
        size = _number(login, _LONG_SIZE, 4) or size
    is_login = start > _BLOB and start + size <= _number(login, 0, 4)
    return (start, start + size) if is_login else (0, 0)


def _asked(login: bytes) -> dict[str, str]:
    return facts(
        AppName=_text(login, _APP_NAME),
        ServerName=_text(login, _SERVER_NAME),
        Database=_text(login, _DATABASE),
    )


def _text(login: bytes, field: int) -> str:
    start, letters = _number(login, field), _number(login, field + 2)
    return login[start : start + 2 * letters].decode("utf-16-le", "replace")


def _number(data: bytes, at: int, size: int = 2) -> int:
    return int.from_bytes(data[at : at + size], "little")


def _tokens(contents: bytes) -> Iterator[tuple[int, int, int]]:
    """Give kind, start and end of the tokens an answer begins with (2.2.4)."""
    at = 0
    while at + _TOKEN_HEADER_BYTES <= len(contents) and contents[at] in _TOKENS:
        start = at + _TOKEN_HEADER_BYTES
        end = start + _number(contents, at + 1)
        yield contents[at], start, end
        at = end


def _listen(kind: int, data: bytes, final: bool) -> Answer | Need | None:
    """Read the outcome off the first LOGINACK or ERROR of what the server says."""
    if len(data) < HEADER_BYTES:
        return None if final else Need(HEADER_BYTES)
    message = tds_packets.message(data, 0)
    if message is None or message.kind != TABULAR:
        return None
    for token, start, end in _tokens(message.contents):
        if token == _SSPI:
            return None
        if token == _LOGINACK:
            return Answer(True, _SUCCESS) if kind == 3 else None
        if token == _ERROR and len(message.contents) >= start + 4 <= end:
            return Answer(False, str(_number(message.contents, start, 4)))
    return None if final or message.is_complete else Need(len(data) + 1)


CARRIER: Final = Carrier("tds", (1433,), claim=claim)
