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


def test_every_counter_is_one_that_a_decoder_raises() -> None:
    here = Path(limits.__file__).parent
    names = ("stream.py", "quic_talk.py")
    raising = "".join((here / name).read_text("utf-8") for name in names)
    counters = re.findall(r"\(counter (\w+)\)", SOURCE)

    assert counters
    assert all(f'"{counter}"' in raising for counter in counters)
