from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from decoders import NEEDLES
from decoders.search import LEAST_MAGIC, NEEDLE_BYTES, earliest

PIECES = st.sampled_from([*NEEDLES, b"SMB", b"\xf0SMB", b"NTLMSSP", bytes(4100)])


def plainly(data: bytes, start: int) -> int:
    """Look for all needles at once, as slowly as need be."""
    match = re.compile(b"|".join(map(re.escape, NEEDLES))).search(data, start)
    return match.start() if match else -1


def test_the_sizes_are_those_of_the_needles() -> None:
    assert max(map(len, NEEDLES)) == NEEDLE_BYTES
    magics = [needle[0] for needle in NEEDLES if needle.endswith(b"SMB")]
    others = [needle[0] for needle in NEEDLES if not needle.endswith(b"SMB")]
    assert max(others) < LEAST_MAGIC == min(magics)


@pytest.mark.parametrize("needle", NEEDLES)
@pytest.mark.parametrize("at", [0, 1, 4090, 4095, 4096, 9000])
def test_a_needle_is_found_wherever_it_stands(needle: bytes, at: int) -> None:
    data = bytes(at) + needle
    assert earliest(data, 0) == at
    assert earliest(data, at) == at
    assert earliest(data, at + 1) == -1
    assert earliest(data[:-1], 0) == -1


@given(st.lists(PIECES | st.binary(max_size=9), max_size=6), st.integers(0, 40))
def test_the_first_of_several_is_found(pieces: list[bytes], start: int) -> None:
    data = b"".join(pieces)
    assert earliest(data, start) == plainly(data, start)
