from __future__ import annotations

from pathlib import Path

import pytest

from sensor.outputs import Output, once, unusable
from sensor.types import Stats
from tests.support.outputs import kinds


@pytest.mark.parametrize(
    ("json", "directory", "expected"),
    [
        (False, False, ["Summary"]),
        (True, False, ["JsonLines"]),
        (False, True, ["Directory"]),
        (True, True, ["Directory", "JsonLines"]),
    ],
)
def test_every_output_has_its_sink(
    json: bool, directory: bool, expected: list[str], tmp_path: Path
) -> None:
    output = Output(json, tmp_path if directory else None)

    assert kinds(once(output, Stats())) == expected


def test_an_error_names_the_place() -> None:
    error = OSError(28, "No space left on device", "/rows/A.jsonl")

    assert str(unusable(error)) == "/rows/A.jsonl: No space left on device"
    assert str(unusable(OSError(28, "No space left"))) == "output: No space left"
