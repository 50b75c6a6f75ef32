from __future__ import annotations

import struct
from contextlib import suppress

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from decoders import ntlmssp, smb1
from decoders.wire import DecodeError
from tests.support import ntlm
from tests.support.smb import smb1 as lay_out

NO_ANDX = b"\xff\0\0\0"
OEM = 0x4801
LM, NT = b"\x98" * 24, b"\x67" * 24


def utf16(*texts: str) -> bytes:
    return b"".join((text + "\0").encode("utf-16-le") for text in texts)


def body(data: bytes) -> smb1.Body:
    (found,) = smb1.decode(data).bodies
    return found


def test_the_header() -> None:
    header = smb1.decode(lay_out(0x2B, b"\1\0", b"", True, 0xC000_006D)).header

    assert header == smb1.Header(0x2B, 0xC000_006D, 0x98, 0xC801, 1, 2, 3, 4)
    assert header.is_reply


def test_a_negotiate_with_dialects() -> None:
    data = lay_out(0x72, b"", b"\x02PC NETWORK PROGRAM 1.0\0\x02SMB 2.???\0")

    assert body(data) == smb1.Negotiate(("PC NETWORK PROGRAM 1.0", "SMB 2.???"))


def test_of_a_cut_negotiate_only_whole_dialects_are_told() -> None:
    data = lay_out(0x72, b"", b"\x02PC NETWORK PROGRAM 1.0\0\x02SMB 2.???\0")
    told = [smb1.decode(data[: len(data) - cut], True).bodies for cut in (0, 1, 11, 12)]

    assert told == [
        (smb1.Negotiate(("PC NETWORK PROGRAM 1.0", "SMB 2.???")),),
        *[(smb1.Negotiate(("PC NETWORK PROGRAM 1.0",)),)] * 2,
        (smb1.Negotiate(()),),
    ]


def test_negotiate_replies() -> None:
    core = lay_out(0x72, b"\xff\xff", b"", True)
    lan_manager = lay_out(
        0x72,
        struct.pack("<HH18xHxx", 2, 3, 8),
        b"\x11" * 8 + b"CORP\0",
        True,
        flags2=OEM,
    )
    words = struct.pack("<HB16xIQHB", 5, 0x0F, 0x0000_F3FD, 0, 0, 8)
    nt = lay_out(0x72, words, b"\x11" * 8 + utf16("CORP", "SRV"), True)
    challenge = b"\x11" * 8

    assert body(core) == smb1.NegotiateReply(0xFFFF)
    assert body(lan_manager) == smb1.NegotiateReply(
        2, 3, server_challenge=challenge, domain="CORP"
    )
    assert body(nt) == smb1.NegotiateReply(5, 0x0F, 0xF3FD, challenge, "CORP", "SRV")


def test_a_negotiate_reply_with_extended_security() -> None:
    words = struct.pack("<HB16xIQHB", 5, 0x0F, 0x8000_F3FD, 0, 0, 0)
    blob = bytes.fromhex("a1073005a0030a0101")
    reply = body(lay_out(0x72, words, bytes(16) + blob, True))

    assert isinstance(reply, smb1.NegotiateReply)
    assert reply.server_challenge is None
    assert reply.token
    assert reply.token.state == 1


def setup(lm: bytes, nt: bytes, names: bytes, flags2: int = 0xC801) -> bytes:
    words = NO_ANDX + struct.pack("<HHHIHHII", 0, 1, 1, 0, len(lm), len(nt), 0, 0)
    return lay_out(0x73, words, lm + nt + names, flags2=flags2)


@pytest.mark.parametrize(
    ("lm", "nt", "user", "version"),
    [
        (LM, NT, "bob", "NTLMv1"),
        (b"\xaa" * 8 + bytes(16), NT, "bob", "NTLMv1-ESS"),
        (LM, NT * 3, "bob", "NTLMv2"),
        (LM, b"", "bob", "LM"),
        (b"\0", b"", "", "anonymous"),
    ],
)
def test_session_setups_without_extended_security(
    lm: bytes, nt: bytes, user: str, version: str
) -> None:
    names = utf16(user, "CORP", "Unix", "Samba")
    # data begins at 61, so that strings are one byte off unless the responses are
    pad = bytes((61 + len(lm) + len(nt)) % 2)

    assert body(setup(lm, nt, pad + names)) == smb1.SessionSetup(
        user, "CORP", "Unix", "Samba", len(lm), len(nt), version
    )
    oem = f"{user}\0CORP\0Unix\0Samba\0".encode()
    assert body(setup(lm, nt, oem, OEM)) == smb1.SessionSetup(
        user, "CORP", "Unix", "Samba", len(lm), len(nt), version
    )


