"""Batches to segments: link, IP and transport headers as columns."""

from __future__ import annotations

from sensor.columns.decode import Columns
from sensor.columns.flow import endpoints, flow_hash
from sensor.columns.trace import tunnels

__all__ = ["Columns", "endpoints", "flow_hash", "tunnels"]
