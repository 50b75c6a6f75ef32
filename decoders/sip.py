"""NTLM in SIP heads (RFC 3261, [MS-SIPAE] 2.2): who asks whom, and the outcome.

A client's first token is empty here as a rule: NTLM begins with the server's type 2.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import partial
from typing import Final

from decoders.carrier import Answer, Carrier, Envelope, Need, Token, facts
from decoders.limits import CONTEXT_BYTES, SIP_FIELD_BYTES

_CLOSED: Final = re.compile(rb"[A-Za-z0-9+/]*=*(?:\"|\Z)")
_REQUEST: Final = (
    rb"^([A-Z]{1,32}) sips?:(?:[^@\s;?]*@)?(\[[^\]\s]*\]|[^\s:;?@]+)(?=[\s:;?])\S*"
    rb" SIP/2\.0\r?$"
)
_BEGIN: Final = re.compile(rb"(?m)" + _REQUEST + rb"|\r?\n\r?\n")
_STATUS: Final = re.compile(rb"(?m)^SIP/2\.0 (\d{3})\b")
_END: Final = re.compile(rb"\r?\n\r?\n")
_CALL: Final = re.compile(rb"(?im)^(?:call-id|i)[ \t]*:[ \t]*([^\r\n]*)")
_NUMBER: Final = re.compile(rb"(?im)^cseq[ \t]*:[ \t]*(\d+)")
_AGENT: Final = re.compile(rb"(?im)^user-?agent[ \t]*:[ \t]*([^\r\n]*)")
_FOLDED: Final = rb"(?:[^\r\n\"]|\r?\n[ \t]|\"[^\r\n\"]*\")*"
# what stands in a field, which may go on in the next line (RFC 3261 7.3.1)
_DATA: Final = rb"(?=[ \t\r])" + _FOLDED + rb"gssapi-data[ \t]*=[ \t]*\""
_FIELD: Final = re.compile(
    rb"(?im)^(proxy-)?(?:authorization|(?:www-)?(authenticate))[ \t]*:[ \t]*ntlm"
    + _DATA
    + rb"[A-Za-z0-9+/]*\Z"
)
_TOKEN: Final = re.compile(
    rb"(?im)^(?:www|proxy)-authenticate[ \t]*:[ \t]*ntlm"
    + _DATA
    + rb"[A-Za-z0-9+/]{16}"
)
_FORBIDDEN: Final = 403


@dataclass(frozen=True, slots=True)
class Asked:
    """A request that waits for its response."""

    type: int
    refusal: int
    call: bytes
    "What its Call-ID says, and the number of its CSeq (RFC 3261 8.1.1)."
    number: bytes


def claim(token: Token) -> Envelope | Need | None:
    """Claim a token in a header field of authentication, and read its whole head."""
    first = max(0, token.start - SIP_FIELD_BYTES)
    field = _FIELD.search(token.data[first : token.start])
    if field is None or bool(field[2]) != (token.type == 2):
        return None
    reach = token.end + CONTEXT_BYTES
    if _CLOSED.match(token.data, token.end, reach) is None:
        return None
    end = _END.search(token.data, token.end, reach)
    if end is None and not token.final and len(token.data) < reach:
        return Need(len(token.data) + 1)
    if token.type == 2:
        return Envelope()
    begin = _begin(token.data, first + field.start())
    head = token.data[begin : end.start() if end else reach]
    call, number = _value(_CALL, head), _value(_NUMBER, head)
    asked = Asked(token.type, 407 if field[1] else 401, call, number)
    return Envelope(_facts(head), partial(_listen, asked))


def _begin(data: bytes, field: int) -> int:
    """Find where the head with the field at *field* begins, as far as it is seen."""
    begin = 0
    for one in _BEGIN.finditer(data, 0, field):
        begin = one.start() if one[1] else one.end()
    return begin


def _facts(head: bytes) -> dict[str, str]:
    request = _BEGIN.match(head)
    if request is None or not request[1]:
        return {}
    said = {"Method": request[1], "Host": request[2], "UserAgent": _value(_AGENT, head)}
    return facts(**{name: raw.decode("utf-8", "replace") for name, raw in said.items()})


def _value(pattern: re.Pattern[bytes], head: bytes) -> bytes:
    match = pattern.search(head)
    return match[1].strip() if match else b""


def _listen(asked: Asked, data: bytes, final: bool) -> Answer | Need | None:
    """Read the outcome off the final response to what was *asked*."""
    for status in _STATUS.finditer(data):
        end = _END.search(data, status.end())
        if end is None and not final:
            break
        head = data[status.start() : end.start() if end else len(data)]
        if status[1][:1] != b"1" and _answers(head, asked):
            return _outcome(int(status[1]), head, asked)
    return None if final else Need(len(data) + 1)


def _answers(head: bytes, asked: Asked) -> bool:
    """Tell whether a response's *head* answers what was *asked*, as far as is known."""
    is_call = asked.call in (b"", _value(_CALL, head))
    return is_call and asked.number in (b"", _value(_NUMBER, head))


def _outcome(code: int, head: bytes, asked: Asked) -> Answer | None:
    """Judge a status code; one that is not about who asks tells nothing."""
    if code in (asked.refusal, _FORBIDDEN):
        return None if _TOKEN.search(head) else Answer(False, str(code))
    is_told = asked.type == 3 and code < 300
    return Answer(True, str(code)) if is_told else None


CARRIER: Final = Carrier("sip", (5060,), claim=claim)
