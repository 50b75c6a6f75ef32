"""Whom a client asks a proxy for: SOCKS4, 4a, 5 (RFC 1928) and HTTP CONNECT.

What is asked for stands right before what is then said through the proxy.
"""

from __future__ import annotations

import re
from ipaddress import IPv4Address, IPv6Address
from typing import Final

from decoders.limits import FACT_CHARS

_CONNECT: Final = re.compile(
    rb"CONNECT ([!-~]{1,512}) HTTP/1\.[01]\r?\n(?:[^\r\n]+\r?\n)*\r?\n\Z"
)
# RFC 9110 9.3.6; the last request is the one that was granted
_SOCKS5: Final = re.compile(
    rb"(?s)\x05\x01\x00"
    rb"(?:\x01(?P<ipv4>.{4})|\x03(?P<sized>.{2,256})|\x04(?P<ipv6>.{16}))"
    rb"(?P<port>..)\Z"
)
# RFC 1928 4; what was said before it depends on how the client logs on to the proxy
_SOCKS4: Final = re.compile(
    rb"(?s)\x04\x01(?P<port>..)"
    rb"(?:\x00{3}[^\x00][^\x00]{0,255}\x00(?P<name>[!-~]{1,255})"
    rb"|(?P<ipv4>[^\x00].{3})[^\x00]{0,255})\x00\Z"
)
# the first thing that is said; with a name in place of an address in SOCKS4a
_NAME: Final = re.compile(rb"[!-~]+")
_SOCKS5_BYTES: Final = 4 + 256 + 2
_SESSION_REQUEST: Final = re.compile(
    rb"\x81\x00\x00\x44\x20[A-P]{32}\x00\x20[A-P]{32}\x00\Z"
)
# of NetBIOS, which may stand between (RFC 1002 4.3.2)


def facts(before: bytes) -> dict[str, str]:
    """Say whom the request that *before* ends with asks for; empty without one."""
    asked = target(before)
    return {"ProxyTarget": asked} if asked else {}


def target(before: bytes) -> str:
    """Return `host:port` of the request that *before* ends with; empty if none does."""
    before = _SESSION_REQUEST.sub(b"", before)
    connect = _CONNECT.search(before)
    if connect:
        return connect[1].decode("ascii")[:FACT_CHARS]
    return _socks5(before[-_SOCKS5_BYTES:]) or _asked(_SOCKS4.match(before))


def _socks5(tail: bytes) -> str:
    """Read the request that ends *tail*: the last one whose lengths fit."""
    at = tail.rfind(b"\x05\x01\x00")
    while at >= 0:
        asked = _asked(_SOCKS5.match(tail, at))
        if asked:
            return asked
        at = tail.rfind(b"\x05\x01\x00", 0, at + 2)
    return ""


def _asked(request: re.Match[bytes] | None) -> str:
    if request is None:
        return ""
    host, port = _host(request.groupdict()), int.from_bytes(request["port"], "big")
    return f"{host[:FACT_CHARS]}:{port}" if host and port else ""


def _host(said: dict[str, bytes | None]) -> str:
    """Read the host by whatever it is *said*; empty where that is no name."""
    ipv4, ipv6, sized = said["ipv4"], said.get("ipv6"), said.get("sized")
    if ipv4:
        return str(IPv4Address(ipv4))
    if ipv6:
        return f"[{IPv6Address(ipv6)}]"
    if sized:
        is_name = sized[0] == len(sized) - 1 and _NAME.fullmatch(sized, 1)
        return sized[1:].decode("ascii") if is_name else ""
    return (said.get("name") or b"").decode("ascii")
