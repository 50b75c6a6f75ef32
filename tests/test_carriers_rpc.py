"""Real LDAP and DCE/RPC logons: Wireshark names the same outcomes and interfaces."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest

from sensor.config import Settings
from sensor.pipeline import run
from sensor.types import Event, Stats
from tests.support.corpus import Capture, captures, needs_corpus
from tests.support.tshark import fields

LDAP = (
    "tcp.stream",
    "ldap.messageID",
    "ntlmssp.messagetype",
    "ntlmssp.auth.username",
    "ldap.resultCode",
)
DCERPC = (
    "tcp.stream",
    "dcerpc.pkt_type",
    "dcerpc.cn_call_id",
    "ntlmssp.messagetype",
    "dcerpc.cn_bind_to_uuid",
    "dcerpc.cn_status",
)
RESPONSE, FAULT, ALTER_CONTEXT_RESP = "2", "3", "15"
OF_THE_CALL = "0x1c010002"
"nca_s_op_rng_error: a fault that tells nothing of the logon."
SOME = [one for one in captures() if int(one.facts["ntlm_type1"] or 0)]
IN_LDAP = [one for one in SOME if ":ldap" in one.facts["carriers"]]
IN_DCERPC = [
    one
    for one in SOME
    if ":dcerpc" in one.facts["carriers"] + one.facts["smb_carriers"]
]
Outcome = tuple[str, str]


def exchanges(path: Path) -> list[Event]:
    items = run([str(path)], Settings(), Stats())
    events = [item for item in items if isinstance(item, Event)]
    return [event for event in events if event.kind == "ntlm-exchange"]


def ldap_outcomes(path: Path) -> Counter[Outcome]:
    """Pair binds that hold a type 3 with the results of the same message number."""
    asked: dict[tuple[str, str], str] = {}
    outcomes: Counter[Outcome] = Counter()
    shown = "ldap.bindRequest_element or ldap.bindResponse_element"
    for (stream,), numbers, kinds, users, codes in fields(path, LDAP, shown):
        bind = stream, numbers[0]
        if kinds == ["0x00000003"]:
            asked[bind] = users[0] if users else ""
        elif codes and bind in asked:
            outcomes[asked.pop(bind), codes[0]] += 1
    return outcomes


def dcerpc_outcomes(path: Path) -> Counter[str]:
    """Give how the next call after each type 3 was taken, stream by stream."""
    asked: dict[str, bool] = {}
    outcomes: Counter[str] = Counter()
    for (stream, *_), kinds, _, ntlm, _, statuses in fields(path, DCERPC, "dcerpc"):
        if "0x00000003" in ntlm:
            asked[stream] = True
        told = [_told(kind, statuses) for kind in kinds] if asked.get(stream) else []
        for status in [one for one in told if one][:1]:
            outcomes[status] += 1
            asked[stream] = False
    return outcomes


def _told(kind: str, statuses: list[str]) -> str | None:
    if kind == FAULT:
        return None if statuses[0] == OF_THE_CALL else statuses[0]
    return {RESPONSE: "response", ALTER_CONTEXT_RESP: "alter_context_resp"}.get(kind)


def interfaces(path: Path) -> Counter[str]:
    """Count the interfaces that binds with a type 1 ask for first."""
    binds = fields(path, DCERPC, "dcerpc.cn_bind_to_uuid and ntlmssp.messagetype == 1")
    return Counter(numbers[0] for _, _, _, _, numbers, _ in binds)


@needs_corpus
@pytest.mark.parametrize("capture", IN_LDAP, ids=lambda one: one.name)
def test_ldap_results_are_outcomes(capture: Capture) -> None:
    told = Counter(
        (str(event.facts["User"]), str(event.facts["Status"]))
        for event in exchanges(capture.path)
        if event.facts["Carrier"] == "ldap"
    )
    assert told == ldap_outcomes(capture.path)
    assert told


@needs_corpus
@pytest.mark.parametrize("capture", IN_DCERPC, ids=lambda one: one.name)
def test_interfaces_and_outcomes_of_binds(capture: Capture) -> None:
    found = [one for one in exchanges(capture.path) if "Interface" in one.facts]
    assert Counter(str(one.facts["Interface"]) for one in found) == interfaces(
        capture.path
    )
    told = Counter(str(one.facts["Status"]) for one in found if "Status" in one.facts)
    assert told == dcerpc_outcomes(capture.path)
