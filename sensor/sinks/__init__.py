"""Rows -> outside."""

from __future__ import annotations

from typing import Final

from sensor.sinks.console import Summary
from sensor.sinks.directory import Directory
from sensor.sinks.jsonl import JsonLines

SINKS: Final = (JsonLines, Directory, Summary)
