"""The errors a user of the sensor can meet; decoders have their own."""

from __future__ import annotations


class NetsigError(Exception):
    """Something the user can act on; the message says what, and where."""


class CaptureError(NetsigError):
    """A capture that cannot be read on: which file, where, why."""

    def __init__(self, file: str, offset: int, reason: str) -> None:
        super().__init__(f"{file}: offset {offset}: {reason}")
        self.file = file
        self.offset = offset
        self.reason = reason


class ConfigError(NetsigError):
    """A setting that cannot be used: which file, which key, why."""

    def __init__(self, file: str, key: str, reason: str) -> None:
        super().__init__(f"{file}: {key}: {reason}")
        self.file = file
        self.key = key
        self.reason = reason


class QueryError(NetsigError):
    """A hunting query that cannot be run, with line and column where known."""
