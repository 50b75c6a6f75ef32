"""The collection of real captures that NETSIG_CORPUS points at."""

from __future__ import annotations

import csv
import os
from dataclasses import dataclass
from pathlib import Path

import pytest


@dataclass(frozen=True)
class Capture:
    """One capture, and what the collection's inventory says of it."""

    path: Path
    name: str
    facts: dict[str, str]


def captures() -> list[Capture]:
    """List the captures of the collection; none without NETSIG_CORPUS."""
    place = os.environ.get("NETSIG_CORPUS")
    if not place:
        return []
    root = Path(place)
    with (root / "inventory.csv").open(newline="") as rows:
        return [
            Capture(root / "pcaps" / row["path"], row["path"], row)
            for row in csv.DictReader(rows)
        ]


needs_corpus = pytest.mark.skipif(
    "NETSIG_CORPUS" not in os.environ,
    reason="NETSIG_CORPUS does not name a collection of captures",
)
