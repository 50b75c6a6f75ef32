"""Names of the codes on the wire, for people; code itself keeps the ints.

Every table is `dict[int, str]`; `name_of` falls back on the number.
"""

from __future__ import annotations

from typing import Final

SMB2_COMMANDS: Final = dict(
    enumerate(
        (
            "NEGOTIATE",
            "SESSION_SETUP",
            "LOGOFF",
            "TREE_CONNECT",
            "TREE_DISCONNECT",
            "CREATE",
            "CLOSE",
            "FLUSH",
            "READ",
            "WRITE",
            "LOCK",
            "IOCTL",
            "CANCEL",
            "ECHO",
            "QUERY_DIRECTORY",
            "CHANGE_NOTIFY",
            "QUERY_INFO",
            "SET_INFO",
            "OPLOCK_BREAK",
        )
    )
)
"MS-SMB2 2.2.1."

SMB1_COMMANDS: Final = {
    0x00: "CREATE_DIRECTORY",
    0x01: "DELETE_DIRECTORY",
    0x02: "OPEN",
    0x03: "CREATE",
    0x04: "CLOSE",
    0x05: "FLUSH",
    0x06: "DELETE",
    0x07: "RENAME",
    0x08: "QUERY_INFORMATION",
    0x09: "SET_INFORMATION",
    0x0A: "READ",
    0x0B: "WRITE",
    0x0C: "LOCK_BYTE_RANGE",
    0x0D: "UNLOCK_BYTE_RANGE",
    0x0E: "CREATE_TEMPORARY",
    0x0F: "CREATE_NEW",
    0x10: "CHECK_DIRECTORY",
    0x11: "PROCESS_EXIT",
    0x12: "SEEK",
    0x13: "LOCK_AND_READ",
    0x14: "WRITE_AND_UNLOCK",
    0x1A: "READ_RAW",
    0x1B: "READ_MPX",
    0x1C: "READ_MPX_SECONDARY",
    0x1D: "WRITE_RAW",
    0x1E: "WRITE_MPX",
    0x1F: "WRITE_MPX_SECONDARY",
    0x20: "WRITE_COMPLETE",
    0x21: "QUERY_SERVER",
    0x22: "SET_INFORMATION2",
    0x23: "QUERY_INFORMATION2",
    0x24: "LOCKING_ANDX",
    0x25: "TRANSACTION",
    0x26: "TRANSACTION_SECONDARY",
    0x27: "IOCTL",
    0x28: "IOCTL_SECONDARY",
    0x29: "COPY",
    0x2A: "MOVE",
    0x2B: "ECHO",
    0x2C: "WRITE_AND_CLOSE",
    0x2D: "OPEN_ANDX",
    0x2E: "READ_ANDX",
    0x2F: "WRITE_ANDX",
    0x30: "NEW_FILE_SIZE",
    0x31: "CLOSE_AND_TREE_DISC",
    0x32: "TRANSACTION2",
    0x33: "TRANSACTION2_SECONDARY",
    0x34: "FIND_CLOSE2",
    0x35: "FIND_NOTIFY_CLOSE",
    0x70: "TREE_CONNECT",
    0x71: "TREE_DISCONNECT",
    0x72: "NEGOTIATE",
    0x73: "SESSION_SETUP_ANDX",
    0x74: "LOGOFF_ANDX",
    0x75: "TREE_CONNECT_ANDX",
    0x80: "QUERY_INFORMATION_DISK",
    0x81: "SEARCH",
    0x82: "FIND",
    0x83: "FIND_UNIQUE",
    0x84: "FIND_CLOSE",
    0xA0: "NT_TRANSACT",
    0xA1: "NT_TRANSACT_SECONDARY",
    0xA2: "NT_CREATE_ANDX",
    0xA4: "NT_CANCEL",
    0xA5: "NT_RENAME",
    0xC0: "OPEN_PRINT_FILE",
    0xC1: "WRITE_PRINT_FILE",
    0xC2: "CLOSE_PRINT_FILE",
    0xC3: "GET_PRINT_QUEUE",
    0xD8: "READ_BULK",
    0xD9: "WRITE_BULK",
    0xDA: "WRITE_BULK_DATA",
}
"MS-CIFS 2.2.2.1."

