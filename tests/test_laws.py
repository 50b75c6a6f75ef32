"""However the same bytes cross the wire, the same events come out."""

from __future__ import annotations

import os
from functools import cache
from itertools import product
from pathlib import Path

import pytest

from tests.support import corpus, transforms
from tests.support.events import alerts_of, events_of, said

PCAPS = Path(__file__).parent.parent / "pcaps"
OURS = sorted(PCAPS.glob("*.pcap"))
THEIRS = [one.path for one in corpus.captures() if one.facts["kind"] == "positive"]
MANY = (
    "smb-sweep",
    "worm",
    "password-spray",
    "brute-force",
    "relay-smb",
    "static-challenge",
    "coercion",
)
"What shows only on many connections, or in many logons."
BY_ORDER = ("relay-smb", "out of order")
"Which of two connections shows a challenge first is what tells a relay."
LARGEST = 300_000  # bytes; a byte a segment makes of these 17 MB

WAYS: dict[str, transforms.Transformation] = {
    "one byte a segment": transforms.resegment(1),
    "five bytes a segment": transforms.resegment(5),
    "out of order": transforms.shuffle(4, seed=1),
    "twice": transforms.duplicate,
    "fragments of 24 bytes": transforms.fragment(24),
}


@cache
def _capture(path: Path) -> transforms.Capture | None:
    if path.stat().st_size > LARGEST:
        return None
    return transforms.read(path)


def _usable() -> list[Path]:
    return [path for path in [*OURS, *THEIRS] if _capture(path)]


@pytest.fixture(params=_usable(), ids=lambda path: path.name)
def path(request: pytest.FixtureRequest) -> Path:
    return request.param


def test_there_are_captures_to_hold_the_laws_on() -> None:
    assert len(OURS) >= 10
    assert len(_usable()) >= (80 if "NETSIG_CORPUS" in os.environ else 10)


@pytest.mark.parametrize("way", WAYS)
def test_the_way_over_the_wire_does_not_matter(
    path: Path, way: str, tmp_path: Path
) -> None:
    plain = _capture(path)
    assert plain is not None
    straight = transforms.write(tmp_path / "straight.pcap", plain)
    changed = transforms.write(tmp_path / "changed.pcap", WAYS[way](plain))

    assert said(events_of(changed)) == said(events_of(straight))


@pytest.mark.parametrize(
    ("name", "way"), [pair for pair in product(MANY, WAYS) if pair != BY_ORDER]
)
def test_alerts_on_many_connections_are_the_same_too(
    name: str, way: str, tmp_path: Path
) -> None:
    plain = transforms.read(PCAPS / f"{name}.pcap")
    straight = transforms.write(tmp_path / "straight.pcap", plain)
    changed = transforms.write(tmp_path / "changed.pcap", WAYS[way](plain))

    told = titles(straight)
    assert told
    assert titles(changed) == told


def titles(capture: Path) -> list[str]:
    return sorted(alert.title for alert in alerts_of(capture))


@pytest.mark.parametrize("files", [2, 5])
def test_splitting_into_files_does_not_matter(
    path: Path, files: int, tmp_path: Path
) -> None:
    plain = _capture(path)
    assert plain is not None
    straight = transforms.write(tmp_path / "straight.pcap", plain)
    step = -(-len(plain) // files)
    parts = [
        transforms.write(tmp_path / f"part{at:06}.pcap", plain[at : at + step])
        for at in range(0, len(plain), step)
    ]

    assert said(events_of(*parts)) == said(events_of(straight))


def test_the_same_input_gives_the_same_events(path: Path) -> None:
    assert events_as_text(path) == events_as_text(path)


def events_as_text(path: Path) -> list[str]:
    return [
        f"{event.ts_ns} {event.packet} {event.name} {event.facts}"
        for event in events_of(path)
    ]
