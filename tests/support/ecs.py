"""What the published Elastic Common Schema says of a document: npm's @elastic/ecs."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from collections.abc import Iterator
from datetime import datetime
from functools import cache
from ipaddress import ip_address
from pathlib import Path
from typing import Any

import pytest

WHERE = Path(__file__).parent / "elastic"
PRINT = "JSON.stringify(require('@elastic/ecs').EcsFlat)"
WORDS = ("keyword", "wildcard", "match_only_text", "constant_keyword")


@cache
def fields() -> dict[str, dict[str, Any]]:
    """Return each field by its dotted name, as Elastic describes it."""
    node = shutil.which("node")
    if node is None and os.environ.get("NETSIG_WITHOUT_NODE"):
        pytest.skip("NETSIG_WITHOUT_NODE is set")
    if node is None or not (WHERE / "node_modules").is_dir():
        pytest.fail("npm ci --prefix tests/support/elastic, or NETSIG_WITHOUT_NODE=1")
    done = subprocess.run(
        [node, "-p", PRINT], cwd=WHERE, capture_output=True, check=True, timeout=60
    )
    found: dict[str, dict[str, Any]] = json.loads(done.stdout)
    return found


def faults(document: dict[str, Any]) -> list[str]:
    """Return what is wrong with *document*; nothing if it is right."""
    told = dict(_leaves(document))
    required = [name for name, field in fields().items() if field.get("required")]
    found = [f"{name} is missing" for name in required if name not in told]
    for name, value in told.items():
        field = fields().get(name)
        found += _of_field(name, field, value) if field else [f"{name} is no field"]
    return [*found, *_of_types(told)]


def _leaves(document: dict[str, Any], prefix: str = "") -> Iterator[tuple[str, Any]]:
    for key, value in document.items():
        if isinstance(value, dict):
            yield from _leaves(value, f"{prefix}{key}.")
        else:
            yield prefix + key, value


def _of_field(name: str, field: dict[str, Any], value: Any) -> Iterator[str]:
    is_many = "array" in field["normalize"]
    if is_many != isinstance(value, list):
        yield f"{name} is {'not ' if is_many else ''}a list"
    allowed = [one["name"] for one in field.get("allowed_values", ())]
    allowed += field.get("expected_values", ())
    for one in value if isinstance(value, list) else [value]:
        if not _fits(field["type"], one):
            yield f"{name}: {one!r} is no {field['type']}"
        elif allowed and one not in allowed:
            yield f"{name}: {one!r} is not one of {allowed}"


def _fits(kind: str, value: Any) -> bool:
    if kind in WORDS:
        return isinstance(value, str) and bool(value)
    if kind == "long":
        return type(value) is int
    try:
        {"date": datetime.fromisoformat, "ip": ip_address}[kind](value)
    except ValueError:
        return False
    return True


def _of_types(told: dict[str, Any]) -> Iterator[str]:
    """Tell the event.type that no event.category of the document expects."""
    categories = fields()["event.category"]["allowed_values"]
    mine = [one for one in categories if one["name"] in told.get("event.category", ())]
    expected = {kind for one in mine for kind in one["expected_event_types"]}
    for kind in told.get("event.type", ()):
        if kind not in expected:
            yield f"event.type: {kind!r} is not expected of {told['event.category']}"
