"""What people call the codes on the wire."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Final

from decoders import names
from decoders.ntlmssp import AvPair, Version

MORE_PROCESSING: Final = 0xC000_0016
PENDING: Final = 0x0000_0103

_TIMESTAMP: Final = 7
_1601: Final = datetime(1601, 1, 1, tzinfo=UTC)
_TICKS: Final = 10_000_000  # of 100 ns in a second


def status(code: int, is_nt: bool = True) -> str:
    """Name an NTSTATUS; a DOS error (*is_nt* false) or a code nobody named is hex."""
    if code in names.STATUSES and (is_nt or code == 0):
        return f"STATUS_{names.STATUSES[code]}"
    return f"0x{code:08X}"


def signing(enabled: bool, required: bool) -> str:
    """Say what an end asks of signatures."""
    if required:
        return "required"
    return "enabled" if enabled else "disabled"


def os_version(version: Version | None) -> str | None:
    """Write an NTLM VERSION the way Windows shows it, `10.0.22621`."""
    if version is None:
        return None
    return f"{version.major}.{version.minor}.{version.build}"


def target_info(pairs: tuple[AvPair, ...]) -> dict[str, object]:
    """Give AV pairs by name; of a name that comes twice, the first."""
    info: dict[str, object] = {}
    for pair in pairs:
        if pair.value is not None:
            info.setdefault(names.name_of(names.AV_IDS, pair.id, 4), _av_value(pair))
    return info


def _av_value(pair: AvPair) -> object:
    if not isinstance(pair.value, int):
        return pair.value
    return filetime(pair.value) if pair.id == _TIMESTAMP else f"0x{pair.value:08X}"


def filetime(ticks: int) -> str:
    """Write a FILETIME (100 ns since 1601, UTC) as ISO 8601, all seven digits.

    One beyond the year 9999 comes as the number it is, in hex.
    """
    seconds, rest = divmod(ticks, _TICKS)
    try:
        moment = _1601 + timedelta(seconds=seconds)
    except OverflowError:
        return f"0x{ticks:016X}"
    return f"{moment:%Y-%m-%dT%H:%M:%S}.{rest:07d}Z"
