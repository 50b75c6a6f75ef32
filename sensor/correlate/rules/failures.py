"""Logons that failed for their password: what guessing and spraying are made of."""

from __future__ import annotations

from typing import Final

from sensor.types import Event

FAILURES: Final = 5
"Failures of one account that are too many for a host from outside."

_WRONG: Final = frozenset(
    {
        "STATUS_LOGON_FAILURE",
        "STATUS_WRONG_PASSWORD",
        "STATUS_ACCOUNT_LOCKED_OUT",
        "0x00020002",  # ERRSRV, ERRbadpw (MS-CIFS 2.2.2.4)
    }
)


def is_failure(event: Event) -> bool:
    """Tell whether *event* is a logon that a wrong password can explain.

    SMB says why a logon failed; other carriers only say that it did.
    """
    facts = event.facts
    if event.kind != "ntlm-exchange" or facts.get("State") != "failed":
        return False
    is_smb = str(facts.get("Carrier")).startswith("smb")
    return bool(facts.get("User")) and (not is_smb or facts.get("Status") in _WRONG)


def account(event: Event) -> tuple[str, str]:
    """Return domain and user, as Windows compares them: case does not count."""
    facts = event.facts
    return str(facts.get("Domain") or "").lower(), str(facts.get("User")).lower()


def attempt(event: Event) -> tuple[object, ...]:
    """Return what tells one attempt from another, but not from its copy in a file."""
    return event.flow.ends, event.packet, event.ts_ns
