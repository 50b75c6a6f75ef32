"""A directory for one process at a time."""

from __future__ import annotations

import os
import sys
from pathlib import Path

from sensor.errors import NetsigError

if sys.platform != "win32":  # where only --out needs it
    import fcntl


def lock(path: Path) -> int:
    """Keep directory *path* for this process; return the handle that holds it.

    Raises NetsigError while another process does.
    """
    handle = os.open(path, os.O_RDONLY)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError as error:
        os.close(handle)
        raise NetsigError(f"{path}: another netsig is writing there") from error
    return handle
