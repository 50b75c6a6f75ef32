"""Batches: where they are cut changes nothing, and history stays as it was."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from sensor.capture import open_captures
from sensor.limits import HISTORY_BATCHES
from sensor.types import Stats
from tests.support.captures import make_packets, pcap, pcapng, read_bytes, rows

PACKETS = make_packets(60)
FILES = {"pcap": pcap(PACKETS), "pcapng": pcapng(PACKETS)}


@pytest.mark.parametrize("name", FILES)
@pytest.mark.parametrize("size", [*range(1, 70), 500, 4096])
def test_any_batch_size_gives_the_same_packets(
    tmp_path: Path, name: str, size: int
) -> None:
    found, stats = read_bytes(tmp_path, FILES[name], size)
    assert found == PACKETS
    assert stats.counts["capture.packets"] == len(PACKETS)


@pytest.mark.parametrize("name", FILES)
@pytest.mark.parametrize("size", [1, 40, 80])
def test_a_batch_stays_while_history_batches_more_are_drawn(
    tmp_path: Path, name: str, size: int
) -> None:
    path = tmp_path / "capture"
    path.write_bytes(FILES[name])
    kept = []
    for batch in open_captures([str(path)], Stats(), batch_bytes=size):
        kept.append((batch, rows(batch)))
        for old, packets in kept[-HISTORY_BATCHES - 1 :]:
            assert rows(old) == packets
    assert len(kept) > 2 * HISTORY_BATCHES


@pytest.mark.parametrize("name", FILES)
def test_every_column_has_its_type_and_the_records_lie_in_the_buffer(
    tmp_path: Path, name: str
) -> None:
    path = tmp_path / "capture"
    path.write_bytes(FILES[name])
    for batch in open_captures([str(path)], Stats(), batch_bytes=300):
        columns = (batch.start, batch.end, batch.wire_len, batch.ts_ns, batch.number)
        assert {c.dtype for c in columns} == {np.dtype(np.int64)}
        assert [batch.data.dtype.name, batch.linktype.dtype.name] == ["uint8", "int32"]
        assert batch.file == str(path)
        assert (batch.start <= batch.end).all()
        assert (batch.end[:-1] <= batch.start[1:]).all()
        assert batch.end[-1] <= len(batch.data)


@settings(max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    name=st.sampled_from(sorted(FILES)),
    places=st.lists(st.tuples(st.integers(0, 2000), st.integers(0, 255)), max_size=6),
    size=st.sampled_from([1, 64, 1 << 16]),
)
def test_any_bytes_give_packets_or_damage(
    tmp_path: Path, name: str, places: list[tuple[int, int]], size: int
) -> None:
    """And where buffers end makes no difference to which."""
    data = bytearray(FILES[name])
    for place, value in places:
        data[place % len(data)] = value
    found, stats = read_bytes(tmp_path, bytes(data), size)
    again, same = read_bytes(tmp_path, bytes(data), 1 << 20)
    assert (found, stats.damaged) == (again, same.damaged)
    assert stats.counts == same.counts
    assert len(stats.damaged) <= 1
