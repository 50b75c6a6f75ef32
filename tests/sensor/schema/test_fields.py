from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sensor.schema.fields import netsig, signature_fields, text
from sensor.types import Tunnel
from tests.support.findings import event, flow

SMB2 = bytes.fromhex("fe534d42400001000000000000000100")


def test_defenders_keys_in_defenders_order() -> None:
    fields = signature_fields(event(content=(SMB2[:6], SMB2)), "truthful")

    assert text(fields) == (
        '{"SignatureName":"SMB2","SignatureMatchedContent":"%FESMB@%00",'
        '"SamplePacketContent":["%FESMB@%00%01%00%00"]}'
    )


def test_verbatim_sample_is_all_there_is() -> None:
    fields = signature_fields(event(content=(SMB2[:4], SMB2 * 9)), "verbatim")

    assert fields["SamplePacketContent"] == [
        "%FESMB@%00%01%00%00%00%00%00%00%00%01%00" * 9
    ]


@pytest.mark.parametrize(
    ("name", "number"),
    [("NTLM-Negotiate", 1), ("NTLM-Challenge", 2), ("NTLM-Authenticate", 3)],
)
def test_truthful_sample_knows_the_type_by_the_signature(
    name: str, number: int
) -> None:
    message = b"NTLMSSP\0" + bytes([number, 0, 0, 0]) + b"\xaa\1\0\0\0\xbb"
    kept = message if number == 1 else message[:-2]

    fields = signature_fields(
        event(name=name, content=(b"NTLMSSP\0", message)), "truthful"
    )

    assert fields["SamplePacketContent"] == [
        "".join(f"%{b:02X}" if b < 32 or b > 126 else chr(b) for b in kept)
    ]


def test_netsig_says_where_and_leaves_out_the_unknown() -> None:
    unknown = event(from_client=None, on=flow(known=False), facts={"User": None})

    assert netsig(unknown) == {
        "Packet": 7,
        "File": "a.pcap",
        "CommunityId": "1:abc=",
    }


def test_netsig_holds_facts_and_flags() -> None:
    on = flow()
    on.flags |= {"midstream", "gap"}
    known = event(on=on, facts={"Dialect": "3.1.1", "User": ""})

    assert netsig(known) == {
        "FromClient": True,
        "ClientBy": "handshake",
        "Packet": 7,
        "File": "a.pcap",
        "CommunityId": "1:abc=",
        "Flags": ["gap", "midstream"],
        "Dialect": "3.1.1",
        "User": "",
    }


@pytest.mark.parametrize(
    ("from_client", "client", "seen", "name"),
    [
        (True, 0, "ab", "a"),
        (False, 0, "ab", "b"),
        (True, 1, "ab", "b"),
        (None, 0, "ab", "a"),
        (False, 0, "a-", "a"),
        (True, 0, "-b", "b"),
    ],
)
def test_tunnels_are_those_of_the_sender(
    from_client: bool | None, client: int, seen: str, name: str
) -> None:
    on = flow()
    on.client = client
    on.tunnels = [None if of == "-" else (Tunnel(of, 7),) for of in seen]

    told = netsig(event(on=on, from_client=from_client))["Tunnels"]

    assert told == [{"Name": name, "Id": 7}]


def test_a_tunnel_is_told_with_its_ends_and_no_number_it_has_not() -> None:
    on = flow()
    on.tunnels[0] = (Tunnel("VLAN", 0), Tunnel("TZSP", None, ("192.0.2.1", "fd::2")))

    assert netsig(event(on=on))["Tunnels"] == [
        {"Name": "VLAN", "Id": 0},
        {"Name": "TZSP", "Source": "192.0.2.1", "Destination": "fd::2"},
    ]


def test_bytes_are_hex_and_sets_are_sorted() -> None:
    assert text({"ServerChallenge": b"\x01\xab", "Flags": frozenset("ba")}) == (
        '{"ServerChallenge":"01ab","Flags":["a","b"]}'
    )


def test_what_has_no_place_is_our_error() -> None:
    with pytest.raises(TypeError, match="object has no place in AdditionalFields"):
        text({"x": object()})


@given(st.text())
def test_hostile_text_is_ascii_without_controls_and_comes_back(hostile: str) -> None:
    said = text({"User": hostile})

    assert said.isascii()
    assert said.isprintable()
    assert json.loads(said) == {"User": hostile}
