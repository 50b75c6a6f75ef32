"""What is given up is gone, in every thread; what cannot be is no reason to go on."""

from __future__ import annotations

import json
import os
import pwd
import subprocess
import sys
from pathlib import Path

import pytest

from sensor.errors import NetsigError
from sensor.live import privileges
from tests.support.wire import need_root

ROOT = Path(__file__).resolve().parents[3]
REPORT = """
lines = open("/proc/self/status").read().splitlines()
print(json.dumps(dict(line.partition(":\\t")[::2] for line in lines)))
"""


def python(code: str) -> subprocess.CompletedProcess[str]:
    """Run *code* with privileges imported, in a process of its own, as root."""
    need_root()
    imports = "import json, os, threading, time\nfrom sensor.live import privileges\n"
    command = [sys.executable, "-c", imports + code]
    return subprocess.run(command, capture_output=True, text=True, cwd=ROOT)


def test_root_becomes_a_user_without_any_right() -> None:
    done = python("privileges.drop(privileges.account('daemon'))" + REPORT)

    status, daemon = json.loads(done.stdout), pwd.getpwnam("daemon")
    assert status["Uid"].split() == [str(daemon.pw_uid)] * 4
    assert status["Gid"].split() == [str(daemon.pw_gid)] * 4
    assert status["Groups"].split() == []
    kinds = ("CapInh", "CapPrm", "CapEff", "CapBnd", "CapAmb")
    assert [int(status[kind], 16) for kind in kinds] == [0] * 5
    assert status["NoNewPrivs"] == "1"


def test_who_stays_root_has_no_right_either() -> None:
    done = python("privileges.drop(privileges.account('root'))" + REPORT)

    status = json.loads(done.stdout)
    assert status["Uid"].split() == ["0"] * 4
    assert [int(status[kind], 16) for kind in ("CapPrm", "CapEff", "CapBnd")] == [0] * 3


def test_who_is_not_root_gives_up_what_was_lent() -> None:
    """As where a service manager lends CAP_NET_RAW (13) alone."""
    lend = (
        "privileges.load_codecs()\n"
        "import ctypes, struct; libc = ctypes.CDLL(None); libc.prctl(8, 1, 0, 0, 0)\n"
        "os.setresuid(1, 1, 1)\n"
        "one = struct.pack('=Ii', 0x20080522, 0), struct.pack('=6I', *[1 << 13] * 3,"
        " 0, 0, 0)\nassert libc.capset(*one) == 0\n"
        "assert libc.prctl(47, 2, 13, 0, 0) == 0\n"
        "assert len(list(privileges.privileges())) == 5\n"
        "privileges.drop(privileges.account(''))"
    )
    status = json.loads(python(lend + REPORT).stdout)

    kinds = ("CapInh", "CapPrm", "CapEff", "CapAmb")
    assert [int(status[kind], 16) for kind in kinds] == [0] * 4
    assert (status["Uid"].split(), status["NoNewPrivs"]) == (["1"] * 4, "1")


def test_a_root_that_may_not_become_another_is_told_what_to_do() -> None:
    """As in a container that is lent CAP_NET_RAW and CAP_SETPCAP (8) alone."""
    done = python(
        "import ctypes, struct; libc = ctypes.CDLL(None)\n"
        "one = struct.pack('=Ii', 0x20080522, 0), struct.pack('=6I',"
        " *[1 << 13 | 1 << 8] * 2, 0, 0, 0, 0)\nassert libc.capset(*one) == 0\n"
        "privileges.drop(privileges.account('daemon'))"
    )

    assert "root may not become daemon here: start it as that user" in done.stderr


def test_a_thread_that_keeps_rights_is_noticed() -> None:
    done = python(
        "threading.Thread(target=time.sleep, args=[9], daemon=True).start()\n"
        "privileges.drop(privileges.account('root'))"
    )

    assert "privileges could not be given up: CapPrm " in done.stderr


def test_root_becomes_nobody_unless_told_otherwise(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: 0)

    assert privileges.account("").pw_name == "nobody"
    assert privileges.account("daemon").pw_name == "daemon"


def test_others_stay_who_they_are(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: pwd.getpwnam("daemon").pw_uid)

    assert privileges.account("").pw_name == "daemon"
    assert privileges.account("daemon").pw_name == "daemon"
    with pytest.raises(NetsigError, match="only root can become another user"):
        privileges.account("nobody")


def test_a_user_that_does_not_exist_is_told() -> None:
    with pytest.raises(NetsigError, match="--user nosuch: there is no such user"):
        privileges.account("nosuch")
