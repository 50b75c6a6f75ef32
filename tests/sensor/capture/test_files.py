"""Files, directories, pipes and growing files: what is read, and in which order."""

from __future__ import annotations

import gzip
import os
import subprocess
import sys
import threading
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from sensor.capture import open_captures
from sensor.types import Stats
from tests.support.captures import (
    SECOND,
    Packet,
    make_packets,
    packets_of,
    pcap,
    pcap_record,
    pcapng,
    read,
    rows,
)

ROOT = Path(__file__).resolve().parents[3]


def at(seconds: int) -> list[Packet]:
    """Two packets, the first at *seconds*."""
    return [replace(p, ts_ns=seconds * SECOND + p.number) for p in make_packets(2)]


def nano(packets: list[Packet]) -> bytes:
    return pcap(packets, magic=0xA1B23C4D)


def test_a_directory_is_read_below_and_in_order_of_time(tmp_path: Path) -> None:
    (tmp_path / "deep" / "er").mkdir(parents=True)
    (tmp_path / "a.txt").write_bytes(nano(at(30)))
    (tmp_path / "deep" / "b").write_bytes(gzip.compress(nano(at(10))))
    (tmp_path / "deep" / "er" / "c.exe").write_bytes(nano(at(20)))
    (tmp_path / "readme.pcap").write_text("not a capture, whatever its name")
    (tmp_path / "empty.pcap").write_bytes(b"")
    (tmp_path / "text.gz").write_bytes(gzip.compress(b"text"))
    found, stats = read(tmp_path)
    assert found == at(10) + at(20) + at(30)
    assert stats.damaged == []
    assert stats.counts["capture.not_captures"] == 3
    assert stats.counts["capture.files"] == 3
    assert stats.files == [
        str(tmp_path / name) for name in ("deep/b", "deep/er/c.exe", "a.txt")
    ]


def test_named_files_are_read_in_order_of_time_and_once(tmp_path: Path) -> None:
    late, early = tmp_path / "late", tmp_path / "early"
    late.write_bytes(nano(at(2)))
    early.write_bytes(nano(at(1)))
    assert read(late, early, tmp_path, late)[0] == at(1) + at(2)


def test_damage_in_one_file_leaves_the_others(tmp_path: Path) -> None:
    paths = [tmp_path / name for name in ("a", "b", "c")]
    paths[0].write_bytes(nano(at(1))[:-1])
    paths[1].write_bytes(b"\xd4\xc3\xb2\xa1\x02\x00")
    paths[2].write_bytes(nano(at(3)))
    found, stats = read(tmp_path)
    assert found == at(1)[:1] + at(3)
    assert [(d.file, d.usable) for d in stats.damaged] == [
        (str(paths[0]), True),
        (str(paths[1]), False),
    ]
    assert sorted(stats.files) == [str(path) for path in paths]


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "empty"),
        (b"PK\x03\x04zip", "50 4b 03 04"),
        (b"RTSS\x01\x01rest", "Network Monitor 1"),
        (b"snoop\0\0\0\0\0\0\2", "snoop"),
    ],
)
def test_a_named_file_of_no_known_format_is_damage(
    tmp_path: Path, content: bytes, words: str
) -> None:
    path = tmp_path / "capture.pcap"
    path.write_bytes(content)
    found, stats = read(path)
    (damage,) = stats.damaged
    assert (found, damage.file, damage.usable) == ([], str(path), False)
    assert words in damage.reason
    assert stats.files == [str(path)]


def test_a_file_that_is_not_there_is_damage(tmp_path: Path) -> None:
    there = tmp_path / "there"
    there.write_bytes(nano(at(1)))
    found, stats = read(tmp_path / "missing", there)
    assert found == at(1)
    assert [(d.reason, d.usable) for d in stats.damaged] == [
        ("No such file or directory", False)
    ]


def test_what_was_read_is_counted(tmp_path: Path) -> None:
    packets = make_packets(30)
    (tmp_path / "a").write_bytes(pcap(packets))
    stats = read(tmp_path)[1]
    assert stats.counts["capture.packets"] == 30
    assert stats.counts["capture.bytes"] == sum(len(p.data) for p in packets)
    assert stats.counts["capture.truncated_packets"] == 10


