"""`scripts/bench live`: what is read off a cable without loss, by us and by others.

Two machines of our own (network namespaces), joined by a veth pair. One sends, on one
core; the other reads, on another core, one reader after the other. For each the rate
is halved in until none is lost.
"""

from __future__ import annotations

import os
import re
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from sensor.fixtures.detectors import suricata
from sensor.fixtures.record.namespaces import INTERFACE, Link, Machine, joined

SECONDS: Final = 3
"How long the sender sends."
SETTLE_SECONDS: Final = 1.0
READY_SECONDS: Final = 30
STEPS: Final = 5
RING_MIB: Final = 64
BLOCK: Final = 1 << 20
FRAMES: Final = 1 << 15
"Suricata counts its ring in frames of the interface's MTU: about RING_MIB."


@dataclass(frozen=True, slots=True)
class Reader:
    """Something that reads packets off an interface."""

    name: str
    command: Callable[[Path], list[str]]
    "The command, given a directory of its own."
    ready: str
    "What it says when it reads."
    told: str
    "A pattern of what it says at the end: one group, the packets it lost."
    asked: int = signal.SIGINT


@dataclass(frozen=True, slots=True)
class Sent:
    """What was sent, and whether all of it was read."""

    packets: int
    bytes: int
    seconds: float
    lost: int
    worked: float
    "Seconds of processor time that the reader took for it."

    @property
    def rate(self) -> float:
        """Packets a second."""
        return self.packets / self.seconds


def netsig(_: Path) -> list[str]:
    options = ["--ring", str(RING_MIB)]
    return [sys.executable, "-m", "sensor", "watch", INTERFACE, *options]


def dumpcap(_: Path) -> list[str]:
    return ["dumpcap", "-q", "-i", INTERFACE, "-B", str(RING_MIB), "-w", os.devnull]


def suricata_live(directory: Path) -> list[str]:
    """Give it the settings and rules of the scorecard, and an interface."""
    settings = directory / "suricata.yaml"
    settings.write_text(suricata.CONFIG.read_text("utf-8") + AF_PACKET)
    rules = ["-S", str(suricata.RULES), "-k", "none", "--runmode", "workers"]
    return [
        *("suricata", "-v", "-c", str(settings), "-l", str(directory), *rules),
        "--af-packet",
    ]


AF_PACKET: Final = f"""
af-packet:
  - interface: {INTERFACE}
    threads: 1
    cluster-id: 99
    cluster-type: cluster_flow
    use-mmap: yes
    tpacket-v3: yes
    block-size: {BLOCK}
    ring-size: {FRAMES}
    checksum-checks: no
logging:
  default-log-level: info
  outputs:
    - console:
        enabled: yes
"""

READERS: Final = (
    Reader(
        "netsig watch",
        netsig,
        "watching",
        r"([\d,]+) dropped by the kernel",
        signal.SIGTERM,
    ),
    Reader("Suricata", suricata_live, "Engine started", r"drops: (\d+)"),
    Reader("dumpcap", dumpcap, "File:", r"interface '\w+': \d+/(\d+)"),
)


def live(directory: Path, capture: Path) -> int:
    """Print what each reader keeps up with; status 0."""
    name = f"netsig-{os.getpid()}"
    ends = (
        Machine(f"{name}-sender", "10.99.0.1", "sender"),
        Machine(f"{name}-reader", "10.99.0.2", "reader"),
    )
    print(f"{'reader':15}{'packets/s':>12}{'MB/s':>8}{'core':>8}")
    for reader in READERS:
        if shutil.which(reader.command(directory)[0]) is None:
            print(f"{reader.name:15}{'not installed':>20}")
            continue
        with joined(*ends) as link:
            best, limit = sustained(link, reader, directory, capture)
        print(f"{reader.name:15}{row(best)}{limit}")
    return 0


def row(sent: Sent | None) -> str:
    if sent is None:
        return f"{'none':>12}"
    core = sent.worked / sent.seconds
    return f"{sent.rate:12,.0f}{sent.bytes / sent.seconds / 1e6:8.0f}{core:8.0%}"


def sustained(
    link: Link, reader: Reader, directory: Path, capture: Path
) -> tuple[Sent | None, str]:
    """Find the highest rate without loss by halving, and what set the limit."""
    first = trial(link, reader, directory, capture, 0)
    if not first.lost:
        return first, "  (all that could be sent)"
    low, high, best = 0.0, first.rate, None
    for _ in range(STEPS):
        sent = trial(link, reader, directory, capture, int((low + high) / 2))
        if sent.lost:
            high = (low + high) / 2
        else:
            low, best = (low + high) / 2, sent
    share = first.lost / first.packets
    return best, f"  (of {first.rate:,.0f} packets/s it loses {share:.0%})"


def trial(
    link: Link, reader: Reader, directory: Path, capture: Path, rate: int
) -> Sent:
    """Let *reader* read while SECONDS' worth of packets are sent at *rate*."""
    sender, watcher = link.machines
    log = directory / "reader.log"
    core = max(os.sched_getaffinity(0))
    pinned = ["taskset", "-c", str(core), *reader.command(directory)]
    process = link.start(watcher, pinned, log)
    wait_for(reader.ready, process, log)
    before = processor_seconds(process.pid)
    packets, size, seconds = send(link, sender, capture, rate)
    time.sleep(SETTLE_SECONDS)
    worked = processor_seconds(process.pid) - before
    process.send_signal(reader.asked)
    process.wait(READY_SECONDS)
    told = re.search(reader.told, log.read_text("utf-8", "replace"))
    if told is None:
        raise SystemExit(f"{reader.name} did not say what it lost: see {log}")
    return Sent(packets, size, seconds, int(told[1].replace(",", "")), worked)


def processor_seconds(pid: int) -> float:
    """Return what process *pid*, all its threads, took so far (proc(5), stat)."""
    told = Path(f"/proc/{pid}/stat").read_text("ascii").rpartition(")")[2].split()
    return (int(told[11]) + int(told[12])) / os.sysconf("SC_CLK_TCK")


def send(
    link: Link, sender: Machine, capture: Path, rate: int
) -> tuple[int, int, float]:
    log = capture.with_suffix(".log")
    words = [INTERFACE, str(capture), str(SECONDS), str(rate)]
    core = min(os.sched_getaffinity(0))
    python = ["taskset", "-c", str(core), sys.executable, "-m", "scripts.sender"]
    done = link.run(sender, [*python, *words], log)
    if done.status:
        raise SystemExit(f"the sender failed: {done.output}")
    packets, size, seconds = done.output.split()
    return int(packets), int(size), float(seconds)


def wait_for(word: str, process: subprocess.Popen[bytes], log: Path) -> None:
    end = time.monotonic() + READY_SECONDS
    while word not in (said := log.read_text("utf-8", "replace")):
        if process.poll() is not None or time.monotonic() > end:
            raise SystemExit(f"it does not read: {said.strip()}")
        time.sleep(0.05)
