"""`scripts/soak`: whether a sensor that watches for long keeps its memory and counts.

Two machines of our own (network namespaces), joined by a veth pair. One sends logons,
each of another client; the other watches, and writes rows as it would for months.
"""

from __future__ import annotations

import argparse
import os
import re
import signal
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from scripts.live import wait_for
from sensor.fixtures.record.namespaces import INTERFACE, Link, Machine, joined

ROOT: Final = Path(__file__).resolve().parent.parent
TALKS: Final = (
    "leak-to-public",
    "http-ntlm",
    "smb3-encrypted",
    "ldap-sasl",
    "coercion",
)
WARM_UP: Final = 1 / 6
"Part of the time after which what is remembered has reached its bounds."
GROWTH_MB: Final = 32
"What memory may grow by from then on: Python gives back what it freed by and by."
STOP_SECONDS: Final = 30
SAMPLE_SECONDS: Final = 1.0
_TOLD: Final = re.compile(
    r"([\d,]+) packets passed: ([\d,]+) read, ([\d,]+) dropped by the kernel,"
    r" ([\d,]+) left in the ring"
)


@dataclass(frozen=True, slots=True)
class Soak:
    """What was sent, what the sensor said of it, and how much memory it took."""

    sent: int
    passed: int
    read: int
    dropped: int
    left: int
    rows: int
    warm_mb: float
    "Largest resident size while warming up."
    peak_mb: float
    "Largest one thereafter."

    @property
    def is_sound(self) -> bool:
        """Whether every packet is accounted for, and memory stayed flat."""
        accounted = self.read + self.dropped + self.left
        return self.sent == self.passed == accounted and self.is_flat

    @property
    def is_flat(self) -> bool:
        """Whether memory grew by no more than GROWTH_MB."""
        return self.peak_mb - self.warm_mb <= GROWTH_MB


def main() -> int:
    """Soak as long as was asked for; exit status 1 says that something did not hold."""
    parser = argparse.ArgumentParser(prog="scripts/soak")
    parser.add_argument("--minutes", type=float, default=60)
    parser.add_argument("--rate", type=int, default=2000, help="packets a second")
    asked = parser.parse_args()
    told = soak(asked.minutes * 60, asked.rate)
    print(f"sent      {told.sent:,} packets in {asked.minutes:g} minutes")
    print(f"read      {told.read:,}, dropped {told.dropped:,}, left {told.left:,}")
    print(f"rows      {told.rows:,}")
    print(f"memory    {told.warm_mb:.0f} MB when warm, then {told.peak_mb:.0f} at most")
    return not told.is_sound


def soak(seconds: float, rate: int) -> Soak:
    """Watch for *seconds* while *rate* packets a second are sent."""
    name = f"netsig-{os.getpid()}"
    ends = (
        Machine(f"{name}-sender", "10.99.0.1", "sender"),
        Machine(f"{name}-watcher", "10.99.0.2", "watcher"),
    )
    with (
        tempfile.TemporaryDirectory(prefix="netsig-soak-") as path,
        joined(*ends) as link,
    ):
        return _watched(link, Path(path), seconds, rate)


def _watched(link: Link, directory: Path, seconds: float, rate: int) -> Soak:
    sender, watcher = link.machines
    log, rows, said = (directory / name for name in ("log", "rows", "sent"))
    options = ["--user", "root", "--out", str(rows)]
    watch = [sys.executable, "-m", "sensor", "watch", INTERFACE, *options]
    sensor = link.start(watcher, watch, log)
    wait_for("watching", sensor, log)
    captures = [str(ROOT / "pcaps" / f"{talk}.pcap") for talk in TALKS]
    talkers = [sys.executable, "-m", "scripts.talkers", INTERFACE]
    talking = link.start(sender, [*talkers, str(seconds), str(rate), *captures], said)
    warm, peak = _peaks(sensor.pid, talking, seconds)
    time.sleep(SAMPLE_SECONDS)
    sensor.send_signal(signal.SIGTERM)
    sensor.wait(STOP_SECONDS)
    told = _TOLD.search(log.read_text("utf-8", "replace"))
    if told is None or talking.returncode:
        raise SystemExit(f"{log.read_text()}{said.read_text()}")
    passed, read, dropped, left = (int(n.replace(",", "")) for n in told.groups())
    written = sum(1 for file in rows.glob("Device*.jsonl") for _ in file.open("rb"))
    sent = int(said.read_text())
    return Soak(sent, passed, read, dropped, left, written, warm, peak)


def _peaks(
    pid: int, talking: subprocess.Popen[bytes], seconds: float
) -> tuple[float, float]:
    """Return the largest resident size while warming up, and thereafter (MB)."""
    warm_until = time.monotonic() + seconds * WARM_UP
    warm, peak = resident_mb(pid), 0.0
    while talking.poll() is None:
        time.sleep(SAMPLE_SECONDS)
        now = resident_mb(pid)
        if time.monotonic() < warm_until:
            warm = max(warm, now)
        else:
            peak = max(peak, now)
    return warm, peak


def resident_mb(pid: int) -> float:
    """Return how much memory a process has in use (proc(5), VmRSS)."""
    status = Path(f"/proc/{pid}/status").read_text("ascii")
    lines = dict(line.split(":", 1) for line in status.splitlines())
    return int(lines["VmRSS"].split()[0]) / 1000


if __name__ == "__main__":
    sys.exit(main())
