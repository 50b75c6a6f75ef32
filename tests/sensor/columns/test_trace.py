"""What a record was taken out of; the logons in tests/test_wires.py show the rest."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sensor.columns import Columns
from sensor.columns.trace import tunnels
from sensor.types import Stats, Tunnel
from tests.support.batches import batch_of
from tests.support.frames import ethernet, fragments4, ipv4, ipv6, tcp
from tests.support.wraps import OUTER4, WRAPS, Wrap, named

PLAIN = ipv4(tcp(b"\xfeSMB"))
PACKETS = {4: PLAIN, 6: ipv6(tcp(b"\xfeSMB"))}


@pytest.mark.parametrize("linktype", [1, 101, 4242])
def test_plain_records_came_in_nothing(linktype: int) -> None:
    frame = ethernet(PLAIN) if linktype == 1 else PLAIN

    assert tunnels(batch_of([frame], linktype), 0) == ()


def test_a_cut_record_came_in_nothing() -> None:
    assert tunnels(batch_of([ethernet(PLAIN)[:13]]), 0) == ()


@pytest.mark.parametrize(
    ("wrap", "inner"), [(wrap, inner) for wrap in WRAPS for inner in wrap.inner]
)
def test_each_wrapper_is_named(wrap: Wrap, inner: int) -> None:
    told = tunnels(batch_of([b"\0" * 60, wrap.frame(PACKETS[inner])]), 1)

    assert [(one.name, one.id) for one in told] == list(wrap.told)
    assert [one.ends for one in told if one.ends] == [OUTER4] * bool(wrap.number)


def test_the_batch_stays_as_it_is() -> None:
    batch = batch_of([named("PPPoE").frame(PLAIN)])
    before = [batch.start.copy(), batch.end.copy(), batch.data.copy()]

    tunnels(batch, 0)

    assert all(map(np.array_equal, before, (batch.start, batch.end, batch.data)))


def test_what_only_looks_like_a_tunnel_is_not_told() -> None:
    frame = named("VXLAN").frame(PLAIN).replace(b"\x08\0\0\0\0\x01\xbd\0", bytes(8))

    assert tunnels(batch_of([frame]), 0) == ()


def test_fragments_in_a_tunnel_pass_on_what_they_came_in() -> None:
    pieces = fragments4(PLAIN, 16)
    batch = batch_of([named("VXLAN").frame(piece) for piece in pieces])

    _, whole = Columns(Stats()).decode(batch)

    assert tunnels(whole.batch, 0) == (Tunnel("VXLAN", 445, OUTER4),)


@settings(max_examples=150)
@given(
    st.sampled_from(WRAPS),
    st.lists(st.tuples(st.integers(0, 120), st.integers(0, 255)), max_size=4),
    st.integers(1, 200),
)
def test_any_bytes_give_an_answer(
    wrap: Wrap, changes: list[tuple[int, int]], size: int
) -> None:
    bent = bytearray(wrap.frame(PACKETS[wrap.inner[-1]]))
    for place, value in changes:
        bent[place % len(bent)] = value
    batch = batch_of([bytes(bent[:size])])

    told = tunnels(batch, 0)

    assert all(isinstance(one, Tunnel) for one in told)
    assert sum(len(part.row) for part in Columns(Stats()).decode(batch)) <= 1
