"""Databases and .NET in real captures, as Wireshark reads them too."""

from __future__ import annotations

import pytest

from sensor.types import Event
from tests.support import tshark
from tests.support.corpus import Capture, captures, needs_corpus
from tests.support.events import events_of

ORACLE = [one for one in captures() if "TNS_Oracle" in one.name]
DENIED = 'tns and frame contains "ORA-01017"'
LET_IN = 'tns and frame contains "AUTH_VERSION_STRING"'
NEVER_ENDING = "TNS_Oracle3.pcap"
"Somebody gave its packets new times, 20 seconds apart: no negotiation lasts so long."


def exchanges(capture: Capture) -> list[Event]:
    return [one for one in events_of(capture.path) if one.kind == "ntlm-exchange"]


def client_ports(capture: Capture, shown: str) -> set[int]:
    rows = tshark.fields(capture.path, ("tcp.dstport",), shown)
    return {int(port) for ((port,),) in rows}


@needs_corpus
@pytest.mark.parametrize("capture", ORACLE, ids=lambda one: one.name[-15:])
def test_oracle_logons_end_as_the_server_says(capture: Capture) -> None:
    seen = exchanges(capture)
    assert {one.facts["Carrier"] for one in seen} <= {"tns"}
    if capture.name.endswith(NEVER_ENDING):
        assert {one.facts["State"] for one in seen} == {"incomplete"}
        return
    for state, shown in (("failed", DENIED), ("success", LET_IN)):
        ports = {one.flow.ends[0].port for one in seen if one.facts["State"] == state}
        with_ntlm = {one.flow.ends[0].port for one in seen}
        assert ports == client_ports(capture, shown) & with_ntlm


@needs_corpus
def test_oracle_logons_are_there() -> None:
    found = {one.name[-15:]: len(exchanges(one)) for one in ORACLE}
    assert found["NS_Oracle1.pcap"] == 2
