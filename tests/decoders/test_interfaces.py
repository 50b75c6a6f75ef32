from __future__ import annotations

from uuid import UUID

import pytest
from impacket.dcerpc.v5 import dcomrt, epm, even6, nrpc, rprn, samr, scmr, srvs, tsch
from impacket.dcerpc.v5.epm import KNOWN_PROTOCOLS
from impacket.uuid import bin_to_uuidtup

from decoders.interfaces import NAMES

UNKNOWN_TO_IMPACKET = {"epmapper", "JetBack", "JetRest", "efsrpc"}


@pytest.mark.parametrize(
    ("known", "name"),
    [
        (epm.MSRPC_UUID_PORTMAP, "epmapper"),
        (samr.MSRPC_UUID_SAMR, "samr"),
        (nrpc.MSRPC_UUID_NRPC, "netlogon"),
        (rprn.MSRPC_UUID_RPRN, "spoolss"),
        (scmr.MSRPC_UUID_SCMR, "svcctl"),
        (srvs.MSRPC_UUID_SRVS, "srvsvc"),
        (tsch.MSRPC_UUID_TSCHS, "ITaskSchedulerService"),
        (even6.MSRPC_UUID_EVEN6, "IEventService"),
        (dcomrt.IID_IActivation, "IRemoteActivation"),
        (dcomrt.IID_IRemoteSCMActivator, "IRemoteSCMActivator"),
        (dcomrt.IID_IRemUnknown2, "IRemUnknown2"),
    ],
)
def test_impacket_knows_them_by_the_same_number(known: bytes, name: str) -> None:
    assert NAMES[UUID(bin_to_uuidtup(known)[0])] == name


def test_all_others_are_numbers_of_some_standard() -> None:
    unknown = {
        name for key, name in NAMES.items() if str(key).upper() not in KNOWN_PROTOCOLS
    }
    assert unknown <= UNKNOWN_TO_IMPACKET
