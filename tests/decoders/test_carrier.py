from __future__ import annotations

import base64

from decoders import CARRIERS, NEEDLES, Carrier
from tests.support import ntlm


def test_the_registry_reads_as_the_design_lists_it() -> None:
    assert [carrier.name for carrier in CARRIERS] == ["smb1", "smb2", "raw"]
    assert all(isinstance(carrier, Carrier) for carrier in CARRIERS)


def test_needles_are_the_magics_and_the_signature_in_all_its_forms() -> None:
    magics = {bytes([first]) + b"SMB" for first in range(0xFB, 0x100)}
    texts = {
        next(n for n in NEEDLES if n in base64.b64encode(bytes(k) + ntlm.NEGOTIATE))
        for k in range(3)
    }

    assert set(NEEDLES) == magics | {b"NTLMSSP\0"} | texts
    assert len(texts) == 3
