"""Give up what only opening an interface takes: root, capabilities, ways back.

capabilities(7), prctl(2). What the kernel keeps for each thread is checked for each:
a library may have started some.
"""

from __future__ import annotations

import codecs
import ctypes
import encodings
import os
import pkgutil
import pwd
import struct
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Final

from sensor.errors import NetsigError

PR_CAPBSET_DROP: Final = 24
PR_SET_NO_NEW_PRIVS: Final = 38
PR_CAP_AMBIENT: Final = 47
PR_CAP_AMBIENT_CLEAR_ALL: Final = 4
"Of linux/prctl.h."
CAPABILITY_VERSION: Final = 0x20080522
"_LINUX_CAPABILITY_VERSION_3 of linux/capability.h."
LAST_CAPABILITY: Final = Path("/proc/sys/kernel/cap_last_cap")
TASKS: Final = Path("/proc/self/task")
NOBODY: Final = "nobody"

_libc: Final = ctypes.CDLL(None, use_errno=True)


def account(user: str) -> pwd.struct_passwd:
    """Return whom to become: *user*, or NOBODY where we are root and none is named.

    Raises NetsigError where there is no such user, or we may not become it.
    """
    if os.geteuid() and not user:
        return pwd.getpwuid(os.geteuid())
    try:
        found = pwd.getpwnam(user or NOBODY)
    except KeyError as error:
        raise NetsigError(f"--user {user or NOBODY}: there is no such user") from error
    if os.geteuid() not in (0, found.pw_uid):
        raise NetsigError(f"--user {user}: only root can become another user")
    return found


def drop(who: pwd.struct_passwd) -> None:
    """Become *who* for good, without any capability.

    Raises NetsigError if any thread keeps more than that: better not to watch at all.
    Import before what may be needed later: Python may lie where *who* cannot read.
    """
    load_codecs()
    if os.geteuid() == 0:
        _empty_bounding_set()
        _become(who)
    _prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL)
    _clear_capabilities()
    _prctl(PR_SET_NO_NEW_PRIVS, 1)
    if kept := list(privileges()):
        raise NetsigError(f"privileges could not be given up: {', '.join(kept)}")


def _become(who: pwd.struct_passwd) -> None:
    try:
        os.setgroups([])
        os.setresgid(who.pw_gid, who.pw_gid, who.pw_gid)
        os.setresuid(who.pw_uid, who.pw_uid, who.pw_uid)
    except PermissionError as error:  # a root without CAP_SETUID, as in containers
        reason = f"root may not become {who.pw_name} here: start it as that user"
        raise NetsigError(reason) from error


def load_codecs() -> None:
    """Import every codec: Python does so only when a text is first read in one."""
    for module in pkgutil.iter_modules(encodings.__path__):
        with suppress(LookupError):  # those of other systems
            codecs.lookup(module.name)


def privileges() -> Iterator[str]:
    """Name what any thread of this process still may, or could come to: none if safe.

    What the bounding set would allow is out of reach without new privileges.
    """
    for task in sorted(TASKS.iterdir()):
        lines = (task / "status").read_text("ascii", "replace").splitlines()
        told = dict(line.partition(":\t")[::2] for line in lines)
        for name in ("CapInh", "CapPrm", "CapEff", "CapAmb"):
            if int(told[name], 16):
                yield f"{name} {told[name]} of thread {task.name}"
        if told["NoNewPrivs"] != "1":
            yield f"new privileges of thread {task.name}"


def _empty_bounding_set() -> None:
    for capability in range(int(LAST_CAPABILITY.read_text("ascii")) + 1):
        _prctl(PR_CAPBSET_DROP, capability)


def _clear_capabilities() -> None:
    header = struct.pack("=Ii", CAPABILITY_VERSION, 0)
    none = struct.pack("=6I", *[0] * 6)
    _check(_libc.capset(header, none))


def _prctl(option: int, argument: int) -> None:
    """Call prctl(2), whose arguments are as long as a pointer."""
    more = (ctypes.c_ulong(0), ctypes.c_ulong(0), ctypes.c_ulong(0))
    _check(_libc.prctl(option, ctypes.c_ulong(argument), *more))


def _check(status: int) -> None:
    if status:
        reason = os.strerror(ctypes.get_errno())
        raise NetsigError(f"privileges could not be given up: {reason}")
