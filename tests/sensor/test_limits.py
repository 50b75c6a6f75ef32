"""Every limit says what it is for, is kept somewhere, and counts what it costs."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from sensor import limits

SENSOR = Path(limits.__file__).parent
TEXT = Path(limits.__file__).read_text("utf-8")
CODE = "".join(p.read_text("utf-8") for p in SENSOR.rglob("*.py") if p.stem != "limits")

NAMES = re.findall(r"^([A-Z_0-9]+): Final", TEXT, re.MULTILINE)
COUNTERS = sorted(set(re.findall(r"\b([a-z]+\.[a-z_.]*[a-z])\b(?=[),:])", TEXT)))


def without_reason(text: str) -> list[str]:
    """Return the limits, or groups of them, that no comment follows."""
    groups = text.split("\n\n")
    return [one for one in groups if ": Final" in one and "\n# " not in one]


def is_added(counter: str) -> bool:
    """Tell whether something adds to *counter*, by its name or to its family."""
    families = re.findall(r'f"([a-z]+\.[a-z_.]*)\{', CODE)
    return f'"{counter}"' in CODE or any(map(counter.startswith, families))


def test_every_limit_says_why() -> None:
    assert without_reason(TEXT) == []
    assert without_reason("A: Final = 1\n# bytes; why\n\nB: Final = 2") == [
        "B: Final = 2"
    ]


@pytest.mark.parametrize("name", NAMES)
def test_every_limit_is_a_positive_number_that_is_kept(name: str) -> None:
    assert getattr(limits, name) > 0
    assert re.search(rf"\b{name}\b", CODE)


@pytest.mark.parametrize("counter", COUNTERS)
def test_every_counter_that_is_named_is_added_to(counter: str) -> None:
    assert is_added(counter)


def test_a_counter_that_nobody_adds_to_is_noticed() -> None:
    assert COUNTERS
    assert not is_added("streams.nobody_adds_to_this")
