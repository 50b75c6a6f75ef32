"""Where the parts of an NTLMSSP message lie (MS-NLMP 2.2.1).

Stacks of thirty years left three layouts of each message: bare, with VERSION, with
MIC. No field says which; the smallest payload offset does, since the header ends
where the payload begins.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from decoders.limits import NTLMSSP_BYTES
from decoders.wire import DecodeError, TruncatedError

LAYER: Final = "ntlmssp"
SIGNATURE: Final = b"NTLMSSP\0"
NEGOTIATE: Final = 1
CHALLENGE: Final = 2
AUTHENTICATE: Final = 3

VERSION_FLAG: Final = 0x0200_0000  # NTLMSSP_NEGOTIATE_VERSION
TARGET_INFO_FLAG: Final = 0x0080_0000  # NTLMSSP_NEGOTIATE_TARGET_INFO
SUPPLIED_FLAGS: Final = 0x0000_3000  # OEM_DOMAIN_SUPPLIED, OEM_WORKSTATION_SUPPLIED

FIXED: Final = {NEGOTIATE: 16, CHALLENGE: 32, AUTHENTICATE: 52}
# bytes that every message of a type has
_FIELDS: Final = {
    NEGOTIATE: (16, 24),
    CHALLENGE: (12, 40),
    AUTHENTICATE: (12, 20, 28, 36, 44, 52),
}
# offsets of the Length, MaxLength, Offset triples
_PAYLOAD: Final = {NEGOTIATE: 32, CHALLENGE: 32, AUTHENTICATE: 52}
# where payload may begin at the earliest
_FLAGS: Final = {NEGOTIATE: 12, CHALLENGE: 20, AUTHENTICATE: 60}
_VERSION: Final = {NEGOTIATE: 32, CHALLENGE: 48, AUTHENTICATE: 64}
MIC_START: Final = 72
MIC_BYTES: Final = 16


@dataclass(frozen=True, slots=True)
class Field:
    """Where a piece of payload lies, in bytes from the signature."""

    length: int
    limit: int
    "MaxLength; a receiver ignores it."
    offset: int

    @property
    def end(self) -> int:
        """One past the last byte."""
        return self.offset + self.length


ABSENT: Final = Field(0, 0, -1)
"A field that the header has no room for."


@dataclass(frozen=True, slots=True)
class Layout:
    """The fixed part of a message, as far as it is there."""

    kind: int
    fields: tuple[Field, ...]
    "As many as the type has; ABSENT where the header ends before."
    flags: int | None
    "None when the layout has none or the bytes are not there."
    version: int | None
    "Offset of VERSION, None when there is none."
    header: int
    "Bytes before the payload."
    first: int | None
    "Smallest offset of a field that is not empty."

    @property
    def mic(self) -> int | None:
        """Offset of the MIC if the header has room for one."""
        room = self.kind == AUTHENTICATE and (self.first or 0) >= MIC_START + MIC_BYTES
        return MIC_START if room else None


def read(data: bytes) -> Layout:
    """Read the fixed part of *data*; what lies past its end is absent.

    Raises DecodeError when *data* does not begin with a message.
    """
    kind = message_type(data)
    fields = _fields(data, kind)
    first = min((f.offset for f in fields if f.length), default=None)
    room = NTLMSSP_BYTES if first is None else first
    flags = _flags(data, kind, room)
    version = _version_at(kind, flags, room)
    header = version + 8 if version else _header(kind, fields, flags)
    return Layout(kind, fields, flags, version, header, first)


def message_type(data: bytes) -> int:
    """Return 1, 2 or 3, or raise DecodeError."""
    if data[:8] != SIGNATURE:
        raise DecodeError(LAYER, 0, "no NTLMSSP signature")
    if len(data) < 12:
        raise TruncatedError(LAYER, 8, f"need 4 bytes of type, have {len(data) - 8}")
    kind = int.from_bytes(data[8:12], "little")
    if kind not in FIXED:
        raise DecodeError(LAYER, 8, f"message type {kind} is not 1, 2 or 3")
    return kind


def check(layout: Layout) -> None:
    """Raise DecodeError unless every field lies where payload may be.

    MaxLength is checked as well: a receiver ignores it, every known sender keeps it,
    and bytes that merely look like a message rarely do.
    """
    for field in layout.fields:
        if not field.length:
            continue
        if field.length > field.limit:
            raise DecodeError(
                LAYER, 0, f"field length {field.length} exceeds its maximum"
            )
        if field.offset < _PAYLOAD[layout.kind] or field.end > NTLMSSP_BYTES:
            raise DecodeError(
                LAYER, 0, f"field [{field.offset}:{field.end}] is not in the payload"
            )


def _fields(data: bytes, kind: int) -> tuple[Field, ...]:
    """Read the triples one by one, up to where payload begins."""
    fields: list[Field] = []
    room = len(data)
    for at in _FIELDS[kind]:
        field = _field(data, at) if at + 8 <= room else ABSENT
        if field.length and field.offset > at:
            room = min(room, field.offset)
        fields.append(field)
    return tuple(fields) if _belong(data, kind, fields) else (ABSENT,) * len(fields)


def _field(data: bytes, at: int) -> Field:
    length = int.from_bytes(data[at : at + 2], "little")
    limit = int.from_bytes(data[at + 2 : at + 4], "little")
    return Field(length, limit, int.from_bytes(data[at + 4 : at + 8], "little"))


def _belong(data: bytes, kind: int, fields: list[Field]) -> bool:
    """Tell the oldest Type 1, 16 bytes long, from one whose triples follow."""
    if kind != NEGOTIATE or int.from_bytes(data[12:16], "little") & SUPPLIED_FLAGS:
        return True
    return all(
        field.length <= field.limit
        and (not field.length or _PAYLOAD[kind] <= field.offset <= NTLMSSP_BYTES)
        for field in fields
    )


def _flags(data: bytes, kind: int, room: int) -> int | None:
    at = _FLAGS[kind]
    if at + 4 > min(room, len(data)):
        return None
    return int.from_bytes(data[at : at + 4], "little")


def _version_at(kind: int, flags: int | None, room: int) -> int | None:
    at = _VERSION[kind]
    return at if (flags or 0) & VERSION_FLAG and room >= at + 8 else None


def _header(layout_kind: int, fields: tuple[Field, ...], flags: int | None) -> int:
    """Count the bytes before VERSION and MIC."""
    if layout_kind == AUTHENTICATE:
        return 64 if flags is not None else 52
    last = fields[-1]
    if layout_kind == CHALLENGE:
        promised = (flags or 0) & TARGET_INFO_FLAG
        return 48 if promised or last.length else 32
    promised = (flags or 0) & (SUPPLIED_FLAGS | VERSION_FLAG)
    return 32 if promised or ABSENT not in fields else 16
