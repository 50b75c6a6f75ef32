"""The shape of SMB2 and SMB3 messages: what every one must look like (MS-SMB2 2.2).

Everything here reads bytes that begin with the magic and may be cut.
"""

from __future__ import annotations

from typing import Final

from decoders.limits import COMPOUND_DEPTH

MAGIC: Final = b"\xfeSMB"
TRANSFORM_MAGIC: Final = b"\xfdSMB"
COMPRESSED_MAGIC: Final = b"\xfcSMB"
RDMA_MAGIC: Final = b"\xfbSMB"
NEGOTIATE: Final = 0x00
SESSION_SETUP: Final = 0x01
LOGOFF: Final = 0x02
TREE_CONNECT: Final = 0x03
CREATE: Final = 0x05
READ: Final = 0x08
WRITE: Final = 0x09
IOCTL: Final = 0x0B

HEADER_BYTES: Final = 64
LEAST_BYTES: Final = 66  # header and a body's StructureSize
CUT_BYTES: Final = 32  # a header cut by the snaplen counts if it has its MessageId
TRANSFORM_BYTES: Final = 52
COMPRESSED_BYTES: Final = 16
RDMA_BYTES: Final = 20
LEAST: Final = {
    MAGIC: LEAST_BYTES,
    TRANSFORM_MAGIC: TRANSFORM_BYTES,
    COMPRESSED_MAGIC: COMPRESSED_BYTES,
    RDMA_MAGIC: RDMA_BYTES,
}
"Bytes that a header of each kind takes at least."
FLAGS: Final = 0x3000_007F
"Flags that MS-SMB2 2.2.1 defines, priority included."
ERROR_SIZE: Final = 9

_SIZES: Final[tuple[tuple[set[int], set[int]], ...]] = (
    ({36}, {65}),  # negotiate
    ({25}, {9}),  # session setup
    ({4}, {4}),  # logoff
    ({9}, {16}),  # tree connect
    ({4}, {4}),  # tree disconnect
    ({57}, {89}),  # create
    ({24}, {60}),  # close
    ({24}, {4}),  # flush
    ({49}, {17}),  # read
    ({49}, {17}),  # write
    ({48}, {4}),  # lock
    ({57}, {49}),  # ioctl
    ({4}, set()),  # cancel, which has no reply
    ({4}, {4}),  # echo
    ({33}, {9}),  # query directory
    ({32}, {9}),  # change notify
    ({41}, {9}),  # query info
    ({33}, {2}),  # set info
    ({24, 36, 44}, {24, 36, 44}),  # oplock and lease breaks
)
# StructureSize of the body by command: requests, replies (an error reply has 9)

_BLOBS: Final = {
    (NEGOTIATE, True): 120,
    (SESSION_SETUP, False): 76,
    (SESSION_SETUP, True): 68,
}
# where SecurityBufferOffset, SecurityBufferLength lie (16 bits each)
_TREE_PATH: Final = 68
_CREATE_NAME: Final = 108
# where the offset of a name lies, and then its length (16 bits each)

_PIPE_OFFSETS: Final = {
    (READ, True): (66, 1),
    (WRITE, False): (66, 2),
    (IOCTL, False): (88, 4),
    (IOCTL, True): (96, 4),
}
# where the offset of what goes through a pipe lies, and its bytes


def is_header(data: bytes, length: int | None = None) -> bool:
    """Check that *data* begins with a header of any of the four kinds.

    *length* is what the frame says the message has (bytes), None when no frame does.
    """
    check = _CHECKS.get(data[:4])
    return check is not None and check(data, length)


def is_reply(data: bytes) -> bool:
    """Tell whether the server sent it (SMB2_FLAGS_SERVER_TO_REDIR)."""
    return bool(data[16] & 1)


def compound(data: bytes) -> tuple[tuple[int, int], ...]:
    """Give start and end of each message in a frame (NextCommand, MS-SMB2 2.2.1)."""
    spans: list[tuple[int, int]] = []
    at = 0
    while at + HEADER_BYTES <= len(data) and len(spans) < COMPOUND_DEPTH:
        following = number(data, at + 20, 4)
        end = at + following if following >= HEADER_BYTES else len(data)
        spans.append((at, min(end, len(data))))
        at = end
    return tuple(spans)


def blob_span(data: bytes) -> tuple[int, int] | None:
    """Give offset and length of the security blob, None for messages without one."""
    at = _BLOBS.get((number(data, 12, 2), is_reply(data)))
    if at is None or at + 4 > len(data):
        return None
    return number(data, at, 2), number(data, at + 2, 2)


