"""The measurements that scripts/bench makes.

This process imports nothing large: a child's peak memory as the kernel tells it
includes that of the process it was forked from.
"""

from __future__ import annotations

import argparse
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).resolve().parent.parent
RUNS: Final = 3
GB_PER_SECOND: Final = 0.8
"What `netsig read` is to reach on one core with frames of 700 bytes on average."
PEAK_MB: Final = 300
"What it may occupy, however long the capture."
MADE_MB_PER_SECOND: Final = 100
"What `netsig fixtures background` is to write."
PEER: Final = """
import dpkt, sys
with open(sys.argv[1], "rb") as file:
    for _, frame in dpkt.pcap.Reader(file):
        pass
"""


def main() -> int:
    """Measure what was asked for; exit status 1 says that a line was missed."""
    parser = argparse.ArgumentParser(prog="scripts/bench")
    parser.add_argument("what", choices=tuple(BENCHMARKS))
    parser.add_argument("--mb", type=int, help="size of the generated capture")
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="netsig-bench-") as directory:
        measure, megabytes = BENCHMARKS[asked.what]
        return measure(Path(directory), asked.mb or megabytes)


def read(directory: Path, megabytes: int) -> int:
    """Print the throughput on one core, with and without the start of Python."""
    capture, packets = make(directory, megabytes)
    small, _ = make(directory, 0, "small.pcap")
    size = capture.stat().st_size
    cat = seconds(["cat", str(capture)])
    peer = seconds([sys.executable, "-c", PEER, str(capture)])
    start = seconds(netsig(small))
    whole = seconds(netsig(capture))
    net = whole - start
    print(f"capture        {size / 1e9:.2f} GB, {packets:,} packets")
    print(f"netsig read    {size / net / 1e9:.2f} GB/s, {packets / net:,.0f} packets/s")
    print(f"  with start   {size / whole / 1e9:.2f} GB/s ({start:.2f} s to start)")
    print(f"  against cat  {cat / net:.2f} of its speed ({size / cat / 1e9:.2f} GB/s)")
    print(f"  against dpkt {peer / net:.1f} times its walk along the records")
    print(f"line           {GB_PER_SECOND} GB/s")
    return size / net / 1e9 < GB_PER_SECOND


def memory(directory: Path, megabytes: int) -> int:
    """Print the peak memory of reading a long capture with logons in it."""
    logon = ROOT / "pcaps" / "smb3-encrypted.pcap"
    capture, packets = make(directory, megabytes, "long.pcap", logon)
    peak = peak_bytes(netsig(capture)) / 1e6
    print(f"capture        {capture.stat().st_size / 1e9:.2f} GB, {packets:,} packets")
    print(f"peak memory    {peak:.0f} MB")
    print(f"line           {PEAK_MB} MB")
    return peak > PEAK_MB


def background(directory: Path, megabytes: int) -> int:
    """Print how fast background is made, against copying it, in how much memory."""
    made, copied = directory / "made.pcap", directory / "copied.pcap"
    short = peak_bytes(maker(made, 8)) / 1e6
    peak = peak_bytes(maker(made, megabytes)) / 1e6
    size = made.stat().st_size / 1e6
    copying = size / seconds(["cp", str(made), str(copied)])
    copied.unlink()
    making = size / seconds(maker(made, megabytes))
    print(f"capture        {size / 1e3:.2f} GB")
    print(f"made at        {making:.0f} MB/s, with the start of Python")
    print(f"  against cp   {making / copying:.2f} of its speed ({copying:.0f} MB/s)")
    print(f"peak memory    {peak:.0f} MB ({short:.0f} MB for 8 MB of it)")
    print(f"line           {MADE_MB_PER_SECOND} MB/s")
    return making < MADE_MB_PER_SECOND


def maker(path: Path, megabytes: int) -> list[str]:
    """Return the command that writes so much background traffic to *path*."""
    command = [sys.executable, "-m", "sensor", "fixtures", "background", str(path)]
    return [*command, "--size", str(megabytes)]


def watch(directory: Path, megabytes: int) -> int:
    """Print what is read off a cable without loss, by us and by others."""
    from scripts.live import live

    logon = ROOT / "pcaps" / "smb3-encrypted.pcap"
    capture, _ = make(directory, megabytes, "sent.pcap", logon)
    return live(directory, capture)


def make(
    directory: Path, megabytes: int, name: str = "traffic.pcap", *extra: Path
) -> tuple[Path, int]:
    """Generate a capture in a process that ends, and return it with its packets."""
    path = directory / name
    args = [str(path), str(megabytes), *map(str, extra)]
    command = [sys.executable, "-m", "scripts.traffic", *args]
    done = subprocess.run(command, check=True, capture_output=True, text=True, cwd=ROOT)
    return path, int(done.stdout)


def netsig(capture: Path) -> list[str]:
    """Return the command that reads *capture* on one core."""
    command = [sys.executable, "-m", "sensor", "read", "--json", str(capture)]
    return [*one_core(), *command]


def one_core() -> list[str]:
    """Return the prefix that keeps a command on one core, where there is taskset."""
    last = max(os.sched_getaffinity(0))
    return ["taskset", "-c", str(last)] if shutil.which("taskset") else []


def peak_bytes(command: list[str]) -> int:
    """Return the largest resident size that *command* had."""
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, cwd=ROOT)
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise subprocess.CalledProcessError(process.returncode, command)
    return usage.ru_maxrss * 1024


def seconds(command: list[str]) -> float:
    """Return the median time of a few runs of *command*."""
    times = []
    for _ in range(RUNS):
        started = time.perf_counter()
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL, cwd=ROOT)
        times.append(time.perf_counter() - started)
    return statistics.median(times)


BENCHMARKS: Final[dict[str, tuple[Callable[[Path, int], int], int]]] = {
    "read": (read, 1024),
    "memory": (memory, 2048),
    "background": (background, 1024),
    "live": (watch, 256),
}
"What to call, and the megabytes of traffic to make unless told otherwise."


if __name__ == "__main__":
    sys.exit(main())
