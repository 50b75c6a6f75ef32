"""How a device is called in every row that speaks of it."""

from __future__ import annotations

import hashlib

from sensor.config import Settings


def device_id(ip: str) -> str:
    """Return the stable id of the device at *ip*: 40 lower-case hex digits."""
    named = f"netsig-device:{ip}".encode()
    return hashlib.sha1(named, usedforsecurity=False).hexdigest()


def device_name(ip: str, settings: Settings) -> str | None:
    """Return the configured name; else the address, or null in the faithful profile."""
    unnamed = None if settings.profile == "faithful" else ip
    return settings.devices.get(ip, unnamed)
