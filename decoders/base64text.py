"""NTLMSSP messages in base64 text (RFC 4648), wherever in the text they begin.

The signature shows at each of the three alignments as a fixed run of letters. Inside
SPNEGO it may stand at any of them; bare it stands at the first.
"""

from __future__ import annotations

import base64
import re
from dataclasses import dataclass
from typing import Final

NEEDLES: Final = (b"TlRMTVNTUA", b"5UTE1TU1AA", b"OVExNU1NQA")
"The signature in base64, at alignments 0, 1 and 2."
LOOK_BACK: Final = {b"T": 0, b"5": 2, b"O": 3}
"Letters before each needle that belong to the group of four it begins in."

LETTER: Final = rb"[A-Za-z0-9+/_-]"
"One letter of either alphabet, as a pattern."
_TEXT: Final = re.compile(rb"(?:" + LETTER + rb"|\r?\n[ \t]+(?=" + LETTER + rb"))+")
_NOT_LETTERS: Final = re.compile(rb"[^A-Za-z0-9+/_-]+")
_FOLD: Final = re.compile(rb"\r?\n?[ \t]*\Z")


@dataclass(frozen=True, slots=True)
class Text:
    """A run of base64 from the group in which NTLMSSP begins."""

    start: int
    end: int
    data: bytes
    "What it decodes to; up to two bytes of what came before are in front."
    ended: bool
    "Whether something that is not base64 follows."


def read(data: bytes | bytearray, needle: int) -> Text | None:
    """Decode the run around the needle at *needle*, None when its start is cut.

    Padding may be missing, the alphabet be URL-safe, lines be folded (RFC 5322 2.2.3).
    """
    start = needle - LOOK_BACK[bytes(data[needle : needle + 1])]
    match = _TEXT.match(data, max(start, 0))
    if start < 0 or match is None or match.end() < needle + len(NEEDLES[0]):
        return None
    end = match.end()
    ended = _FOLD.match(data, end) is None
    letters = _NOT_LETTERS.sub(b"", match.group())
    return Text(start, end, decode(letters), ended)


def decode(letters: bytes) -> bytes:
    """Decode letters of either alphabet; bits short of a whole byte are dropped."""
    whole = letters[: len(letters) - (len(letters) % 4 == 1)]
    padded = whole + b"=" * (-len(whole) % 4)
    return base64.b64decode(padded.translate(_TO_STANDARD))


_TO_STANDARD: Final = bytes.maketrans(b"-_", b"+/")
