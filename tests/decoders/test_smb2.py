from __future__ import annotations

import struct
from contextlib import suppress

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from impacket import smb3structs

from decoders import ntlmssp, smb2
from decoders.wire import DecodeError
from tests.support import ntlm, smb
from tests.support.smb import MAGIC

GUID = bytes(range(16))
NETNAME = struct.pack("<HHI", 5, 6, 0) + "srv".encode("utf-16-le")
NEGOTIATE = smb.smb2(
    0,
    struct.pack("<HHHHI16sIHH", 36, 2, 1, 0, 0x7F, GUID, 104, 1, 0)
    + struct.pack("<HH", 0x0210, 0x0311)
    + NETNAME,
)


def only(data: bytes) -> smb2.Plain:
    (message,) = smb2.decode(data)
    assert isinstance(message, smb2.Plain)
    return message


def test_the_header() -> None:
    header = only(smb.smb2(13, struct.pack("<HH", 4, 0))).header

    assert header == smb2.Header(13, 0, 0, 7, 0x1122, 5, None)
    assert not header.is_reply


def test_an_asynchronous_header_has_no_tree() -> None:
    header = only(smb.smb2(13, struct.pack("<HH", 4, 0), True, flags=2)).header

    assert (header.tree_id, header.async_id) == (0, 5 << 32 | 0xFEFF)
    assert header.is_reply


def test_a_negotiate_with_contexts() -> None:
    contexts = smb2.Contexts(netname="srv")

    assert only(NEGOTIATE).body == smb2.Negotiate(
        (0x0210, 0x0311), 1, 0x7F, GUID, contexts
    )


def test_a_negotiate_reply() -> None:
    fields = struct.pack("<HHHH16sI", 65, 3, 0x0300, 0, GUID, 0x7F)
    fields += struct.pack("<IIIQQHHI", 1, 1, 1, 133_000, 132_000, 128, 9, 0)
    body = only(smb.smb2(0, fields + bytes.fromhex("a1073005a0030a0101"), True)).body

    assert isinstance(body, smb2.NegotiateReply)
    assert (body.dialect, body.security_mode, body.server_guid) == (0x0300, 3, GUID)
    assert (body.system_time, body.start_time) == (133_000, 132_000)
    assert body.contexts is None
    assert body.token
    assert body.token.state == 1


def test_a_session_setup_and_its_reply() -> None:
    request = only(smb.session_setup(ntlm.AUTHENTICATE_V2)).body
    reply = only(smb.session_setup_reply(ntlm.CHALLENGE_V2)).body

    assert isinstance(request, smb2.SessionSetup)
    assert request.token
    assert request.token.ntlm == ntlmssp.decode(ntlm.AUTHENTICATE_V2)
    assert isinstance(reply, smb2.SessionSetupReply)
    assert reply.token
    assert reply.token.ntlm == ntlmssp.decode(ntlm.CHALLENGE_V2)


def test_tree_connects() -> None:
    path = r"\\srv\IPC$".encode("utf-16-le")
    request = smb.smb2(3, struct.pack("<HHHH", 9, 0, 72, len(path)) + path)
    reply = smb.smb2(3, struct.pack("<HBBIII", 16, 2, 0, 0x30, 0, 0), True)

    assert only(request).body == smb2.TreeConnect(r"\\srv\IPC$")
    assert only(reply).body == smb2.TreeConnectReply(2, 0x30)


def test_a_create() -> None:
    assert only(smb.create("spoolss")).body == smb2.Create("spoolss")
    assert only(smb.create("spoolss")[:-1]).body == smb2.Other()


def test_impacket_writes_creates_that_we_read() -> None:
    ask = smb3structs.SMB2Create()
    name = "efsrpc".encode("utf-16-le")
    ask["NameLength"], ask["Buffer"] = len(name), name

    assert only(smb.smb2(5, ask.getData())).body == smb2.Create("efsrpc")


@pytest.mark.parametrize(
    ("command", "status", "error"),
    [
        (1, 0xC000_006D, True),
        (1, 0xC000_0016, False),
        (1, 0, False),
        (3, 0xC000_0022, True),
        (5, 0xC000_0034, True),
        (0, 0xC000_00BB, True),
    ],
)
def test_error_replies(command: int, status: int, error: bool) -> None:
    data = smb.smb2(command, struct.pack("<HHI", 9, 0, 0) + b"\0", True, status)

    assert (only(data).body == smb2.ErrorReply()) is error
    assert only(data).header.status == status


