from __future__ import annotations

import gzip
from pathlib import Path

from rich.console import Console

from sensor.sinks.progress import _bar, size
from sensor.types import Stats


def test_size_is_that_of_all_files(tmp_path: Path) -> None:
    (tmp_path / "in").mkdir()
    (tmp_path / "a.pcap").write_bytes(b"x" * 24)
    (tmp_path / "in" / "b.pcap").write_bytes(b"x" * 100)

    assert size([str(tmp_path)]) == 124
    assert size([str(tmp_path / "a.pcap")]) == 24


def test_size_is_unknown_for_compressed_missing_and_standard_input(
    tmp_path: Path,
) -> None:
    (tmp_path / "a.pcap").write_bytes(b"x")
    (tmp_path / "a.gz").write_bytes(gzip.compress(b"x"))

    assert size([str(tmp_path / "a.pcap"), str(tmp_path / "a.gz")]) is None
    assert size(["-"]) is None
    assert size([str(tmp_path / "missing")]) is None


def test_bar_shows_megabytes_and_packets() -> None:
    stats = Stats()
    stats.add("capture.packets", 1_000_000)
    stats.add("capture.bytes", 64_000_000)
    console = Console(width=100)
    with console.capture() as capture:
        console.print(_bar(stats, 160_000_000))

    assert "80 MB" in capture.get()
    assert "1,000,000 packets" in capture.get()
