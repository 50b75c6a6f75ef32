"""NTLM in the lines of SMTP, IMAP, POP3 and NNTP.

[MS-SMTPNTLM], [MS-OXIMAP], [MS-POP3] and [MS-NNTP], each section 2.2; RFC 4954, 3501,
5034 and 4643.  All four send a token as one line of base64, behind a command, behind
the server's prompt, or alone where the server waits for it.
"""

from __future__ import annotations

import re
import string
from dataclasses import dataclass
from functools import partial
from typing import Final

from decoders.carrier import Answer, Carrier, Envelope, Need, Token
from decoders.limits import CONTEXT_BYTES

_MECHANISM: Final = rb"(?:NTLM|GSS-SPNEGO|GSSAPI)\b"
_TAG: Final = rb"[^ \r\n*+]+ "
_LETTERS: Final = (string.ascii_letters + string.digits + "+/").encode()
_LINE_END: Final = re.compile(rb"[A-Za-z0-9+/]*=*(?:(\r?\n)|\r?\Z)")


def _line(pattern: bytes, after: bytes = b"") -> re.Pattern[bytes]:
    """Compile what begins a line, whatever its case."""
    return re.compile(rb"(?im)^(?:" + pattern + b")" + after)


@dataclass(frozen=True, slots=True)
class Protocol:
    """How one protocol speaks of a logon; all patterns are those of a line's start."""

    name: str
    ports: tuple[int, ...]
    command: bytes
    "Opens a logon, and may bring the first token."
    prompt: bytes
    "The server asks for a token; may bring one."
    success: bytes
    "Ends a logon; its group is the code."
    refusal: bytes
    marks: tuple[tuple[bytes, bytes], ...]
    "What client and server say in this protocol alone: one of these pairs is there."


_AUTH: Final = b"(?:AUTH|X-EXPS) " + _MECHANISM
PROTOCOLS: Final = (
    Protocol(
        "smtp",
        (25, 587),
        command=_AUTH,
        prompt=rb"334\b",
        success=rb"(235)\b",
        refusal=rb"([45]\d\d)\b",
        marks=((rb"(?:EHLO|HELO|LHLO|X-EXPS)\b", b""), (b"", rb"(?:220|250|334)\b")),
    ),
    Protocol(
        "imap",
        (143,),
        command=_TAG + b"AUTHENTICATE " + _MECHANISM,
        prompt=rb"\+(?!OK)",
        success=_TAG + rb"(OK)\b",
        refusal=_TAG + rb"(NO|BAD)\b",
        marks=(
            (_TAG + b"AUTHENTICATE " + _MECHANISM, b""),
            (b"", rb"\* (?:OK|PREAUTH|CAPABILITY)\b|" + _TAG + rb"(?:OK|NO|BAD)\b"),
        ),
    ),
    Protocol(
        "pop3",
        (110,),
        command=_AUTH,
        prompt=rb"\+(?!OK)",
        success=rb"(\+OK)\b",
        refusal=rb"(-ERR)\b",
        marks=((rb"(?:CAPA|STLS)\b", b""), (b"", rb"\+OK\b|-ERR\b"), (_AUTH, rb"\+")),
    ),
    Protocol(
        "nntp",
        (119,),
        command=rb"AUTHINFO (?:SASL " + _MECHANISM + rb"|GENERIC\b(?: NTLM\b)?)",
        prompt=rb"38[13]\b",
        success=rb"(28[13])\b",
        refusal=rb"([45]\d\d)\b",
        marks=((b"AUTHINFO ", b""), (b"", rb"38[13]\b")),
    ),
)


def claim(protocol: Protocol, token: Token) -> Envelope | Need | None:
    """Claim a token that fills its line as *protocol* has it."""
    line = token.data.rfind(b"\n", 0, token.start) + 1
    before = token.data[line : token.start].rstrip(_LETTERS)
    if not _is_in_place(protocol, token, line, before):
        return None
    if not _is_known(protocol, token):
        return None
    reach = token.end + CONTEXT_BYTES
    end = _LINE_END.match(token.data, token.end, reach)
    if end is None or (len(token.data) >= reach and not end[1]):
        return None
    if not end[1] and not token.final:
        return Need(len(token.data) + 1)
    if token.type == 2:
        return Envelope()
    return Envelope(listen=partial(_listen, protocol, token.type))


def _is_in_place(protocol: Protocol, token: Token, line: int, before: bytes) -> bool:
    """Tell whether a token behind *before* is what *protocol* has on a line."""
    if token.type == 2:
        return bool(_line(protocol.prompt, rb" \Z").match(before))
    if before:
        return bool(_line(protocol.command, rb" +\Z").match(before))
    return _is_awaited(protocol, token.data[:line], token.peer)


def _is_awaited(protocol: Protocol, own: bytes, peer: bytes) -> bool:
    """Tell whether a line of the client has to be a token.

    The server asked for it last, or since its command the client sent tokens only.
    """
    if _line(protocol.prompt, rb"[^\r\n]*\r?\n\Z").search(peer):
        return True
    tokens = rb" ?[A-Za-z0-9+/=]*\r?\n(?:[A-Za-z0-9+/]*=*\r?\n)*\Z"
    return bool(_line(protocol.command, tokens).search(own))


def _is_known(protocol: Protocol, token: Token) -> bool:
    """Tell whether either end says what is said in *protocol* alone."""
    client, server = token.data[: token.start], token.peer
    if token.type == 2:
        client, server = server, client
    return any(
        _line(asked).search(client) and _line(answered).search(server)
        for asked, answered in protocol.marks
    )


def _listen(
    protocol: Protocol, kind: int, data: bytes, final: bool
) -> Answer | Need | None:
    """Read the outcome off the first line that ends a logon, or goes on with it."""
    end = len(data) if final else data.rfind(b"\n") + 1
    prompt, success, refusal = (
        _line(pattern)
        for pattern in (protocol.prompt, protocol.success, protocol.refusal)
    )
    for line in data[:end].splitlines():
        if prompt.match(line):
            return None
        if said := refusal.match(line):
            return Answer(False, _code(said))
        if said := success.match(line):
            return Answer(True, _code(said)) if kind == 3 else None
    return None if final else Need(len(data) + 1)


def _code(said: re.Match[bytes]) -> str:
    return said[1].decode("ascii").upper()


CARRIERS: Final = tuple(
    Carrier(one.name, one.ports, claim=partial(claim, one)) for one in PROTOCOLS
)
