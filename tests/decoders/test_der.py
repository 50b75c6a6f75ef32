from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pyasn1.codec.der import encoder
from pyasn1.type import univ

from decoders import der
from decoders.der import Element
from decoders.wire import DecodeError, TruncatedError


@given(st.binary(max_size=300))
def test_octet_strings_as_pyasn1_writes_them(raw: bytes) -> None:
    blob = encoder.encode(univ.OctetString(raw))
    element = der.element(blob, 0, len(blob))

    assert (element.tag, blob[element.start : element.end]) == (der.OCTET_STRING, raw)


@pytest.mark.parametrize(
    "oid", ["1.3.6.1.5.5.2", "1.2.840.113554.1.2.2", "2.999.3", "0.0", "2.5.4.3"]
)
def test_oids_as_pyasn1_writes_them(oid: str) -> None:
    blob = encoder.encode(univ.ObjectIdentifier(oid))

    assert der.dotted(blob[2:]) == oid


def test_an_empty_or_cut_oid_has_no_numbers() -> None:
    assert der.dotted(b"") == der.dotted(b"\x88") == ""


def test_elements_are_read_in_order() -> None:
    blob = bytes.fromhex("3007 0201 07 0402 6162")

    assert list(der.elements(blob, der.element(blob, 0, 9))) == [
        Element(2, 4, 5, 1),
        Element(4, 7, 9, 2),
    ]


@pytest.mark.parametrize(
    "blob", ["04", "0405 61", "0480", "0485 0000000001", "0482 01"]
)
def test_odd_lengths_are_refused(blob: str) -> None:
    data = bytes.fromhex(blob)
    with pytest.raises(DecodeError):
        der.element(data, 0, len(data))


def test_a_cut_element_is_clipped_on_request() -> None:
    blob = b"\x04\x05ab"

    assert der.element(blob, 0, 4, truncated=True) == Element(4, 2, 4, 5)
    with pytest.raises(TruncatedError):
        der.element(blob, 0, 4)