def test_compounds() -> None:
    first = smb.smb2(2, struct.pack("<HHI", 4, 0, 0), following=72)
    messages = smb2.decode(first + smb.session_setup(b""))

    assert [m.header.command for m in messages if isinstance(m, smb2.Plain)] == [2, 1]


def test_the_other_headers() -> None:
    transform = b"\xfdSMB" + bytes(32) + struct.pack("<IHHQ", 99, 0, 1, 0x77)
    compressed = b"\xfcSMB" + struct.pack("<IHHI", 4096, 3, 1, 16)
    rdma = b"\xfbSMB" + struct.pack("<HH12x", 20, 1)

    assert smb2.decode(transform) == (smb2.Transform(99, 0x77),)
    assert smb2.decode(compressed) == (smb2.Compressed(4096, 3, 1),)
    assert smb2.decode(rdma) == (smb2.RdmaTransform(1),)


def test_a_bad_body_leaves_the_header() -> None:
    data = smb.session_setup(ntlm.NEGOTIATE)

    assert only(data[:-1]).body == smb2.Other()
    assert only(data[:70]).body == smb2.Other()
    assert only(data[:70]).header.command == smb2.SESSION_SETUP


def test_every_prefix_without_a_header_is_refused() -> None:
    for cut in range(66):
        with pytest.raises(DecodeError):
            smb2.decode(NEGOTIATE[:cut])


def test_a_truncated_blob_is_read_as_far_as_it_goes() -> None:
    data = smb.session_setup_reply(ntlm.CHALLENGE_V2)
    (message,) = smb2.decode(data[:-20], truncated=True)

    assert isinstance(message, smb2.Plain)
    assert isinstance(message.body, smb2.SessionSetupReply)
    assert message.body.token
    assert isinstance(message.body.token.ntlm, ntlmssp.Challenge)
    assert message.body.token.ntlm.target_name == "Server"


def test_impacket_writes_what_we_read() -> None:
    packet = smb3structs.SMB2Packet()
    packet["Command"] = smb3structs.SMB2_SESSION_SETUP
    packet["MessageID"], packet["SessionID"] = 9, 0xABCD
    body = smb3structs.SMB2SessionSetup()
    body["Flags"], body["SecurityMode"] = 0, 2
    body["SecurityBufferLength"] = len(ntlm.NEGOTIATE)
    body["Buffer"] = ntlm.NEGOTIATE
    packet["Data"] = body
    message = only(packet.getData())

    assert (message.header.message_id, message.header.session_id) == (9, 0xABCD)
    assert isinstance(message.body, smb2.SessionSetup)
    assert message.body.security_mode == 2
    assert message.body.token
    assert message.body.token.ntlm == ntlmssp.decode(ntlm.NEGOTIATE)


@settings(max_examples=300)
@given(st.integers(0, 18), st.booleans(), st.binary(max_size=150), st.booleans())
def test_any_body_gives_messages_or_a_decode_error(
    command: int, reply: bool, body: bytes, truncated: bool
) -> None:
    sizes = {0: (36, 65), 1: (25, 9), 3: (9, 16)}
    size = struct.pack("<H", sizes.get(command, (4, 4))[reply])
    with suppress(DecodeError):
        smb2.decode(smb.smb2(command, size + body, reply), truncated)


@given(st.binary(max_size=200))
def test_any_bytes_give_messages_or_a_decode_error(data: bytes) -> None:
    for magic in (MAGIC, b"\xfdSMB", b"\xfcSMB", b"\xfbSMB"):
        with suppress(DecodeError):
            smb2.decode(magic + data)


def test_a_cut_header_gives_what_was_captured() -> None:
    whole = smb.session_setup_reply(b"", 0xC000_006D)

    message = smb2.decode_cut(whole[:40])

    assert message.body == smb2.Other()
    assert message.header.status == 0xC000_006D
    assert message.header.command == smb2.SESSION_SETUP
    assert message.header.is_reply
    assert message.header.message_id == 7
    assert message.header.session_id == 0
