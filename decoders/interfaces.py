"""Names of well-known DCE/RPC interfaces, by UUID.

Those that are asked for in ordinary Windows traffic, and those that attackers ask for:
to coerce a logon, to run code, to read or change accounts.
"""

from __future__ import annotations

from typing import Final
from uuid import UUID

NAMES: Final = {
    UUID(number): name
    for number, name in {
        # C706 appendix O and Q, MS-RPCE
        "e1af8308-5d1f-11c9-91a4-08002b14a0fa": "epmapper",
        "afa8bd80-7d8a-11c9-bef4-08002b102989": "mgmt",
        # MS-SAMR, MS-LSAD and MS-LSAT, MS-NRPC, MS-DRSR, MS-DSSP, MS-BKRP, MS-ADTS
        "12345778-1234-abcd-ef00-0123456789ac": "samr",
        "12345778-1234-abcd-ef00-0123456789ab": "lsarpc",
        "12345678-1234-abcd-ef00-01234567cffb": "netlogon",
        "e3514235-4b06-11d1-ab04-00c04fc2dcd2": "drsuapi",
        "7c44d7d4-31d5-424c-bd5e-2b3e1f323d22": "dsaop",
        "3919286a-b10c-11d0-9ba8-00c04fd92ef5": "dssetup",
        "3dde7c30-165d-11d1-ab8f-00805f14db40": "BackupKey",
        "ecec0d70-a603-11d0-96b1-00a0c91ece30": "JetBack",
        "16e0cf3a-a604-11d0-96b1-00a0c91ece30": "JetRest",
        # MS-SCMR, MS-TSCH, MS-RRP, MS-RSP, MS-EVEN and MS-EVEN6
        "367abb81-9844-35f1-ad32-98f038001003": "svcctl",
        "1ff70682-0a51-30e8-076d-740be8cee98b": "atsvc",
        "378e52b0-c0a9-11cf-822d-00aa0051e40f": "sasec",
        "86d35949-83c9-4044-b424-db363231fd0c": "ITaskSchedulerService",
        "338cd001-2244-31f1-aaaa-900038001003": "winreg",
        "894de0c0-0d55-11d3-a322-00c04fa321a1": "InitShutdown",
        "d95afe70-a6d5-4259-822e-2c84da1ddb0d": "WindowsShutdown",
        "82273fdc-e32a-18c3-3f78-827929dc23ea": "eventlog",
        "f6beaff7-1e19-4fbb-9f8f-b89e2018337c": "IEventService",
        # MS-SRVS, MS-WKST, MS-BRWSA, MS-DFSNM, MS-RPRN, MS-PAR, MS-EFSR, MS-FSRVP
        "4b324fc8-1670-01d3-1278-5a47bf6ee188": "srvsvc",
        "6bffd098-a112-3610-9833-46c3f87e345a": "wkssvc",
        "6bffd098-a112-3610-9833-012892020162": "browser",
        "4fc742e0-4a10-11cf-8273-00aa004ae673": "netdfs",
        "12345678-1234-abcd-ef00-0123456789ab": "spoolss",
        "76f03f96-cdfd-44fc-a22c-64950a001209": "IRemoteWinspool",
        "c681d488-d850-11d0-8c52-00c04fd90f7e": "efsrpc",
        "df1941c5-fe89-4e79-bf10-463657acf44d": "efsrpc",
        "a8e0653c-2744-4389-a61d-7373df8b2292": "FileServerVssAgent",
        "897e2e5f-93f3-4376-9c9c-fd2277495c27": "FrsTransport",
        "ccd8c074-d0e5-4a40-92b4-d074faa6ba28": "Witness",
        "e33c0cc4-0482-101a-bc0c-02608c6ba218": "LocToLoc",
        # MS-DNSP, MS-DHCPM, MS-ICPR, MS-W32T, MS-TSTS, MS-MSRP, MS-TRP
        "50abc2a4-574d-40b3-9d66-ee4fd5fba076": "DnsServer",
        "6bffd098-a112-3610-9833-46c3f874532d": "dhcpsrv",
        "5b821720-f63b-11d0-aad2-00c04fc324db": "dhcpsrv2",
        "91ae6020-9e3c-11cf-8d7c-00aa00c091be": "ICertPassage",
        "8fb6d884-2388-11d0-8c35-00c04fda2795": "w32time",
        "5ca4a760-ebb1-11cf-8611-00a0245420ed": "IcaApi",
        "484809d6-4239-471b-b5bc-61df8c23ac48": "TermSrvSession",
        "5a7b91f8-ff00-11d0-a9b2-00c04fb6e6fc": "msgsvcsend",
        "2f5f6520-ca46-1067-b319-00dd010662da": "tapsrv",
        # MS-DCOM, MS-OAUT, MS-WMI, MS-WCCE, MS-COMA
        "99fcfec4-5260-101b-bbcb-00aa0021347a": "IObjectExporter",
        "4d9f4ab8-7d1c-11cf-861e-0020af6e7c57": "IRemoteActivation",
        "000001a0-0000-0000-c000-000000000046": "IRemoteSCMActivator",
        "00000000-0000-0000-c000-000000000046": "IUnknown",
        "00000131-0000-0000-c000-000000000046": "IRemUnknown",
        "00000143-0000-0000-c000-000000000046": "IRemUnknown2",
        "00020400-0000-0000-c000-000000000046": "IDispatch",
        "f309ad18-d86a-11d0-a075-00c04fb68820": "IWbemLevel1Login",
        "d4781cd6-e5d3-44df-ad94-930efe48a887": "IWbemLoginClientID",
        "9556dc99-828c-11cf-a37e-00aa003240c7": "IWbemServices",
        "027947e1-d731-11ce-a357-000000000001": "IEnumWbemClassObject",
        "1c1c45ee-4395-11d2-b60b-00104b703efd": "IWbemFetchSmartEnum",
        "d99e6e70-fc88-11d0-b498-00a0c90312f3": "ICertRequestD",
        # MS-OXCRPC, MS-OXNSPI, MS-OXABREF
        "a4f1db00-ca47-1067-b31f-00dd010662da": "EMSMDB",
        "5261574a-4572-206e-b268-6b199213b4e4": "AsyncEMSMDB",
        "f5cc5a18-4264-101a-8c59-08002b2f8426": "nspi",
        "1544f5e0-613c-11d1-93df-00c04fd7bd09": "rfr",
    }.items()
}
