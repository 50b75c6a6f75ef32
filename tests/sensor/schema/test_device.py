from __future__ import annotations

import hashlib
import re

from sensor.config import load
from sensor.schema.device import device_id, device_name


def test_id_is_forty_lower_case_hex_digits_of_the_address() -> None:
    assert re.fullmatch("[0-9a-f]{40}", device_id("10.0.0.5"))
    assert device_id("10.0.0.5") == hashlib.sha1(b"netsig-device:10.0.0.5").hexdigest()
    assert device_id("10.0.0.5") != device_id("10.0.0.6")


def test_name_is_the_configured_one_else_the_address() -> None:
    settings = load(given={"devices": {"10.0.0.5": "ws05.corp.example"}})

    assert device_name("10.0.0.5", settings) == "ws05.corp.example"
    assert device_name("10.0.0.6", settings) == "10.0.0.6"


def test_faithful_name_is_the_configured_one_else_null() -> None:
    named = {"10.0.0.5": "ws05.corp.example"}
    settings = load(given={"devices": named, "profile": "faithful"})

    assert device_name("10.0.0.5", settings) == "ws05.corp.example"
    assert device_name("10.0.0.6", settings) is None