def test_a_session_setup_of_lan_manager() -> None:
    words = NO_ANDX + struct.pack("<HHHIHI", 0, 1, 1, 0, 24, 0)
    data = lay_out(0x73, words, LM + b"BOB\0CORP\0DOS\0LM\0", flags2=OEM)

    assert body(data) == smb1.SessionSetup("BOB", "CORP", "DOS", "LM", 24, 0, "LM")


def test_a_session_setup_with_extended_security_and_its_reply() -> None:
    words = NO_ANDX + struct.pack("<HHHIHII", 0, 1, 1, 0, len(ntlm.NEGOTIATE), 0, 0)
    request = body(lay_out(0x73, words, ntlm.NEGOTIATE + b"\0" + utf16("Win", "LM")))
    words = NO_ANDX + struct.pack("<HH", 1, len(ntlm.CHALLENGE_V2))
    reply = body(
        lay_out(0x73, words, ntlm.CHALLENGE_V2 + b"\0" + utf16("W", "L"), True)
    )

    assert isinstance(request, smb1.SessionSetup)
    assert (request.native_os, request.native_lan_man) == ("Win", "LM")
    assert request.token
    assert request.token.ntlm == ntlmssp.decode(ntlm.NEGOTIATE)
    assert isinstance(reply, smb1.SessionSetupReply)
    assert (reply.action, reply.native_os) == (1, "W")
    assert reply.token
    assert reply.token.ntlm == ntlmssp.decode(ntlm.CHALLENGE_V2)


def test_a_session_setup_reply_without_extended_security() -> None:
    data = lay_out(0x73, NO_ANDX + b"\1\0", b"Unix\0Samba\0CORP\0", True, flags2=OEM)

    assert body(data) == smb1.SessionSetupReply(1, "Unix", "Samba", "CORP")


def test_tree_connects() -> None:
    words = NO_ANDX + struct.pack("<HH", 8, 1)
    path = utf16(r"\\srv\IPC$") + b"?????\0"

    assert body(lay_out(0x75, words, b"\0" + path)) == smb1.TreeConnect(
        r"\\srv\IPC$", "?????"
    )
    reply = lay_out(0x75, NO_ANDX + b"\1\0", b"IPC\0\0\0", True)
    assert body(reply) == smb1.TreeConnectReply("IPC")


def test_a_chain_gives_all_its_bodies() -> None:
    names = b"\0bob\0CORP\0Unix\0Samba\0"
    first = setup(b"\0", b"", names[1:], OEM)
    first = first[:33] + struct.pack("<BBH", 0x75, 0, len(first)) + first[37:]
    tree = (
        b"\x04" + NO_ANDX + struct.pack("<HHH", 0, 1, 15) + b"\0\\\\srv\\C$\0A:\0\0\0"
    )
    message = smb1.decode(first + tree)

    assert [type(one) for one in message.bodies] == [
        smb1.SessionSetup,
        smb1.TreeConnect,
    ]
    assert message.bodies[1] == smb1.TreeConnect(r"\\srv\C$", "A:")


def test_an_error_reply_keeps_its_status() -> None:
    message = smb1.decode(lay_out(0x73, b"", b"", True, 0xC000_006D))

    assert message.header.status == 0xC000_006D
    assert message.bodies == (smb1.Other(),)


def test_a_bad_body_leaves_the_header() -> None:
    assert body(lay_out(0x72, b"", b"\x03NT LM 0.12\0")) == smb1.Other()
    assert body(setup(LM, NT, b"")[:-1]) == smb1.Other()


def test_every_prefix_without_a_header_is_refused() -> None:
    for cut in range(33):
        with pytest.raises(DecodeError):
            smb1.decode(lay_out(0x72, b"", b"")[:cut])


def test_scapy_writes_what_we_read() -> None:
    from scapy.layers import smb as scapy_smb

    data = scapy_smb.SMB_Header() / scapy_smb.SMBNegotiate_Request(
        Dialects=[
            scapy_smb.SMB_Dialect(DialectString="NT LM 0.12"),
            scapy_smb.SMB_Dialect(DialectString="SMB 2.002"),
        ]
    )

    assert body(bytes(data)) == smb1.Negotiate(("NT LM 0.12", "SMB 2.002"))


@settings(max_examples=400)
@given(
    st.sampled_from([0x72, 0x73, 0x75, 0x74]),
    st.sampled_from([0, 2, 4, 6, 8, 20, 24, 26, 34]),
    st.binary(max_size=120),
    st.booleans(),
    st.booleans(),
)
def test_any_bytes_give_a_message_or_a_decode_error(
    command: int, words: int, rest: bytes, reply: bool, truncated: bool
) -> None:
    data = lay_out(command, rest[:words].ljust(words, b"\0"), rest[words:], reply)
    with suppress(DecodeError):
        smb1.decode(data, truncated)
    with suppress(DecodeError):
        smb1.decode(data[:-7], truncated)
