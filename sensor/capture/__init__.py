"""Captures in, batches out: files, directories, pipes; told by content."""

from __future__ import annotations

from sensor.capture.files import open_captures
from sensor.capture.formats import SOURCES

__all__ = ["SOURCES", "open_captures"]