DIALECTS: Final = {
    0x0202: "2.0.2",
    0x02FF: "2.???",
    0x0210: "2.1",
    0x0222: "2.2.2",
    0x0224: "2.2.4",
    0x0300: "3.0",
    0x0302: "3.0.2",
    0x0310: "3.1.0",
    0x0311: "3.1.1",
}
"MS-SMB2 2.2.3, 2.2.4; 2.2.2, 2.2.4 and 3.1.0 were in previews of Windows 8 and 10."

STATUSES: Final = {
    0x0000_0000: "SUCCESS",
    0x0000_0103: "PENDING",
    0x8000_0005: "BUFFER_OVERFLOW",
    0xC000_0001: "UNSUCCESSFUL",
    0xC000_0008: "INVALID_HANDLE",
    0xC000_000D: "INVALID_PARAMETER",
    0xC000_0016: "MORE_PROCESSING_REQUIRED",
    0xC000_0022: "ACCESS_DENIED",
    0xC000_0034: "OBJECT_NAME_NOT_FOUND",
    0xC000_005E: "NO_LOGON_SERVERS",
    0xC000_0064: "NO_SUCH_USER",
    0xC000_006A: "WRONG_PASSWORD",
    0xC000_006D: "LOGON_FAILURE",
    0xC000_006E: "ACCOUNT_RESTRICTION",
    0xC000_006F: "INVALID_LOGON_HOURS",
    0xC000_0070: "INVALID_WORKSTATION",
    0xC000_0071: "PASSWORD_EXPIRED",
    0xC000_0072: "ACCOUNT_DISABLED",
    0xC000_009A: "INSUFFICIENT_RESOURCES",
    0xC000_00BB: "NOT_SUPPORTED",
    0xC000_00C9: "NETWORK_NAME_DELETED",
    0xC000_00CC: "BAD_NETWORK_NAME",
    0xC000_00DC: "INVALID_SERVER_STATE",
    0xC000_00E5: "INTERNAL_ERROR",
    0xC000_0133: "TIME_DIFFERENCE_AT_DC",
    0xC000_015B: "LOGON_TYPE_NOT_GRANTED",
    0xC000_018A: "NO_TRUST_LSA_SECRET",
    0xC000_018B: "NO_TRUST_SAM_ACCOUNT",
    0xC000_018C: "TRUSTED_DOMAIN_FAILURE",
    0xC000_018D: "TRUSTED_RELATIONSHIP_FAILURE",
    0xC000_0190: "TRUST_FAILURE",
    0xC000_0192: "NETLOGON_NOT_STARTED",
    0xC000_0193: "ACCOUNT_EXPIRED",
    0xC000_0198: "NOLOGON_INTERDOMAIN_TRUST_ACCOUNT",
    0xC000_0199: "NOLOGON_WORKSTATION_TRUST_ACCOUNT",
    0xC000_019A: "NOLOGON_SERVER_TRUST_ACCOUNT",
    0xC000_0203: "USER_SESSION_DELETED",
    0xC000_0224: "PASSWORD_MUST_CHANGE",
    0xC000_0234: "ACCOUNT_LOCKED_OUT",
    0xC000_0257: "PATH_NOT_COVERED",
    0xC000_035C: "NETWORK_SESSION_EXPIRED",
    0xC000_0413: "AUTHENTICATION_FIREWALL_FAILED",
    0xC000_0418: "NTLM_BLOCKED",
    0xC05D_0000: "SMB_NO_PREAUTH_INTEGRITY_HASH_OVERLAP",
}
"NTSTATUS (MS-ERREF 2.3.1), those that a logon may end with."

