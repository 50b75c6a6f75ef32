"""What Wireshark's dissector finds: the independent oracle for real captures."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import pytest

FIELDS = (
    "ntlmssp.messagetype",
    "ntlmssp.auth.username",
    "ntlmssp.auth.domain",
    "ntlmssp.auth.hostname",
    "ntlmssp.ntlmserverchallenge",
)
SEPARATOR = "\x1f"

Names = Iterator[str]


class Ntlm(NamedTuple):
    """An NTLMSSP message by what tells one from another; None is not named."""

    type: int
    user: str | None = None
    domain: str | None = None
    host: str | None = None
    challenge: str | None = None

    def agrees(self, other: Ntlm) -> bool:
        """Tell whether *other* says all that this one says."""
        pairs = zip(self, other, strict=True)
        return all(mine is None or mine == theirs for mine, theirs in pairs)


def program() -> str:
    """Return where tshark is; without it a test fails, or is left out knowingly."""
    tshark = shutil.which("tshark")
    if tshark is None and os.environ.get("NETSIG_WITHOUT_TSHARK"):
        pytest.skip("NETSIG_WITHOUT_TSHARK is set")
    if tshark is None:
        raise FileNotFoundError("tshark is not installed; scripts/test installs it")
    return tshark


def editcap(source: Path, kind: str, target: Path) -> None:
    """Write the packets of *source* in the format that Wireshark calls *kind*."""
    command = [Path(program()).with_name("editcap"), "-F", kind, source, target]
    subprocess.run(command, check=True, timeout=120)


def fields(
    path: Path, names: tuple[str, ...], shown: str = "", *options: str
) -> list[list[list[str]]]:
    """Return, for each frame shown, the values of each field."""
    command = [program(), "-n", "-r", str(path), "-T", "fields", "-E", "occurrence=a"]
    command += ["-E", f"aggregator={SEPARATOR}", "-E", "separator=/t"]
    command += ["-d", "tcp.port==8445,nbss"]  # where a scenario of ours speaks SMB
    command += ["--disable-protocol", "artemis"]  # it has the port of SMB Direct
    command += ["-o", "smtp.decryption:TRUE"]  # it means base64
    command += [part for name in names for part in ("-e", name)]
    command += [*options, "-Y", shown] if shown else options
    # A capture cut at its end makes tshark exit with 2 after all whole packets.
    done = subprocess.run(command, capture_output=True, check=False, timeout=120)
    lines = done.stdout.decode("utf-8", "replace").rstrip("\n").split("\n")
    return [
        [cell.split(SEPARATOR) if cell else [] for cell in line.split("\t")]
        for line in lines
        if line
    ]


def ntlm_messages(path: Path) -> list[Ntlm]:
    """List the NTLMSSP messages of types 1 to 3 in a capture, in order."""
    found: list[Ntlm] = []
    for frame in fields(path, FIELDS, "ntlmssp.messagetype"):
        kinds, *rest = frame
        users, domains, hosts, challenges = (iter(column) for column in rest)
        found += [
            _message(int(kind, 16), users, domains, hosts, challenges) for kind in kinds
        ]
    return [message for message in found if message.type in (1, 2, 3)]


def _message(
    kind: int, users: Names, domains: Names, hosts: Names, challenges: Names
) -> Ntlm:
    if kind == 2:
        return Ntlm(2, challenge=next(challenges, None))
    if kind == 3:
        return Ntlm(
            3, *(_named(next(names, None)) for names in (users, domains, hosts))
        )
    return Ntlm(kind)


def _named(text: str | None) -> str | None:
    """Return a name as we have it: tshark writes NULL for an empty one."""
    return "" if text == "NULL" else text
