"""The unit is as locked up as is said, and what it starts exists."""

from __future__ import annotations

import os
import re
import shlex
import shutil
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
UNIT = ROOT / "deploy" / "netsig@.service"
DOCKERFILE = (ROOT / "deploy" / "Dockerfile").read_text("utf-8")
EXPOSURE = 3.0


def analyze(*arguments: str) -> str:
    """Run systemd-analyze; without it a test fails, or is left out knowingly."""
    program = shutil.which("systemd-analyze")
    if program is None and os.environ.get("NETSIG_WITHOUT_SYSTEMD"):
        pytest.skip("NETSIG_WITHOUT_SYSTEMD is set")
    if program is None:
        raise FileNotFoundError("systemd-analyze is missing; scripts/test installs it")
    done = subprocess.run([program, *arguments], capture_output=True, text=True)
    return done.stdout + done.stderr


@pytest.fixture
def unit(tmp_path: Path) -> Path:
    """The unit as it is for one interface, starting a program that exists."""
    program = tmp_path / "netsig"
    program.write_text("#!/bin/sh\n")
    program.chmod(0o755)
    file = tmp_path / "netsig@eth0.service"
    file.write_text(UNIT.read_text().replace("/opt/netsig/bin/netsig", str(program)))
    return file


def exposure(file: Path) -> float:
    told = analyze("security", "--offline=true", str(file))
    found = re.search(r"Overall exposure level for netsig@eth0.service: ([\d.]+)", told)
    assert found, told
    return float(found[1])


def test_the_unit_is_sound(unit: Path) -> None:
    assert analyze("verify", "--man=no", str(unit)) == ""


def test_the_unit_is_locked_up(unit: Path) -> None:
    assert exposure(unit) < EXPOSURE


def test_an_open_unit_is_noticed(unit: Path) -> None:
    kept = [line for line in unit.read_text().splitlines() if "SystemCall" not in line]
    unit.write_text("\n".join(kept).replace("ProtectSystem=strict", ""))

    assert exposure(unit) > EXPOSURE


def settings() -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for line in UNIT.read_text().splitlines():
        name, is_setting, value = line.partition("=")
        if is_setting and not line.startswith("#"):
            found.setdefault(name, []).append(value)
    return found


def test_the_one_right_it_has_is_to_open_packet_sockets() -> None:
    assert settings()["CapabilityBoundingSet"] == ["CAP_NET_RAW"]
    assert settings()["AmbientCapabilities"] == ["CAP_NET_RAW"]
    assert settings()["User"] == ["netsig"]


def test_rows_go_where_it_may_write() -> None:
    assert settings()["StateDirectory"] == ["netsig/%i"]
    words = shlex.split(settings()["ExecStart"][0])
    assert words[words.index("--out") + 1] == "/var/lib/netsig/%i"


def test_the_container_holds_all_that_is_imported() -> None:
    copied = re.findall(r"^COPY (?!--)(.+) \S+$", DOCKERFILE, re.MULTILINE)
    names = {name for line in copied for name in line.split()}

    assert {"decoders", "sensor", "pyproject.toml"} <= names
    assert all((ROOT / name).exists() for name in names)


def test_the_container_runs_as_nobody_special() -> None:
    assert re.findall(r"^USER (\S+)$", DOCKERFILE, re.MULTILINE) == ["netsig"]
    assert 'ENTRYPOINT ["/opt/netsig/bin/netsig"]' in DOCKERFILE