@pytest.mark.parametrize("write", [pcap, pcapng])
@pytest.mark.parametrize("pack", [bytes, gzip.compress])
def test_a_fifo_comes_last_and_is_read_whole(
    tmp_path: Path,
    write: Callable[[list[Packet]], bytes],
    pack: Callable[[bytes], bytes],
) -> None:
    fifo, file = tmp_path / "fifo", tmp_path / "file"
    os.mkfifo(fifo)
    file.write_bytes(nano(at(9)))
    packets = make_packets(3000, linktype=101)
    data = pack(write(packets))
    writer = threading.Thread(target=fifo.write_bytes, args=(data,))
    writer.start()
    found, stats = read(fifo, file)
    writer.join()
    assert found == at(9) + packets
    assert stats.damaged == []


@pytest.mark.parametrize("write", [pcap, pcapng])
def test_a_pipe_gives_each_packet_as_soon_as_it_is_whole(
    tmp_path: Path, write: Callable[[list[Packet]], bytes]
) -> None:
    """The writer only goes on when its packets were seen: waiting would hang."""
    fifo = tmp_path / "fifo"
    os.mkfifo(fifo)
    packets = make_packets(4)
    whole = [write(packets[: k + 1]) for k in range(4)]
    seen = [threading.Event() for _ in packets]

    def send() -> None:
        with fifo.open("wb", buffering=0) as out:
            sent = 0
            for data, event in zip(whole, seen, strict=True):
                out.write(data[sent:])
                sent = len(data)
                event.wait(10)

    threading.Thread(target=send).start()
    found = []
    for batch in open_captures([str(fifo)], Stats()):
        for packet in rows(batch):
            found.append(packet)
            assert not seen[packet.number - 1].is_set()
            seen[packet.number - 1].set()
    assert found == packets


def test_standard_input_is_named_by_a_dash() -> None:
    packets = make_packets(10)
    script = (
        "from sensor.capture import open_captures; from sensor.types import Stats\n"
        "stats = Stats()\n"
        "print([n for b in open_captures(['-'], stats) for n in b.number.tolist()])\n"
        "print(stats.files, stats.damaged)"
    )
    done = subprocess.run(
        [sys.executable, "-c", script],
        input=pcap(packets),
        capture_output=True,
        check=True,
        cwd=ROOT,
    )
    assert done.stdout.decode().split("\n")[:2] == [str(list(range(1, 11))), "['-'] []"]


class Writing:
    """Writes the next part of a file whenever a reader has come to its end."""

    def __init__(self, path: Path, parts: list[bytes]) -> None:
        self.path, self.parts = path, parts

    def __call__(self) -> bool:
        if not self.parts:
            return False
        with self.path.open("ab") as out:
            out.write(self.parts.pop(0))
        return True


def follow(path: Path, data: bytes, step: int) -> tuple[list[Packet], Stats]:
    path.write_bytes(b"")
    parts = [data[k : k + step] for k in range(0, len(data), step)]
    stats = Stats()
    batches = open_captures([str(path)], stats, follow=True, wait=Writing(path, parts))
    return packets_of(batches), stats


@pytest.mark.parametrize("step", [1, 5, 64, 1000])
@pytest.mark.parametrize("write", [pcap, pcapng])
@pytest.mark.parametrize("pack", [bytes, gzip.compress])
def test_a_growing_file_is_followed(
    tmp_path: Path,
    write: Callable[[list[Packet]], bytes],
    pack: Callable[[bytes], bytes],
    step: int,
) -> None:
    packets = make_packets(20)
    found, stats = follow(tmp_path / "growing", pack(write(packets)), step)
    assert found == packets
    assert stats.damaged == []


def test_a_record_half_written_when_reading_stops_is_not_damage(tmp_path: Path) -> None:
    packets = make_packets(3)
    found, stats = follow(tmp_path / "growing", pcap(packets)[:-1], 7)
    assert found == packets[:2]
    assert stats.damaged == []


def test_only_the_last_file_grows(tmp_path: Path) -> None:
    old, new = tmp_path / "old", tmp_path / "new"
    old.write_bytes(nano(at(1)))
    new.write_bytes(nano(at(2)))
    writing = Writing(new, [pcap_record(p, magic=0xA1B23C4D) for p in at(3)])
    batches = open_captures([str(new), str(old)], Stats(), follow=True, wait=writing)
    later = [replace(p, number=p.number + 2) for p in at(3)]
    assert packets_of(batches) == at(1) + at(2) + later


def test_closing_the_iterator_ends_it(tmp_path: Path) -> None:
    path = tmp_path / "growing"
    path.write_bytes(nano(at(1)))
    batches = open_captures([str(path)], Stats(), follow=True, wait=lambda: True)
    assert rows(next(batches)) == at(1)
    batches.close()  # type: ignore[attr-defined]
    assert list(batches) == []
