"""KQL over what was emitted: `hunt` runs it, `render` shows what it found."""

from __future__ import annotations

from sensor.hunt.command import main_hunt
from sensor.hunt.engine import Result, hunt
from sensor.hunt.library import QUERIES, list_queries, query_text
from sensor.hunt.render import render

__all__ = (
    "QUERIES",
    "Result",
    "hunt",
    "list_queries",
    "main_hunt",
    "query_text",
    "render",
)
