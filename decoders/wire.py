"""A bounded cursor over bytes, and the one error a decoder may raise."""

from __future__ import annotations


class DecodeError(ValueError):
    """Bytes that break a layer's rules, and exactly where they do."""

    def __init__(self, layer: str, offset: int, reason: str) -> None:
        super().__init__(f"{layer}+{offset:#x}: {reason}")
        self.layer = layer
        self.offset = offset
        self.reason = reason


class TruncatedError(DecodeError):
    """The bytes end before the layer does; what is missing was never seen."""


class Reader:
    """Read forward through *data*; every read is checked, none is silent.

    Integers are little-endian unless the name says otherwise (``u16be``).
    """

    __slots__ = ("data", "layer", "pos")

    def __init__(self, data: bytes, layer: str, pos: int = 0) -> None:
        self.data = data
        self.layer = layer
        self.pos = pos

    def error(self, reason: str) -> DecodeError:
        """Make the error that says *reason* at the current position."""
        return DecodeError(self.layer, self.pos, reason)

    @property
    def left(self) -> int:
        """Bytes not read yet."""
        return len(self.data) - self.pos

    def take(self, count: int) -> bytes:
        """Read *count* bytes, or raise TruncatedError."""
        end = self.pos + count
        if end > len(self.data):
            raise TruncatedError(
                self.layer, self.pos, f"need {count} bytes, have {self.left}"
            )
        chunk = self.data[self.pos : end]
        self.pos = end
        return chunk

    def u8(self) -> int:
        """Read one byte."""
        return self.take(1)[0]

    def u16(self) -> int:
        """Read a 16-bit little-endian integer."""
        return int.from_bytes(self.take(2), "little")

    def u32(self) -> int:
        """Read a 32-bit little-endian integer."""
        return int.from_bytes(self.take(4), "little")

    def u64(self) -> int:
        """Read a 64-bit little-endian integer."""
        return int.from_bytes(self.take(8), "little")

    def u16be(self) -> int:
        """Read a 16-bit big-endian integer."""
        return int.from_bytes(self.take(2), "big")

    def u32be(self) -> int:
        """Read a 32-bit big-endian integer."""
        return int.from_bytes(self.take(4), "big")

    def at(self, offset: int, length: int) -> bytes:
        """Return the bytes a header field points at, wherever they lie."""
        if offset < 0 or length < 0 or offset + length > len(self.data):
            raise TruncatedError(
                self.layer,
                self.pos,
                f"field [{offset}:{offset + length}] leaves the {len(self.data)} bytes",
            )
        return self.data[offset : offset + length]
