"""Segments and hits in, ordered bytes of the flows that matter out."""

from __future__ import annotations

from sensor.streams.tracker import Streams

__all__ = ["Streams"]
