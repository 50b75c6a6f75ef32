"""Every capture of the corpus: the packets tshark reads, we read."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from decimal import Decimal
from pathlib import Path

import pytest

from sensor.types import Stats
from tests.support.captures import Packet, read
from tests.support.tshark import program

CORPUS = os.environ.get("NETSIG_CORPUS", "")
FIELDS = ("frame.encap_type", "frame.time_epoch", "frame.cap_len", "frame.len")
EXPLAINED = {
    "BT_USB_LinCooked_Eth_80211_RT.ntar.gz": "tshark gives up at its first packet",
    "fuzz-2021-10-13.pcap": "tshark prints a fraction of 1.88 s as ten digits",
    "PktMon.cap": "tshark shows events, and not the packets in them",
    "capture.cap": "tshark shows events, and not the packets in them",
    "infiniband.pcap": "tshark takes time and length from ERF headers in the packets",
}
"Files that tshark reads otherwise, and why that is no fault of ours."

Line = tuple[int, int, int, int]
"Number, nanoseconds, captured and wire length of a packet."

pytestmark = pytest.mark.skipif(not CORPUS, reason="NETSIG_CORPUS names no captures")


def captures() -> list[Path]:
    root = Path(CORPUS) / "pcaps"
    return sorted(path for path in root.rglob("*") if path.is_file()) if CORPUS else []


def tshark(path: Path) -> list[Line]:
    """Read with Wireshark; what it dissects inside the packets does not matter."""
    fields = [word for field in FIELDS for word in ("-e", field)]
    command = [program(), "-n", "-r", str(path), "-T", "fields", "-E", "occurrence=f"]
    done = subprocess.run([*command, *fields], capture_output=True, check=False)
    return lines_of(line.split("\t") for line in done.stdout.decode().splitlines())


def lines_of(rows: Iterable[list[str]]) -> list[Line]:
    """What has no link type is a block tshark shows and no packet (a comment, say).

    A simple packet has no time, and is given that of the one before. Times wrap
    around at 64 bits.
    """
    lines: list[Line] = []
    time = 0
    for encapsulation, seconds, captured, wire in rows:
        if seconds:
            time = int(Decimal(seconds) * 1_000_000_000)
            time = (time + 2**63) % 2**64 - 2**63
        if encapsulation:
            lines.append((len(lines) + 1, time, int(captured), int(wire)))
    return lines


def line(packet: Packet) -> Line:
    return packet.number, packet.ts_ns, len(packet.data), packet.wire_len


def foreign(stats: Stats) -> bool:
    return any("captures are not read" in damage.reason for damage in stats.damaged)


def test_all_packets_that_tshark_reads() -> None:
    program()  # before threads ask for it
    paths = captures()
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        theirs = dict(zip(paths, pool.map(tshark, paths), strict=True))
    ours = {path: read(path) for path in paths}
    read_by_us = [path for path in paths if not foreign(ours[path][1])]
    differ = [p for p in read_by_us if list(map(line, ours[p][0])) != theirs[p]]
    packets = sum(len(found) for found, _ in ours.values())
    print(f"{packets} packets compared; {len(paths) - len(read_by_us)} files not read")
    assert sorted(p.name.split("__")[-1] for p in differ) == sorted(EXPLAINED)
    assert packets > 0
