"""Packet times (ns since 1970, UTC) in the ways Microsoft writes them, without floats.

Any 64-bit count of nanoseconds lies between the years 1677 and 2262.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final

_NS: Final = 1_000_000_000
_UNIX: Final = datetime(1970, 1, 1)
# 100 ns steps from each calendar's first moment to 1970.
_FILETIME_1970: Final = 116_444_736_000_000_000  # from 1601, [MS-DTYP] 2.3.3
_TICKS_1970: Final = 621_355_968_000_000_000  # from the year 1, .NET DateTime.Ticks


def timestamp(ts_ns: int) -> str:
    """Return ISO 8601 in UTC to 100 ns: `2022-11-09T17:43:28.1883500Z`."""
    seconds, rest = divmod(ts_ns, _NS)
    moment = _UNIX + timedelta(seconds=seconds)
    return f"{moment.isoformat()}.{rest // 100:07d}Z"


def filetime(ts_ns: int) -> int:
    """Return the Windows FILETIME: 100 ns steps since 1601."""
    return ts_ns // 100 + _FILETIME_1970


def ticks(ts_ns: int) -> int:
    """Return .NET ticks, which Defender's alert ids begin with: 100 ns since year 1."""
    return ts_ns // 100 + _TICKS_1970
