"""Settings: one frozen tree, from a TOML file, the command line or neither.

local_networks = ["10.0.0.0/8", "fd00::/8"]
profile = "hunting"          # or "faithful"
orientation = "device"       # or "packet"
sample = "truthful"          # or "verbatim"
proxies = ["10.0.0.9"]

[devices]
"10.0.0.5" = "ws05.corp.example"
"""

from __future__ import annotations

import ipaddress
import tomllib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Final

from sensor.addresses import LocalNetworks
from sensor.errors import ConfigError

PROFILES: Final = ("hunting", "faithful")
ORIENTATIONS: Final = ("device", "packet")
SAMPLES: Final = ("truthful", "verbatim")

COMMAND_LINE: Final = "command line"


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


_KEYS: Final[dict[str, Callable[[object], object]]] = {
    "local_networks": _networks,
    "devices": _devices,
    "profile": _one_of(PROFILES),
    "orientation": _one_of(ORIENTATIONS),
    "sample": _one_of(SAMPLES),
    "proxies": _proxies,
}
