"""SMB1 in NetBIOS datagrams (RFC 1002 4.4): transactions that write to mailslots."""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from decoders import recognise, smb1_header
from decoders.limits import FACT_CHARS
from decoders.messages import Found
from decoders.wire import DecodeError, Reader

NAME: Final = "netbios-datagram"
_KINDS: Final = (0x10, 0x11, 0x12)  # to one, to a group, to all (RFC 1002 4.4.1)
_HEADER_BYTES: Final = 14
_NAME_BYTES: Final = 32
_TRANSACTION: Final = 0x25
_UNICODE: Final = 0x8000  # SMB_FLAGS2_UNICODE, MS-CIFS 2.2.3.1


def read(datagram: bytes) -> Found | None:
    """Find the SMB1 message in a NetBIOS *datagram*; None where there is none."""
    try:
        start, end = _user_data(datagram)
    except DecodeError:
        return None
    data = datagram[start:end]
    if data[:4] != smb1_header.MAGIC or not recognise.is_header(data, end - start):
        return None
    found = next(recognise.smb(data, start, "header", len(data) < end - start))
    mailslot = _mailslot(data)
    facts = {"Mailslot": mailslot} if mailslot else {}
    return replace(found, carrier=NAME, length=end - start, facts=facts)


def _user_data(datagram: bytes) -> tuple[int, int]:
    """Return where user data begins and ends, or raise DecodeError (RFC 1002 4.4.2).

    Of a datagram in fragments only the first has an SMB header.
    """
    reader = Reader(datagram, NAME)
    kind = reader.u8()
    if kind not in _KINDS:
        raise reader.error(f"type {kind:#04x} carries no user data")
    reader.take(9)  # flags, id, source
    length, offset = reader.u16be(), reader.u16be()
    if offset:
        raise reader.error("a later fragment")
    _pass_name(reader)
    _pass_name(reader)
    return reader.pos, _HEADER_BYTES + length


def _pass_name(reader: Reader) -> None:
    """Step over a name and its scope, label by label (RFC 1002 4.1)."""
    size = reader.u8()
    if size != _NAME_BYTES:
        raise reader.error(f"a NetBIOS name of {size} letters, not 32")
    while size:
        reader.take(size)
        size = reader.u8()


def _mailslot(data: bytes) -> str:
    r"""Return the name that a transaction writes to: `\MAILSLOT\BROWSE` ([MS-MAIL])."""
    if data[4] != _TRANSACTION:
        return ""
    at = next(smb1_header.blocks(data)).data
    if smb1_header.u16(data, 10) & _UNICODE:
        text = data[at + at % 2 :].decode("utf-16-le", "replace")
    else:
        text = data[at:].decode("cp437")
    name = text.partition("\0")[0][:FACT_CHARS]
    return name if name.upper().startswith("\\MAILSLOT\\") else ""
