"""Count connections that go on to log on where nobody can look: inside TLS.

In: the segments of a batch.  Out: counters.  Two kinds show themselves in the clear
before they do: RDP whose server chooses CredSSP, and mail and news that turn to TLS.
What they say then is not guessed.
"""

from __future__ import annotations

import re
from typing import Final

import numpy as np

from sensor.types import BOOL, I64, TCP, Segments, Stats

# TPKT and X.224 Connection Confirm with an RDP negotiation response; the references and
# flags may be anything (RFC 1006 6, X.224 13.4, [MS-RDPBCGR] 2.2.1.2.1).
_CONFIRM: Final = re.compile(
    rb"(?s)\x03\x00\x00\x13\x0e\xd0.{5}\x02.\x08\x00[\x02\x08]\x00\x00\x00"
)
_CONFIRM_BYTES: Final = 19
_TPKT: Final = 3
# The command that asks for TLS: RFC 3207 4, RFC 9051 6.2.1, RFC 2595 4, RFC 4642 2.2.
_STARTTLS: Final = re.compile(rb"(?i)(?:[!-~]{1,32} )?(?:STARTTLS|STLS)\r\n")
_STARTTLS_BYTES: Final = (len(b"STLS\r\n"), 33 + len(b"STARTTLS\r\n"))


def count(segments: Segments, stats: Stats) -> None:
    """Count the connections that *segments* show to go on inside TLS.

    `hidden.credssp`: RDP with CredSSP (HYBRID, HYBRID_EX). `hidden.starttls`: SMTP,
    IMAP, POP3 or NNTP. Copies of a segment count once.
    """
    length, is_tcp = segments.length, segments.proto == TCP
    least, most = _STARTTLS_BYTES
    confirms = np.flatnonzero(is_tcp & (length == _CONFIRM_BYTES))
    confirms = confirms[segments.batch.data[segments.payload[confirms]] == _TPKT]
    asks = np.flatnonzero(is_tcp & (length >= least) & (length <= most))
    asks = asks[_ends_line(segments, asks)]
    stats.add("hidden.credssp", _matching(segments, confirms, _CONFIRM))
    stats.add("hidden.starttls", _matching(segments, asks, _STARTTLS))


def _ends_line(segments: Segments, rows: I64) -> BOOL:
    """Tell which *rows* end in `S` and a line's end: hardly any other does."""
    data, end = segments.batch.data, segments.payload[rows] + segments.length[rows]
    is_line = (data[end - 2] == ord("\r")) & (data[end - 1] == ord("\n"))
    found: BOOL = is_line & (data[end - 3] & 0xDF == ord("S"))
    return found


def _matching(segments: Segments, rows: I64, pattern: re.Pattern[bytes]) -> int:
    data, found = segments.batch.data, set()
    for row in rows.tolist():
        start = int(segments.payload[row])
        payload = data[start : start + int(segments.length[row])].tobytes()
        if pattern.fullmatch(payload):
            found.add((int(segments.flow[row]), int(segments.seq[row])))
    return len(found)
