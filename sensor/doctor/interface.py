"""What the kernel says of an interface, before a single packet is looked at."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Final

from sensor.doctor.checks import NOTE, PROBLEM, Finding

SYS: Final = Path("/sys/class/net")
STATUS: Final = Path("/proc/self/status")
IFF_UP: Final = 1
CAP_NET_RAW: Final = 13  # bit, linux/capability.h
LOSSES: Final = ("rx_missed_errors", "rx_fifo_errors", "rx_dropped")


def is_interface(name: str, sys: Path = SYS) -> bool:
    """Tell whether there is an interface called *name*."""
    return "/" not in name and name not in ("", ".", "..") and (sys / name).is_dir()


def findings_of(name: str, sys: Path = SYS, status: Path = STATUS) -> Iterator[Finding]:
    """Give what is wrong with interface *name* and with our rights to it."""
    yield from _state(name, sys / name)
    yield from _losses(name, sys / name / "statistics")
    yield from _rights(name, status)


def _state(name: str, place: Path) -> Iterator[Finding]:
    if not int(_read(place / "flags") or "0", 16) & IFF_UP:
        yield Finding(
            PROBLEM,
            "The interface is down",
            f"{name} was not brought up, so that nothing can arrive.",
            f"ip link set {name} up",
        )
    elif _read(place / "operstate") in ("down", "lowerlayerdown"):
        yield Finding(
            PROBLEM,
            "The interface has no link",
            f"{name} is up, and nothing answers at the other end of its cable.",
            "See whether the mirror port is enabled, the cable sits and the speeds "
            f"agree: ethtool {name}",
        )


def _losses(name: str, place: Path) -> Iterator[Finding]:
    lost = {what: int(_read(place / what) or "0") for what in LOSSES}
    told = ", ".join(f"{what} {count:,}" for what, count in lost.items() if count)
    if told:
        yield Finding(
            NOTE,
            "The network card lost packets",
            f"Since {name} came up: {told}. (rx_dropped also counts packets of "
            "protocols that nobody here speaks.)",
            f"If it grows: ethtool -G {name} rx 4096, and interrupts over more cores.",
        )


def _rights(name: str, status: Path) -> Iterator[Finding]:
    if not _capabilities(status) >> CAP_NET_RAW & 1:
        yield Finding(
            PROBLEM,
            "Missing rights",
            f"To see all packets of {name} takes CAP_NET_RAW, which this process does "
            "not have.",
            "Run it by the systemd unit that comes along (without root), or by sudo.",
        )


def _capabilities(status: Path) -> int:
    lines = status.read_text("ascii", errors="replace").splitlines()
    effective = (line.split()[1] for line in lines if line.startswith("CapEff:"))
    return int(next(effective, "0"), 16)


def _read(path: Path) -> str:
    try:
        return path.read_text("ascii").strip()
    except OSError:  # a virtual interface need not have it
        return ""
