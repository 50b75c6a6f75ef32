"""Lay several detectors' scorecards side by side, a line a variant, as Markdown.

usage: python -m scripts.scorecards DIR DETECTOR... (DIR/DETECTOR.json, from check)
"""

from __future__ import annotations

import json
import sys
from collections import Counter
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

Card = dict[str, Any]

HEAD = """# Scorecard

What detectors find in every scenario of `netsig fixtures`, by variant: labels found of
labels there are, and claims that no label bears out (+). Labels are messages,
negotiations and incidents; tshark, which judges nothing, is measured by messages alone,
so that only columns with equal totals compare. A fact counts as wrong only where a
detector states it; one that says less has less to get wrong. The rules for Suricata are
netsig's own, written for such traffic; a stock rule set differs.

Made by `scripts/scorecard` on {day}.
"""


def page(cards: dict[str, Card]) -> str:
    """Write the page."""
    variants = [one["variant"] for one in next(iter(cards.values()))["captures"]]
    versions = [f"- `{name}`: {card['version']}" for name, card in cards.items()]
    table = [
        "| variant | " + " | ".join(f"`{name}`" for name in cards) + " |",
        "|---|" + "---|" * len(cards),
    ]
    for variant in dict.fromkeys(variants):
        cells = (cell(card, variant) for card in cards.values())
        table.append(f"| {variant} | " + " | ".join(cells) + " |")
    day = datetime.now(UTC).date().isoformat()
    return "\n".join([HEAD.format(day=day), *versions, "", *table, ""])


def cell(card: Card, variant: str) -> str:
    """Add up the captures of a variant."""
    total: Counter[str] = Counter()
    for one in card["captures"]:
        if one["variant"] == variant:
            counts = {key: one[key] for key in ("labels_found", "labels")}
            total.update(counts, false=one["false_claims"])
    false = f" +{total['false']}" if total["false"] else ""
    return f"{total['labels_found']}/{total['labels']}{false}"


if __name__ == "__main__":
    where, *names = sys.argv[1:]
    read = {name: Path(where, f"{name}.json") for name in names}
    told = {name: json.loads(path.read_text()) for name, path in read.items()}
    sys.stdout.write(page(told))
