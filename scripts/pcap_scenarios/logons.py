"""Whole logons over one carrier, and the exchange each of them is."""

from __future__ import annotations

import base64
from typing import Final

from scripts.pcap_scenarios import ntlm, smb1, smb2
from scripts.pcap_scenarios.ntlm import Logon
from scripts.pcap_scenarios.smb2 import MORE_PROCESSING, SUCCESS
from scripts.pcap_scenarios.wire import Said, Tcp, noise

SESSION: Final = 0x0000_2C00_0000_0041
OLD: Final = (0x0202, 0x0210, 0x0300)
FORCED: Final = "Forced Authentication (T1187)"
SHARES: Final = "SMB/Windows Admin Shares (T1021.002)"
REMOTE: Final = "External Remote Services (T1133)"
NEW: Final = (0x0202, 0x0210, 0x0300, 0x0302, 0x0311)


def smb2_messages(
    logon: Logon, status: int, dialects: tuple[int, ...] = OLD
) -> tuple[Said, ...]:
    """Return the six messages of an SMB2 logon that ends with *status*."""
    end = ntlm.accept_completed() if status == SUCCESS else Said(b"")
    first, second = ntlm.wrap_init(logon.negotiate()), ntlm.wrap_reply(logon.reply())
    last = ntlm.wrap_last(logon.authenticate())
    return (
        smb2.negotiate(dialects),
        smb2.negotiate_reply(dialects[-1], ntlm.wrap_init(None)),
        smb2.session_setup(first, 1, 0),
        smb2.session_setup_reply(second, 1, SESSION, MORE_PROCESSING),
        smb2.session_setup(last, 2, SESSION),
        smb2.session_setup_reply(end, 2, SESSION, status),
    )


def smb2_logon(
    tcp: Tcp, logon: Logon, status: int = SUCCESS, dialects: tuple[int, ...] = OLD
) -> list[int]:
    """Log on over SMB2; return the packet of each message."""
    packets = tcp.dialogue(*smb2_messages(logon, status, dialects))
    tcp.exchange("success" if status == SUCCESS else "failed", logon.who())
    return packets


def leaked(tcp: Tcp, logon: Logon, answered: int, sent: int) -> None:
    """Expect the alerts: a public server *answered*, and the response was *sent*."""
    tcp.alert("smb-to-public", "Medium", (FORCED, SHARES), answered)
    user = logon.account.user
    tcp.alert("credentials-to-public", "High", (FORCED,), sent, user)


def smb1_logon(tcp: Tcp, logon: Logon) -> None:
    """Log on over SMB1 with extended security."""
    first, second = ntlm.wrap_init(logon.negotiate()), ntlm.wrap_reply(logon.reply())
    last, end = ntlm.wrap_last(logon.authenticate()), ntlm.accept_completed()
    tcp.dialogue(
        smb1.negotiate(extended=True),
        smb1.negotiate_reply(ntlm.wrap_init(None), extended=True),
        smb1.session_setup(first, 1),
        smb1.session_setup_reply(second, 1, 2048, MORE_PROCESSING),
        smb1.session_setup(last, 2, 2048),
        smb1.session_setup_reply(end, 2, 2048, SUCCESS),
    )
    tcp.exchange("success", logon.who())


def smb1_plain_logon(tcp: Tcp, user: str, domain: str) -> None:
    """Log on over SMB1 with bare responses, as before Windows 2000."""
    lm, nt = noise("plain lm", 24), noise("plain nt", 24)
    tcp.dialogue(
        smb1.negotiate(extended=False),
        smb1.negotiate_reply(noise("plain challenge", 8), extended=False),
        smb1.plain_session_setup((user, domain), lm, nt),
        smb1.plain_session_setup_reply(2049),
    )
    tcp.exchange("success", {"User": user, "Domain": domain, "NtlmVersion": "NTLMv1"})


def smb2_tree(tcp: Tcp, path: str) -> None:
    """Open a share after an SMB2 logon."""
    ask = smb2.tree_connect(path, 3, SESSION)
    tcp.dialogue(ask, smb2.tree_connect_reply(3, SESSION))


def http_logon(tcp: Tcp, logon: Logon) -> list[int]:
    """Log on to a web server ([MS-NTHT]); return the packet of each message."""
    packets = tcp.dialogue(
        http_request(),
        http_response("401 Unauthorized", Said(b"")),
        http_request(logon.negotiate()),
        http_response("401 Unauthorized", logon.reply()),
        http_request(logon.authenticate()),
        http_response("200 OK"),
    )
    tcp.exchange("unknown", logon.who())
    return packets


def raw_logon(tcp: Tcp, logon: Logon) -> None:
    """Log on in a protocol nobody knows: a length, then the message."""
    messages = logon.negotiate(), logon.reply(), logon.authenticate(), Said(b"OK")
    tcp.dialogue(
        *(
            Said(len(said.data).to_bytes(2, "big") + said.data, said.signatures)
            for said in messages
        )
    )
    tcp.exchange("unknown", logon.who())


def http_request(token: Said | None = None) -> Said:
    """Ask for a page, with a token if there is one."""
    lines = ["GET /start HTTP/1.1", "Host: intranet.example.net"]
    if token:
        lines.append(f"Authorization: NTLM {_base64(token)}")
    return _http(lines, token)


def http_response(status: str, token: Said | None = None) -> Said:
    """Answer without a body; an empty token only offers NTLM."""
    lines = [f"HTTP/1.1 {status}", "Content-Length: 0"]
    if token:
        lines.append(f"WWW-Authenticate: NTLM {_base64(token)}".rstrip())
    return _http(lines, token)


def _http(lines: list[str], token: Said | None) -> Said:
    data = "\r\n".join([*lines, "", ""]).encode()
    return Said(data, token.signatures if token else ())


def _base64(token: Said) -> str:
    return base64.b64encode(token.data).decode()
