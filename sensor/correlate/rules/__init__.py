"""Judgements on events, one file each. A new rule is a new line here."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from sensor.addresses import LocalNetworks
from sensor.correlate.rules.credentials_to_public import CredentialsToPublic
from sensor.correlate.rules.smb_from_public import SmbFromPublic
from sensor.correlate.rules.smb_to_public import SmbToPublic
from sensor.types import Rule

RULES: Final[tuple[Callable[[LocalNetworks], Rule], ...]] = (
    SmbToPublic,
    CredentialsToPublic,
    SmbFromPublic,
)
