from __future__ import annotations

import base64

from decoders import CARRIERS, NEEDLES
from decoders.messages import UNCLAIMED
from tests.support import ntlm


def test_the_registry_reads_as_the_design_lists_it() -> None:
    names = [carrier.name for carrier in CARRIERS]

    assert names[:2] == ["smb1", "smb2"]
    assert names[-1] == UNCLAIMED
    assert len(set(names)) == len(names)
    found_otherwise = {one.name for one in CARRIERS if not (one.claim or one.needles)}
    assert found_otherwise == {"smbdirect", "netbios-datagram", "quic"}


def test_needles_are_the_magics_and_the_signature_in_all_its_forms() -> None:
    magics = {bytes([first]) + b"SMB" for first in range(0xFB, 0x100)}
    texts = {
        next(n for n in NEEDLES if n in base64.b64encode(bytes(k) + ntlm.NEGOTIATE))
        for k in range(3)
    }

    assert set(NEEDLES) == magics | {b"NTLMSSP\0"} | texts
    assert len(texts) == 3
