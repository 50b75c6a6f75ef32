from __future__ import annotations

from impacket import nt_errors, smb, smb3structs

from decoders import names, smb1_header


def test_smb2_commands_are_named_as_impacket_names_them() -> None:
    assert len(names.SMB2_COMMANDS) == 19
    for code, name in names.SMB2_COMMANDS.items():
        assert getattr(smb3structs, f"SMB2_{name}") == code


def test_smb1_commands_are_named_as_impacket_names_them() -> None:
    theirs = {n: c for n, c in vars(smb.SMB).items() if n.startswith("SMB_COM_")}

    assert theirs
    for name, code in theirs.items():
        assert f"SMB_COM_{names.SMB1_COMMANDS[code]}" == name
    assert set(names.SMB1_COMMANDS) == smb1_header.COMMANDS


def test_statuses_are_named_as_impacket_names_them() -> None:
    # MS-SMB2 3.3.5.4 has it, MS-ERREF, which impacket copies, does not
    ours = {c: n for c, n in names.STATUSES.items() if c != 0xC05D_0000}
    for code, name in ours.items():
        assert nt_errors.ERROR_MESSAGES[code][0] == f"STATUS_{name}"


def test_what_has_no_name_is_written_in_hex() -> None:
    assert names.status_name(0xC000_006D) == "LOGON_FAILURE"
    assert names.status_name(0xC000_FFFE) == "0xC000FFFE"
    assert names.dialect_name(0x0311) == "3.1.1"
    assert names.dialect_name(0x02FF) == "2.???"
    assert names.dialect_name(0x0312) == "0x0312"
    assert names.name_of(names.AV_IDS, 7) == "Timestamp"
    assert names.name_of(names.AV_IDS, 11) == "0x0B"
    assert names.mechanism_name("1.3.6.1.4.1.311.2.2.10") == "NTLMSSP"
    assert names.mechanism_name("1.2.3") == "1.2.3"


def test_flags_are_named_from_the_highest_bit_down() -> None:
    # MS-NLMP 4.2.4.1 lists the flags of its example
    assert names.flag_names(0xE28A_8233) == (
        "56",
        "KEY_EXCH",
        "128",
        "VERSION",
        "TARGET_INFO",
        "EXTENDED_SESSIONSECURITY",
        "TARGET_TYPE_SERVER",
        "ALWAYS_SIGN",
        "NTLM",
        "SEAL",
        "SIGN",
        "OEM",
        "UNICODE",
    )
    assert names.flag_names(8) == ("0x00000008",)


def test_pipes_are_told_however_they_are_written() -> None:
    for name in ("spoolss", "SPOOLSS", r"\spoolss", r"\PIPE\spoolss"):
        assert names.coercing_pipe(name) == "spoolss"
    assert names.coercing_pipe("FssagentRpc") == "fssagentrpc"
    assert names.coercing_pipe("srvsvc") is None
    assert names.coercing_pipe("") is None
