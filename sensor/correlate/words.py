"""What people call the codes on the wire."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Final

from decoders.ntlmssp import AvPair, Version

MORE_PROCESSING: Final = 0xC000_0016
PENDING: Final = 0x0000_0103

# What a negotiate or session setup is answered with; MS-ERREF 2.3.1.
_STATUS: Final = {
    0x0000_0000: "STATUS_SUCCESS",
    0x0000_0103: "STATUS_PENDING",
    0xC000_0001: "STATUS_UNSUCCESSFUL",
    0xC000_0002: "STATUS_NOT_IMPLEMENTED",
    0xC000_000D: "STATUS_INVALID_PARAMETER",
    0xC000_0016: "STATUS_MORE_PROCESSING_REQUIRED",
    0xC000_0022: "STATUS_ACCESS_DENIED",
    0xC000_005E: "STATUS_NO_LOGON_SERVERS",
    0xC000_0064: "STATUS_NO_SUCH_USER",
    0xC000_006A: "STATUS_WRONG_PASSWORD",
    0xC000_006D: "STATUS_LOGON_FAILURE",
    0xC000_006E: "STATUS_ACCOUNT_RESTRICTION",
    0xC000_006F: "STATUS_INVALID_LOGON_HOURS",
    0xC000_0070: "STATUS_INVALID_WORKSTATION",
    0xC000_0071: "STATUS_PASSWORD_EXPIRED",
    0xC000_0072: "STATUS_ACCOUNT_DISABLED",
    0xC000_009A: "STATUS_INSUFFICIENT_RESOURCES",
    0xC000_00BB: "STATUS_NOT_SUPPORTED",
    0xC000_00CC: "STATUS_BAD_NETWORK_NAME",
    0xC000_00D0: "STATUS_REQUEST_NOT_ACCEPTED",
    0xC000_0133: "STATUS_TIME_DIFFERENCE_AT_DC",
    0xC000_015B: "STATUS_LOGON_TYPE_NOT_GRANTED",
    0xC000_018B: "STATUS_NO_TRUST_SAM_ACCOUNT",
    0xC000_018D: "STATUS_TRUSTED_RELATIONSHIP_FAILURE",
    0xC000_0192: "STATUS_NETLOGON_NOT_STARTED",
    0xC000_0193: "STATUS_ACCOUNT_EXPIRED",
    0xC000_0199: "STATUS_NOLOGON_WORKSTATION_TRUST_ACCOUNT",
    0xC000_0203: "STATUS_USER_SESSION_DELETED",
    0xC000_0205: "STATUS_INSUFF_SERVER_RESOURCES",
    0xC000_0224: "STATUS_PASSWORD_MUST_CHANGE",
    0xC000_0234: "STATUS_ACCOUNT_LOCKED_OUT",
    0xC000_035C: "STATUS_NETWORK_SESSION_EXPIRED",
    0xC000_0413: "STATUS_AUTHENTICATION_FIREWALL_FAILED",
    0xC000_0418: "STATUS_NTLM_BLOCKED",
}

# MS-SMB2 2.2.3 and 2.2.4
_DIALECTS: Final = {
    0x0202: "2.0.2",
    0x0210: "2.1",
    0x02FF: "2.???",
    0x0300: "3.0",
    0x0302: "3.0.2",
    0x0311: "3.1.1",
}

# MS-NLMP 2.2.2.1, each without its prefix Msv (and Av)
_AV_NAMES: Final = {
    1: "NbComputerName",
    2: "NbDomainName",
    3: "DnsComputerName",
    4: "DnsDomainName",
    5: "DnsTreeName",
    6: "Flags",
    7: "Timestamp",
    8: "SingleHost",
    9: "TargetName",
    10: "ChannelBindings",
}
_FLAGS: Final = 6
_TIMESTAMP: Final = 7
_1601: Final = datetime(1601, 1, 1, tzinfo=UTC)
_TICKS: Final = 10_000_000  # of 100 ns in a second


def status(code: int, is_nt: bool = True) -> str:
    """Name an NTSTATUS; a DOS error (*is_nt* false) or a code nobody named is hex."""
    name = _STATUS.get(code) if is_nt or code == 0 else None
    return name or f"0x{code:08X}"


def dialect(revision: int) -> str:
    """Name an SMB2 dialect revision."""
    return _DIALECTS.get(revision) or f"0x{revision:04X}"


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
            info.setdefault(_AV_NAMES.get(pair.id) or f"Av{pair.id}", _av_value(pair))
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
