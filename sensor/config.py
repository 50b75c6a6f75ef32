"""Settings: one frozen tree, from a TOML file, the command line or neither.

local_networks = ["10.0.0.0/8", "fd00::/8"]
profile = "hunting"          # or "faithful"
orientation = "device"       # or "packet"
sample = "truthful"          # or "verbatim"
proxies = ["10.0.0.9"]

[devices]
"10.0.0.5" = "ws05.corp.example"

[files]                      # of --out, while it runs
rotate_mb = 100
"""

from __future__ import annotations

import ipaddress
import tomllib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, fields, replace
from math import inf
from pathlib import Path
from typing import Any, Final

from sensor.addresses import LocalNetworks
from sensor.errors import ConfigError

PROFILES: Final = ("hunting", "faithful")
ORIENTATIONS: Final = ("device", "packet")
SAMPLES: Final = ("truthful", "verbatim")

LOOPBACK: Final = "127.0.0.1"
COMMAND_LINE: Final = "command line"


@dataclass(frozen=True, slots=True)
class Files:
    """How files that are written for months are kept small and few."""

    rotate_mb: float = 100
    "A file is closed when it has so many megabytes,"
    rotate_hours: float = 24
    "or is as old as this; closed files are compressed."
    keep_mb: float = 10_000
    "The oldest closed files are deleted when all have more megabytes,"
    keep_days: float = 90
    "or when they are as old as this."

    @property
    def rotate_bytes(self) -> int:
        """Bytes of a full file."""
        return int(self.rotate_mb * 1_000_000)

    @property
    def rotate_seconds(self) -> float:
        """Seconds after which a file is closed."""
        return self.rotate_hours * 3600

    @property
    def keep_bytes(self) -> int:
        """Bytes of all closed files."""
        return int(self.keep_mb * 1_000_000)

    @property
    def keep_seconds(self) -> float:
        """Seconds for which a closed file is kept."""
        return self.keep_days * 86_400


@dataclass(frozen=True, slots=True)
class Settings:
    """What the user may choose; every field has a default that works."""

    local_networks: LocalNetworks = field(default_factory=LocalNetworks)
    "Whose hosts are the monitored devices; by default all that are not public."
    devices: Mapping[str, str] = field(default_factory=dict)
    "Device names by IP address (in canonical text)."
    profile: str = "hunting"
    "`hunting` fills columns that Defender leaves null; `faithful` leaves them null."
    orientation: str = "device"
    "Local is the monitored `device`, or the sender of the `packet`."
    sample: str = "truthful"
    "`truthful` samples cannot mislead the published hunt; `verbatim` are raw."
    proxies: frozenset[str] = frozenset()
    "Hosts (in canonical text) that hand logons through, and relay nothing by that."
    metrics: tuple[str, int] | None = None
    "Address and port where Prometheus finds the counters."
    files: Files = field(default_factory=Files)
    "How the files of a sensor that runs for months are rotated."


def load(
    file: str | None = None, given: Mapping[str, object] | None = None
) -> Settings:
    """Return the settings of TOML *file*, outranked by those *given* on the spot.

    Raises ConfigError naming the file and the key that cannot be used.
    """
    values = _checked(_read(file), file) if file else {}
    values |= _checked(given or {}, COMMAND_LINE)
    return replace(Settings(), **values)


def _read(file: str) -> dict[str, Any]:
    try:
        return tomllib.loads(Path(file).read_text("utf-8"))
    except OSError as error:
        raise ConfigError(file, "file", error.strerror or str(error)) from error
    except ValueError as error:  # not UTF-8, or not TOML: says line and column
        raise ConfigError(file, "TOML", str(error)) from error


def _checked(table: Mapping[str, object], file: str) -> dict[str, Any]:
    return {key: _check(key, value, file) for key, value in table.items()}


def _check(key: str, value: object, file: str) -> object:
    check = _KEYS.get(key)
    if check is None:
        raise ConfigError(file, key, f"unknown key; allowed are {', '.join(_KEYS)}")
    try:
        return check(value)
    except ValueError as error:
        raise ConfigError(file, key, str(error)) from error


def _one_of(allowed: tuple[str, ...]) -> Callable[[object], str]:
    def check(value: object) -> str:
        if value in allowed:
            return str(value)
        message = f"{value!r} is not one of {', '.join(allowed)}"
        raise ValueError(message)

    return check


def _networks(value: object) -> LocalNetworks:
    if not isinstance(value, list):
        message = f"{value!r} is not a list of networks"
        raise ValueError(message)
    return LocalNetworks(tuple(str(network) for network in value))


def _devices(value: object) -> Mapping[str, str]:
    if not isinstance(value, dict):
        message = f"{value!r} is not a table of names by IP address"
        raise ValueError(message)
    return {_address(ip): _name(value[ip]) for ip in value}


def _proxies(value: object) -> frozenset[str]:
    if not isinstance(value, list):
        message = f"{value!r} is not a list of IP addresses"
        raise ValueError(message)
    return frozenset(_address(str(ip)) for ip in value)


def _address(ip: str) -> str:
    return str(ipaddress.ip_address(ip))


def _name(value: object) -> str:
    if isinstance(value, str) and value:
        return value
    message = f"{value!r} is not a device name"
    raise ValueError(message)


def _endpoint(value: object) -> tuple[str, int]:
    """Read `9464`, `127.0.0.1:9464` or `[::1]:9464`; loopback if not told otherwise."""
    host, _, port = str(value).rpartition(":")
    host = host.removeprefix("[").removesuffix("]") or LOOPBACK
    if port.isdecimal() and 0 < int(port) < 1 << 16:
        return str(ipaddress.ip_address(host)), int(port)
    message = f"{value!r} is not a port, or an IP address and a port"
    raise ValueError(message)


def _files(value: object) -> Files:
    if not isinstance(value, dict):
        message = f"{value!r} is not a table of sizes and times"
        raise ValueError(message)
    allowed = [key.name for key in fields(Files)]
    for key, number in value.items():
        _check_size(key, number, allowed)
    return Files(**value)


def _check_size(key: str, number: object, allowed: list[str]) -> None:
    if key not in allowed:
        message = f"unknown key {key!r}; allowed are {', '.join(allowed)}"
        raise ValueError(message)
    if type(number) not in (int, float) or not 0 < float(str(number)) < inf:
        message = f"{key}: {number!r} is not a number above 0"
        raise ValueError(message)


_KEYS: Final[dict[str, Callable[[object], object]]] = {
    "local_networks": _networks,
    "devices": _devices,
    "profile": _one_of(PROFILES),
    "orientation": _one_of(ORIENTATIONS),
    "sample": _one_of(SAMPLES),
    "proxies": _proxies,
    "metrics": _endpoint,
    "files": _files,
}
