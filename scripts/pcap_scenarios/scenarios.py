"""Every scenario: what happened, and who did what to whom.

PUBLIC, ABROAD and PUBLIC_V6 are MaxMind's published example addresses: public by
IANA's registries (documentation addresses are not), with a known country. They are
only bytes in files; nothing is ever sent to them.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

import dpkt

from scripts.pcap_scenarios import logons, ntlm, smb1, smb2
from scripts.pcap_scenarios.ntlm import Account, Logon
from scripts.pcap_scenarios.smb2 import LOGON_FAILURE, SUCCESS
from scripts.pcap_scenarios.wire import NS, Capture, Host, Said, Tcp, noise

CLIENT: Final = Host("10.20.0.15", inside=True, kind="Private")
SERVER: Final = Host("10.20.0.5", inside=True, kind="Private")
CLIENT_V6: Final = Host("fd20::15", inside=True, kind="Private")
PUBLIC: Final = Host("81.2.69.144")
ABROAD: Final = Host("89.160.20.112")
PUBLIC_V6: Final = Host("2001:218::25")

ALICE: Final = Account("alice", "EXAMPLE", "WS15")
NOBODY: Final = Account("", "", "WS15")
ADMIN: Final = Account("admin", "", "KALI")


def smb2_logon(c: Capture) -> None:
    """A logon inside: nothing to alert on."""
    tcp = Tcp(c, (CLIENT, 50101), (SERVER, 445)).open()
    logons.smb2_logon(tcp, Logon(ALICE))
    logons.smb2_tree(tcp, r"\\files.example.net\projects")
    tcp.close()


def leak_to_public(c: Capture) -> None:
    """A document fetched a picture from a share outside: the hash left (T1187)."""
    tcp = Tcp(c, (CLIENT, 50102), (PUBLIC, 445)).open()
    logon = Logon(ALICE, "UPDATES")
    said = logons.smb2_logon(tcp, logon)
    logons.leaked(tcp, logon, answered=said[1], sent=said[4])
    logons.smb2_tree(tcp, rf"\\{PUBLIC.ip}\img")
    tcp.close()


def leak_refused(c: Capture) -> None:
    """The public server refuses the logon: it has the hash all the same."""
    tcp = Tcp(c, (CLIENT, 50103), (ABROAD, 445)).open()
    logon = Logon(ALICE, "CDN")
    said = logons.smb2_logon(tcp, logon, LOGON_FAILURE)
    logons.leaked(tcp, logon, answered=said[1], sent=said[4])
    tcp.close()


def leak_on_8445(c: Capture) -> None:
    """SMB where nobody looks for it."""
    tcp = Tcp(c, (CLIENT, 50104), (PUBLIC, 8445)).open()
    logon = Logon(ALICE, "UPDATES")
    said = logons.smb2_logon(tcp, logon)
    logons.leaked(tcp, logon, answered=said[1], sent=said[4])
    tcp.close()


def leak_ipv6(c: Capture) -> None:
    """The same over IPv6, with NTLMv1 and extended session security."""
    tcp = Tcp(c, (CLIENT_V6, 50105), (PUBLIC_V6, 445)).open()
    logon = Logon(ALICE, "UPDATES", "NTLMv1-ESS")
    said = logons.smb2_logon(tcp, logon)
    logons.leaked(tcp, logon, answered=said[1], sent=said[4])
    tcp.close()


def smb1_ntlmv1(c: Capture) -> None:
    """An old client: extended security, NTLMv1."""
    tcp = Tcp(c, (CLIENT, 50106), (SERVER, 445)).open()
    logons.smb1_logon(tcp, Logon(ALICE, "NT4", "NTLMv1"))
    tcp.close()


def smb1_plain(c: Capture) -> None:
    """Responses without NTLMSSP."""
    tcp = Tcp(c, (CLIENT, 50107), (SERVER, 445)).open()
    logons.smb1_plain_logon(tcp, "alice", "EXAMPLE")
    tcp.close()


def anonymous(c: Capture) -> None:
    """A null session."""
    tcp = Tcp(c, (CLIENT, 50108), (SERVER, 445)).open()
    logons.smb2_logon(tcp, Logon(NOBODY, "FILES", "anonymous"))
    tcp.close()


def smb3_encrypted(c: Capture) -> None:
    """After the logon all is behind transform headers."""
    tcp = Tcp(c, (CLIENT, 50109), (SERVER, 445)).open()
    logons.smb2_logon(tcp, Logon(ALICE), dialects=logons.NEW)
    for turn, size in enumerate((112, 160, 120, 90)):
        first = turn < 2
        tcp.say(turn % 2, smb2.encrypted(size, logons.SESSION, f"{turn}", first=first))
    tcp.close()


def multi_protocol(c: Capture) -> None:
    """An SMB1 negotiation that ends in SMB2 is one negotiation."""
    tcp = Tcp(c, (CLIENT, 50110), (SERVER, 445)).open()
    tcp.dialogue(
        smb1.negotiate((*smb1.DIALECTS, "SMB 2.002", "SMB 2.???"), extended=True),
        smb2.negotiate_reply(0x02FF, ntlm.wrap_init(None)),
    )
    logons.smb2_logon(tcp, Logon(ALICE))
    tcp.close()


def http_ntlm(c: Capture) -> None:
    """A web server outside asks for Windows credentials."""
    tcp = Tcp(c, (CLIENT, 50111), (PUBLIC, 80)).open()
    logon = Logon(ALICE, "INTRANET")
    said = logons.http_logon(tcp, logon)
    logons.leaked(tcp, logon, answered=said[3], sent=said[4])
    tcp.close()


def raw_ntlmssp(c: Capture) -> None:
    """NTLMSSP in a protocol nobody knows."""
    tcp = Tcp(c, (CLIENT, 50112), (SERVER, 4711)).open()
    logons.raw_logon(tcp, Logon(ALICE, "APPSRV"))
    tcp.close()


def inbound_from_public(c: Capture) -> None:
    """Somebody outside tries to log on to a server of ours."""
    tcp = Tcp(c, (ABROAD, 50113), (SERVER, 445)).open()
    said = logons.smb2_logon(tcp, Logon(ADMIN), LOGON_FAILURE)
    techniques = logons.REMOTE, logons.SHARES
    tcp.alert("smb-from-public", "Medium", techniques, said[0])
    tcp.reset(0)


def port_scan(c: Capture) -> None:
    """One host knocks at 445 of many; some refuse, some say nothing."""
    for last in range(20, 26):
        target = Host(f"10.20.0.{last}", inside=True, kind="Private")
        tcp = Tcp(c, (CLIENT, 50200 + last), (target, 445))
        if last % 2:
            tcp.refused()
        else:
            tcp.unanswered()
    c.now_ns += 5 * NS  # long enough to know that nobody answers
    c.add(CLIENT, SERVER, _question("files.example.net"))


def broken_off(c: Capture) -> None:
    """Six logons, each left after one more message."""
    for steps in range(1, 7):
        tcp = Tcp(c, (CLIENT, 50300 + steps), (SERVER, 445)).open()
        logon = Logon(ALICE)
        tcp.dialogue(*logons.smb2_messages(logon, SUCCESS)[:steps])
        if steps >= 3:  # without NTLM there is no exchange
            state = "success" if steps == 6 else "incomplete"
            tcp.exchange(state, logon.who() if steps >= 5 else {})
        tcp.close()


def noise_only(c: Capture) -> None:
    """TLS, HTTP and DNS that mention SMB and NTLM: no row at all."""
    tls = Tcp(c, (CLIENT, 50114), (PUBLIC, 443)).open(ours=False)
    for turn in range(6):
        record = noise(f"tls {turn}", 900 + turn)
        size = len(record).to_bytes(2, "big")
        tls.say(turn % 2, Said(b"\x17\x03\x03" + size + record))
    tls.close()
    web = Tcp(c, (CLIENT, 50115), (PUBLIC, 80)).open(ours=False)
    page = b"<p>\xffSMB is the magic of SMB1, \xfeSMB of SMB2; NTLM is NTLMSSP.</p>"
    head = b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: %d\r\n\r\n"
    web.dialogue(logons.http_request(), Said(head % len(page) + page))
    web.close()
    c.add(CLIENT, SERVER, _question("ntlmssp.example.net"))


def _question(name: str) -> dpkt.udp.UDP:
    """Return a datagram that asks for a name."""
    question = dpkt.dns.DNS(id=7, qd=[dpkt.dns.DNS.Q(name=name)])
    datagram = dpkt.udp.UDP(sport=50116, dport=53, data=bytes(question))
    datagram.ulen = len(datagram)
    return datagram


SCENARIOS: Final[dict[str, Callable[[Capture], None]]] = {
    "smb2-logon": smb2_logon,
    "leak-to-public": leak_to_public,
    "leak-refused": leak_refused,
    "leak-on-8445": leak_on_8445,
    "leak-ipv6": leak_ipv6,
    "smb1-ntlmv1": smb1_ntlmv1,
    "smb1-plain": smb1_plain,
    "anonymous": anonymous,
    "smb3-encrypted": smb3_encrypted,
    "multi-protocol": multi_protocol,
    "http-ntlm": http_ntlm,
    "raw-ntlmssp": raw_ntlmssp,
    "inbound-from-public": inbound_from_public,
    "port-scan": port_scan,
    "broken-off": broken_off,
    "noise": noise_only,
}