def pipe_payload(data: bytes) -> int | None:
    """Return the offset of what a pipe carries; None when this is no pipe traffic."""
    place = _PIPE_OFFSETS.get((number(data, 12, 2), is_reply(data)))
    return number(data, *place) if place else None


def opened_name(data: bytes) -> str | None:
    """Return the name that a CREATE request asks for (MS-SMB2 2.2.13).

    None for other messages, and where the name is not whole in *data*.
    """
    if number(data, 12, 2) != CREATE or is_reply(data):
        return None
    start, size = number(data, _CREATE_NAME, 2), number(data, _CREATE_NAME + 2, 2)
    name = data[start : start + size]
    return name.decode("utf-16-le", "replace") if len(name) == size else None


def extent(data: bytes) -> int:
    """Tell how many bytes one message has, by its own offsets alone.

    Negotiate contexts and bodies that are not looked into count as not there.
    """
    if data[:4] != MAGIC:
        return {TRANSFORM_MAGIC: TRANSFORM_BYTES, RDMA_MAGIC: RDMA_BYTES}.get(
            data[:4], COMPRESSED_BYTES
        )
    command, size = number(data, 12, 2), number(data, 64, 2) & ~1
    fixed = HEADER_BYTES + size
    if command == NEGOTIATE and not is_reply(data):
        return fixed + 2 * number(data, 66, 2)
    span = blob_span(data)
    if command == TREE_CONNECT and not is_reply(data):
        span = number(data, _TREE_PATH, 2), number(data, _TREE_PATH + 2, 2)
    return max(fixed, sum(span)) if span and span[1] else fixed


def number(data: bytes, at: int, size: int) -> int:
    """Read *size* bytes, little-endian; bytes that are not there count as zero."""
    return int.from_bytes(data[at : at + size], "little")


def is_cut(data: bytes, length: int) -> bool:
    """Check that *data* is the front of a header whose rest was not captured.

    *length* is what the frame says the message has (bytes).
    """
    enough = CUT_BYTES <= len(data) < LEAST_BYTES <= length
    return enough and data[:4] == MAGIC and _has_sane_fields(data, length)


def _has_sane_fields(data: bytes, length: int | None) -> bool:
    command, following = number(data, 12, 2), number(data, 20, 4)
    if number(data, 4, 2) != HEADER_BYTES or command >= len(_SIZES):
        return False
    if number(data, 16, 4) & ~FLAGS:
        return False
    if following and (following < LEAST_BYTES or following % 8):
        return False
    return length is None or following + HEADER_BYTES <= length


def _is_plain(data: bytes, length: int | None) -> bool:
    if len(data) < LEAST_BYTES or not _has_sane_fields(data, length):
        return False
    size = number(data, HEADER_BYTES, 2)
    if is_reply(data) and size == ERROR_SIZE:
        return True
    return size in _SIZES[number(data, 12, 2)][is_reply(data)]


def _is_transform(data: bytes, length: int | None) -> bool:
    """Check MS-SMB2 2.2.41; a frame tells the length, else the nonce's unused tail."""
    if len(data) < TRANSFORM_BYTES or number(data, 40, 4) != 0x0001_0000:
        return False
    if length is None:
        return data[32:36] == bytes(4)
    return length == TRANSFORM_BYTES + number(data, 36, 4)


def _is_compressed(data: bytes, length: int | None) -> bool:
    """Check MS-SMB2 2.2.42; an absurd size in a frame is an attack, so it counts."""
    if len(data) < COMPRESSED_BYTES:
        return False
    sane = number(data, 8, 2) <= 5 and number(data, 10, 2) <= 1
    return sane and (length is not None or number(data, 4, 4) <= 1 << 24)


def _is_rdma(data: bytes, length: int | None) -> bool:
    """Check StructureSize 20, a few transforms, reserved fields zero."""
    if len(data) < RDMA_BYTES or number(data, 4, 2) != RDMA_BYTES:
        return False
    fits = length is None or length >= RDMA_BYTES
    return fits and 1 <= number(data, 6, 2) <= 8 and not any(data[8:RDMA_BYTES])


_CHECKS: Final = {
    MAGIC: _is_plain,
    TRANSFORM_MAGIC: _is_transform,
    COMPRESSED_MAGIC: _is_compressed,
    RDMA_MAGIC: _is_rdma,
}
