"""Messages in, events and alerts out: every negotiation followed to its outcome."""

from __future__ import annotations

from sensor.correlate.correlator import Correlator

__all__ = ["Correlator"]
