from __future__ import annotations

import re
from pathlib import Path

from decoders import limits

SOURCE = Path(limits.__file__).read_text("utf-8")
CAPS = [name for name in vars(limits) if name.isupper()]


def test_every_cap_is_a_positive_number() -> None:
    assert len(CAPS) >= 10
    assert all(getattr(limits, name) > 0 for name in CAPS)


def test_every_cap_says_its_unit_and_why() -> None:
    explained = re.findall(r"^(\w+): Final = .*\n# \w+", SOURCE, re.MULTILINE)

    assert explained == CAPS


def test_every_counter_is_one_that_the_stream_raises() -> None:
    stream = (Path(limits.__file__).parent / "stream.py").read_text("utf-8")
    counters = re.findall(r"\(counter (\w+)\)", SOURCE)

    assert counters
    assert all(f'"{counter}"' in stream for counter in counters)
