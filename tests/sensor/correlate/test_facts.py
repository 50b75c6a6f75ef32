"""Message beside what it says."""

from __future__ import annotations

import pytest

from decoders import ntlmssp, smb1, smb2
from decoders.messages import Message
from sensor.correlate import facts
from tests.support.talk import (
    LOGON_FAILURE,
    MORE,
    smb1_found,
    smb2_negotiate,
    smb2_negotiate_reply,
    smb2_plain,
    smb2_setup,
    smb2_setup_reply,
    type1,
    type2,
    type3,
)

OLD_REPLY = smb1.NegotiateReply(
    dialect_index=2,
    security_mode=0x07,
    server_challenge=bytes(range(8)),
    domain="WORKGROUP",
    server_name=None,
)
OLD_SETUP = smb1.SessionSetup(
    user="bob", domain="", native_os="Unix", ntlm_version="NTLMv2"
)


@pytest.mark.parametrize(
    ("message", "said"),
    [
        (
            type1(),
            {
                "MessageType": 1,
                "NegotiateFlags": "0xE2088297",
                "OsVersion": "10.0.22621",
            },
        ),
        (
            ntlmssp.Challenge(2, "", bytes(8)),
            {
                "MessageType": 2,
                "NegotiateFlags": "0x00000002",
                "ServerChallenge": "0000000000000000",
                "TargetName": "",
            },
        ),
        (
            type3(),
            {
                "MessageType": 3,
                "NegotiateFlags": "0xE2888215",
                "User": "alice",
                "Domain": "CORP",
                "Workstation": "WS05",
                "NtlmVersion": "NTLMv2",
                "Mic": True,
                "OsVersion": "10.0.22621",
            },
        ),
        (
            ntlmssp.Authenticate(0, "", "", "", "", 0, 0, None),
            {
                "MessageType": 3,
                "NegotiateFlags": "0x00000000",
                "User": "",
                "Domain": "",
                "Workstation": "",
            },
        ),
        (
            smb2_negotiate().message,
            {
                "Dialects": ["2.0.2", "2.1", "3.1.1"],
                "Signing": "enabled",
                "Netname": "files.example",
            },
        ),
        (
            smb2_negotiate_reply().message,
            {"Status": "STATUS_SUCCESS", "Dialect": "3.1.1", "Signing": "required"},
        ),
        (smb2_setup(1, 0).message, {"Signing": "enabled"}),
        (
            smb2_setup_reply(1, 5, MORE).message,
            {"Status": "STATUS_MORE_PROCESSING_REQUIRED"},
        ),
        (
            smb2_setup_reply(1, 5, LOGON_FAILURE).message,
            {"Status": "STATUS_LOGON_FAILURE"},
        ),
        (
            smb2_plain(smb2.TreeConnect(r"\\a\b"), command=3).message,
            {"Tree": r"\\a\b"},
        ),
        (smb2.Transform(10, 1), {}),
        (smb2.Compressed(10, 1, 0), {}),
        (
            smb1_found(smb1.Negotiate(("NT LM 0.12",)), command=0x72).message,
            {"Dialects": ["NT LM 0.12"]},
        ),
        (
            smb1_found(OLD_REPLY, command=0x72, status=0).message,
            {
                "Status": "STATUS_SUCCESS",
                "Signing": "enabled",
                "ServerChallenge": "0001020304050607",
                "TargetInfo": {"NbDomainName": "WORKGROUP"},
            },
        ),
        (
            smb1_found(OLD_SETUP, smb1.TreeConnect(r"\\a\IPC$"), command=0x73).message,
            {
                "User": "bob",
                "Domain": "",
                "OsVersion": "Unix",
                "NtlmVersion": "NTLMv2",
                "Tree": r"\\a\IPC$",
            },
        ),
        (
            smb1_found(
                smb1.Other(), command=0x73, status=0x0005_0001, flags2=0
            ).message,
            {"Status": "0x00050001"},
        ),
        (smb2_plain(smb2.Create("\\SPOOLSS"), command=5).message, {"Pipe": "spoolss"}),
        (smb2_plain(smb2.Create("report.txt"), command=5).message, {}),
    ],
)
def test_a_message_says(message: Message, said: dict[str, object]) -> None:
    assert facts.of(message) == said


def test_a_challenge_names_its_server() -> None:
    info = facts.of(type2())["TargetInfo"]

    assert isinstance(info, dict)
    assert info["DnsComputerName"] == "fs01.corp.example"


@pytest.mark.parametrize(
    ("index", "offered", "dialect"),
    [
        (0, ("A", "B"), "A"),
        (1, ("A", "B"), "B"),
        (2, ("A", "B"), None),
        (0xFFFF, ("A",), None),
        (0, (), None),
    ],
)
def test_the_dialect_is_one_of_those_offered(
    index: int, offered: tuple[str, ...], dialect: str | None
) -> None:
    assert facts.smb1_dialect(smb1.NegotiateReply(index), offered) == dialect


def test_unknown_is_absent_but_no_and_nothing_are_known() -> None:
    unknown: facts.Facts = {"a": None, "b": [], "c": {}}
    known: facts.Facts = {"d": False, "e": "", "f": 0}

    assert facts.known(unknown | known) == known