NTLM_FLAGS: Final = {
    1 << 31: "56",
    1 << 30: "KEY_EXCH",
    1 << 29: "128",
    1 << 25: "VERSION",
    1 << 23: "TARGET_INFO",
    1 << 22: "REQUEST_NON_NT_SESSION_KEY",
    1 << 20: "IDENTIFY",
    1 << 19: "EXTENDED_SESSIONSECURITY",
    1 << 17: "TARGET_TYPE_SERVER",
    1 << 16: "TARGET_TYPE_DOMAIN",
    1 << 15: "ALWAYS_SIGN",
    1 << 13: "OEM_WORKSTATION_SUPPLIED",
    1 << 12: "OEM_DOMAIN_SUPPLIED",
    1 << 11: "ANONYMOUS",
    1 << 9: "NTLM",
    1 << 7: "LM_KEY",
    1 << 6: "DATAGRAM",
    1 << 5: "SEAL",
    1 << 4: "SIGN",
    1 << 2: "REQUEST_TARGET",
    1 << 1: "OEM",
    1 << 0: "UNICODE",
}
"MS-NLMP 2.2.2.5, highest bit first."

AV_IDS: Final = {
    0: "EOL",
    1: "NbComputerName",
    2: "NbDomainName",
    3: "DnsComputerName",
    4: "DnsDomainName",
    5: "DnsTreeName",
    6: "Flags",
    7: "Timestamp",
    8: "SingleHost",
    9: "TargetName",
    10: "ChannelBindings",
}
"MS-NLMP 2.2.2.1, without MsvAv."

MECHANISMS: Final = {
    "1.3.6.1.4.1.311.2.2.10": "NTLMSSP",
    "1.3.6.1.4.1.311.2.2.30": "NEGOEX",
    "1.3.6.1.5.5.2": "SPNEGO",
    "1.2.840.113554.1.2.2": "Kerberos",
    "1.2.840.48018.1.2.2": "Kerberos (Microsoft)",
    "1.2.840.113554.1.2.2.3": "Kerberos user-to-user",
    "1.3.6.1.5.2.5": "IAKERB",
}
"Mechanism OIDs (MS-SPNG 1.9, RFC 4121, draft-ietf-kitten-iakerb)."


COERCING_PIPES: Final = frozenset(
    {
        "spoolss",  # MS-RPRN
        "netdfs",  # MS-DFSNM
        "efsrpc",  # MS-EFSR
        "lsarpc",  # MS-EFSR 2.1, and the pipes that lead to the same server
        "lsass",
        "netlogon",
        "samr",
        "fssagentrpc",  # MS-FSRVP
        "eventlog",  # MS-EVEN
    }
)
"Named pipes with calls that make their host log on to a host of the caller's choice."


def coercing_pipe(name: str) -> str | None:
    """Return the pipe of COERCING_PIPES that a client opens as *name*, or None."""
    pipe = name.lstrip("\\").lower().removeprefix("pipe\\")
    return pipe if pipe in COERCING_PIPES else None


def name_of(table: dict[int, str], code: int, digits: int = 2) -> str:
    """Name *code* by *table*, or write it in hex with at least *digits* digits."""
    return table.get(code) or f"0x{code:0{digits}X}"


def status_name(status: int) -> str:
    """Name an NTSTATUS, or write it as 0xC000XXXX."""
    return name_of(STATUSES, status, 8)


def dialect_name(dialect: int) -> str:
    """Name an SMB2 dialect as people do (3.1.1), or write it in hex."""
    return name_of(DIALECTS, dialect, 4)


def flag_names(flags: int) -> tuple[str, ...]:
    """Name the NTLM negotiate flags that are set; nameless bits are written in hex."""
    return tuple(
        name_of(NTLM_FLAGS, 1 << bit, 8)
        for bit in range(31, -1, -1)
        if flags >> bit & 1
    )


def mechanism_name(oid: str) -> str:
    """Name a mechanism, or give its OID back."""
    return MECHANISMS.get(oid, oid)
