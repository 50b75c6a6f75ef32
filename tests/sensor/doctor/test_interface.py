"""An interface is what files in /sys and /proc say; here they are made."""

from __future__ import annotations

from pathlib import Path

import pytest

from sensor.doctor.interface import findings_of, is_interface

ALL = "CapEff:\t000001ffffffffff\n"
NONE = "Name:\tnetsig\nCapEff:\t0000000000000000\n"
UP, DOWN = "0x1003\n", "0x1002\n"


def place(folder: Path, *, flags: str = UP, state: str = "up\n", **lost: int) -> Path:
    """Make what the kernel shows of an interface called eth0."""
    eth0 = folder / "sys" / "eth0"
    (eth0 / "statistics").mkdir(parents=True)
    (eth0 / "flags").write_text(flags)
    (eth0 / "operstate").write_text(state)
    for name, count in lost.items():
        (eth0 / "statistics" / name).write_text(f"{count}\n")
    return folder / "sys"


def titles(sys: Path, status: str = ALL) -> list[str]:
    file = sys.parent / "status"
    file.write_text(status)
    return [finding.title for finding in findings_of("eth0", sys, file)]


def test_an_interface_that_is_well(tmp_path: Path) -> None:
    assert titles(place(tmp_path, rx_dropped=0)) == []


@pytest.mark.parametrize("state", ["unknown\n", "up\n"])
def test_virtual_interfaces_do_not_know_their_state(tmp_path: Path, state: str) -> None:
    assert titles(place(tmp_path, state=state)) == []


def test_down(tmp_path: Path) -> None:
    sys = place(tmp_path, flags=DOWN, state="down\n")

    assert titles(sys) == ["The interface is down"]
    assert next(findings_of("eth0", sys)).fix == "ip link set eth0 up"


@pytest.mark.parametrize("state", ["down\n", "lowerlayerdown\n"])
def test_up_without_a_link(tmp_path: Path, state: str) -> None:
    assert titles(place(tmp_path, state=state)) == ["The interface has no link"]


def test_losses_of_the_card(tmp_path: Path) -> None:
    sys = place(tmp_path, rx_missed_errors=1234, rx_dropped=5)
    [finding] = findings_of("eth0", sys)

    assert finding.title == "The network card lost packets"
    assert "rx_missed_errors 1,234, rx_dropped 5" in finding.what


@pytest.mark.parametrize(
    ("status", "expected"),
    [
        (NONE, ["Missing rights"]),
        ("", ["Missing rights"]),
        ("CapEff:\t0000000000002000\n", []),
        ("CapEff:\t0000000000001000\n", ["Missing rights"]),
    ],
)
def test_rights(tmp_path: Path, status: str, expected: list[str]) -> None:
    assert titles(place(tmp_path), status) == expected


def test_names_of_interfaces(tmp_path: Path) -> None:
    sys = place(tmp_path)

    assert is_interface("eth0", sys)
    assert is_interface("lo")
    for name in ("eth1", "", ".", "..", "../sys/eth0", "eth0/statistics"):
        assert not is_interface(name, sys)
