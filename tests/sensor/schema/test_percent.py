from __future__ import annotations

import re

from hypothesis import given
from hypothesis import strategies as st

from sensor.schema.percent import encode


def test_published_record_of_kerberos() -> None:
    assert encode(bytes.fromhex("05a2010c")) == "%05%A2%01%0C"


def test_published_log4shell_text_keeps_printables_and_escapes_percent() -> None:
    sent = b'${token}/x`,{method:"post",\x90\x00$\xb7 curl --output%programdata%\\x'
    assert encode(sent) == (
        '${token}/x`,{method:"post",%90%00$%B7 curl --output%25programdata%25\\x'
    )


def test_edges_of_printable_ascii() -> None:
    assert encode(b"\x1f\x20\x7e\x7f\r\n\t%\xff") == "%1F ~%7F%0D%0A%09%25%FF"


@given(st.binary(max_size=200))
def test_text_is_printable_and_every_byte_comes_back(data: bytes) -> None:
    text = encode(data)

    assert re.fullmatch(r"(?:[ -$&-~]|%[0-9A-F]{2})*", text)
    assert _decoded(text) == data


def _decoded(text: str) -> bytes:
    return re.sub(
        rb"%([0-9A-F]{2})", lambda m: bytes.fromhex(m[1].decode()), text.encode()
    )
