"""NTLM in Oracle's native services (NTS), negotiated in TNS data packets.

Oracle publishes no specification; this is what its clients and servers send.
"""

from __future__ import annotations

import re
from functools import partial
from typing import Final

from decoders.carrier import Answer, Carrier, Envelope, Need, Token, facts
from decoders.limits import CONTEXT_BYTES, TNS_SERVICES_BYTES

_HEADER_BYTES: Final = 8
_REFUSE: Final = 4
_DATA: Final = 6
_DATA_AT: Final = 10
_SERVICES: Final = b"\xde\xad\xbe\xef"
_AUTHENTICATION: Final = 1
_RAW: Final = b"\0\1"
_STATUS: Final = 4
_PARAMETERS: Final = 8
_ADDRESS: Final = re.compile(rb"(?i)\(ADDRESS=(?:\([^()]*\))*?\(HOST=([^()]*)\)")
_REFUSAL: Final = re.compile(rb"\(ERR=(\d{1,5})\)")
_ERROR: Final = re.compile(rb"ORA-\d{5}")
_SUCCESS: Final = "ORA-00000"


def claim(token: Token) -> Envelope | None:
    """Claim a token that fills a field of native services in a data packet."""
    size = (token.end - token.start).to_bytes(4, "big")
    if token.data[: token.start][-4:] != size[2:] + _RAW:
        return None
    first = max(0, token.start - TNS_SERVICES_BYTES)
    at = token.data.rfind(_SERVICES, first, token.start)
    length = int.from_bytes(token.data[at + 4 : at + 6], "big")
    if at < _DATA_AT or at + length < token.end:
        return None
    packet = token.data[at - _DATA_AT : at]
    if packet[4] != _DATA or _length(packet) != _DATA_AT + length:
        return None
    if token.type == 2:
        return Envelope()
    return Envelope(_asked(token.data[:at]), partial(_listen, token.type))


def _asked(said: bytes) -> dict[str, str]:
    """Read what the connect packet, if it was seen, says of database and program."""
    descriptor = said[max(0, said.rfind(b"(DESCRIPTION=")) :]
    address = _ADDRESS.search(descriptor)
    return facts(
        Database=_value(descriptor, b"SERVICE_NAME") or _value(descriptor, b"SID"),
        AppName=_value(descriptor, b"PROGRAM"),
        ServerName=address[1].decode("latin-1") if address else "",
    )


def _value(descriptor: bytes, name: bytes) -> str:
    match = re.search(rb"(?i)\(" + name + rb"=([^()]*)\)", descriptor)
    return match[1].decode("latin-1") if match else ""


def _length(packet: bytes) -> int:
    """Read a packet's length: two bytes, or four in later versions."""
    short = int.from_bytes(packet[:2], "big")
    return short or int.from_bytes(packet[:4], "big")


def _listen(kind: int, data: bytes, final: bool) -> Answer | Need | None:
    """Read the outcome off the packet that answers the logon to the database.

    No packet answers the NTLM message itself: the logon follows in which it is used.
    """
    at = 0
    while len(data) >= at + _HEADER_BYTES:
        end = at + _length(data[at : at + 4])
        if not at + _HEADER_BYTES <= end <= CONTEXT_BYTES:
            return None
        if end > len(data):
            return None if final else Need(end)
        packet = data[at:end]
        if kind == 1 and packet[_DATA_AT:].startswith(_SERVICES):
            return _refused(packet)
        answer = _outcome(packet)
        if answer:
            return answer if kind == 3 or not answer.is_success else None
        at = end
    return None if final else Need(at + _HEADER_BYTES)


def _outcome(packet: bytes) -> Answer | None:
    if packet[4] == _REFUSE:
        return _failed(_REFUSAL.search(packet))
    if packet[4] != _DATA or len(packet) <= _DATA_AT:
        return None
    if packet[_DATA_AT:].startswith(_SERVICES):
        return _refused(packet)
    if packet[_DATA_AT] == _STATUS:
        error = _ERROR.search(packet)
        return Answer(False, error[0].decode()) if error else None
    is_key = b"AUTH_SESSKEY" in packet
    is_over = packet[_DATA_AT] == _PARAMETERS and b"AUTH_" in packet and not is_key
    return Answer(True, _SUCCESS) if is_over else None


def _refused(packet: bytes) -> Answer | None:
    """Read the error of the authentication service, if that comes first."""
    service = packet[_DATA_AT + 13 : _DATA_AT + 21]
    error = int.from_bytes(service[4:], "big")
    is_own = int.from_bytes(service[:2], "big") == _AUTHENTICATION
    return Answer(False, f"ORA-{error:05d}") if is_own and error else None


def _failed(error: re.Match[bytes] | None) -> Answer:
    return Answer(False, f"ORA-{int(error[1]):05d}" if error else "refused")


CARRIER: Final = Carrier("tns", (1521,), claim=claim)
