from __future__ import annotations

import struct

import pytest

from decoders import ntlmssp, recognise, smb1, smb2
from tests.support import ntlm, smb

SECRETS = (
    ntlm.AUTHENTICATE_V2[108:132],
    ntlm.AUTHENTICATE_V2[132:216],
    ntlm.AUTHENTICATE_V2[216:],
)


def test_ntlmssp_inside_smb2() -> None:
    data = smb.session_setup(b"\xa1\x30" + ntlm.AUTHENTICATE_V2)
    (found,) = recognise.smb(data, 1000, "header")
    (inner,) = found.inner

    assert (found.carrier, found.start, found.length) == ("smb2", 1000, len(data))
    assert (found.matched, found.sample) == (b"\xfeSMB", data[:64])
    assert (found.from_client, found.confidence) == (True, "header")
    assert inner.message == ntlmssp.decode(ntlm.AUTHENTICATE_V2)
    assert inner.start == 1000 + data.index(b"NTLMSSP")
    assert (inner.carrier, inner.length) == ("smb2", len(ntlm.AUTHENTICATE_V2))


def test_compound_messages_have_their_own_places() -> None:
    first = smb.smb2(2, struct.pack("<HHI", 4, 0, 0), following=72)
    found = list(recognise.smb(first + smb.session_setup(b""), 4, "header"))

    assert [(one.start, one.length) for one in found] == [(4, 72), (76, 88)]


def test_a_broken_second_header_keeps_the_first() -> None:
    first = smb.smb2(2, struct.pack("<HHI", 4, 0, 0), following=72)

    assert len(list(recognise.smb(first + bytes(80), 0, "header"))) == 1


@pytest.mark.parametrize("longest", [64, 10_000])
def test_no_sample_holds_a_secret(
    longest: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(recognise, "SAMPLE_BYTES", longest)
    words = b"\xff\0\0\0" + struct.pack("<HHHIHHII", 0, 1, 1, 0, 24, 24, 0, 0)
    plain = smb.smb1(0x73, words, SECRETS[0] + SECRETS[1][:24] + b"bob\0")
    words = b"\xff\0\0\0" + struct.pack("<HHHIHII", 0, 1, 1, 0, 232, 0, 0)
    blob = smb.smb1(0x73, words, ntlm.AUTHENTICATE_V2)
    for data in (plain, blob, smb.session_setup(ntlm.AUTHENTICATE_V2)):
        (found,) = recognise.smb(data, 0, "header")
        assert found.sample == data[: len(found.sample)]
        for one in (found, *found.inner):
            for secret in SECRETS:
                assert secret[:4] not in one.sample


def test_secrets_in_the_first_bytes_of_a_logon_are_cut_off() -> None:
    fields = struct.pack("<HHI", 8, 8, 52) + struct.pack("<HHI", 0, 0, 60) * 4
    data = b"NTLMSSP\0\3\0\0\0" + fields + b"password"
    found = recognise.ntlm(data, 0)

    assert found is not None
    assert found.sample == data[:52]


def test_a_logon_in_a_named_pipe() -> None:
    for data in (
        smb.write(smb.bind(ntlm.NEGOTIATE)),
        smb.read_reply(smb.bind(ntlm.NEGOTIATE)),
    ):
        (found,) = recognise.smb(data, 0, "header")
        assert recognise.is_followed(found)
        assert [one.message for one in found.inner] == [ntlmssp.decode(ntlm.NEGOTIATE)]


def test_bytes_of_a_file_are_no_logon() -> None:
    for payload in (ntlm.NEGOTIATE, b"x" + smb.bind(ntlm.NEGOTIATE)):
        (found,) = recognise.smb(smb.write(payload), 0, "header")
        assert found.inner == ()
        assert not recognise.is_followed(found)


def test_a_truncated_logon_inside_says_so() -> None:
    data = smb.session_setup(ntlm.AUTHENTICATE_V2)[:-40]
    (found,) = recognise.smb(data, 0, "header", truncated=True)

    assert found.truncated
    assert [one.truncated for one in found.inner] == [True]


def test_what_is_followed() -> None:
    commands = {command: smb.smb2(command, b"\0\0") for command in range(19)}
    followed = [
        c for c, data in commands.items() if recognise.command_is_followed(data)
    ]

    assert followed == [
        smb2.NEGOTIATE,
        smb2.SESSION_SETUP,
        smb2.LOGOFF,
        smb2.TREE_CONNECT,
    ]
    assert recognise.command_is_followed(smb.smb1(smb1.LOGOFF, b"", b""))
    assert not recognise.command_is_followed(smb.smb1(0x2E, b"", b""))
    assert not recognise.command_is_followed(b"\xfdSMB" + bytes(60))


def test_pipes_that_can_coerce_are_followed_and_files_are_not() -> None:
    for name, is_followed in (("spoolss", True), ("srvsvc", False), ("a.txt", False)):
        data = smb.create(name)
        (found,) = recognise.smb(data, 0, "header")

        assert recognise.opens_pipe(data) is is_followed
        assert recognise.is_followed(found) is is_followed
    assert not recognise.opens_pipe(smb.smb1(0xA2, b"", b""))
