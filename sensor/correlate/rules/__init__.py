"""Judgements on events, one file each. A new rule is a new line here."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from sensor.correlate.rules.brute_force import BruteForce
from sensor.correlate.rules.coercion import Coercion
from sensor.correlate.rules.credentials_to_public import CredentialsToPublic
from sensor.correlate.rules.mic_removed import MicRemoved
from sensor.correlate.rules.ntlm_relay import NtlmRelay
from sensor.correlate.rules.password_spray import PasswordSpray
from sensor.correlate.rules.site import Site
from sensor.correlate.rules.smb_from_public import SmbFromPublic
from sensor.correlate.rules.smb_scan import SmbScan
from sensor.correlate.rules.smb_to_public import SmbToPublic
from sensor.correlate.rules.smb_worm import SmbWorm
from sensor.correlate.rules.static_challenge import StaticChallenge
from sensor.types import Rule

RULES: Final[tuple[Callable[[Site], Rule], ...]] = (
    SmbToPublic,
    CredentialsToPublic,
    SmbFromPublic,
    SmbScan,
    SmbWorm,
    PasswordSpray,
    BruteForce,
    NtlmRelay,
    MicRemoved,
    StaticChallenge,
    Coercion,
)
