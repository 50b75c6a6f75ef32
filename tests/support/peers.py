"""Real peers: there, or left out knowingly."""

from __future__ import annotations

import os
import shutil

import pytest

PROGRAMS = ("ip", "ss", "tcpdump", "smbd", "smbclient")


def need_peers() -> None:
    """Fail where a program is missing or we are not root, unless that is known."""
    if os.environ.get("NETSIG_WITHOUT_PEERS"):
        pytest.skip("NETSIG_WITHOUT_PEERS is set")
    missing = [name for name in PROGRAMS if shutil.which(name) is None]
    if missing or os.geteuid():
        pytest.fail(f"recording needs root and {missing}, or NETSIG_WITHOUT_PEERS=1")
