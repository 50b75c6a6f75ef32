"""The vectors of RFC 9001 and RFC 9369 (appendix A), and what aioquic seals."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from decoders.quic import initials
from decoders.quic_keys import CLIENT, SERVER, V1, V2, Keys, initial_keys, opened
from tests.support import quic

DESTINATION = bytes.fromhex("8394c8f03e515708")
A_1 = (
    "1f369613dd76d5467730efcbe3b1a22d fa044b2f42a3fd3b46fb255c"
    " 9f50449e04a0e810283a1e9933adedd2",
    "cf3a5331653c364c88f0f379b6067e37 0ac1493ca1905853b0bba03e"
    " c206b8d9b9f0f37644430b490eeaa314",
)
A_1_OF_V2 = (
    "8b1a0bc121284290a29e0971b5cd045d 91f73e2351d8fa91660e909f"
    " 45b95e15235d6f45a6b19cbcb0294ba9",
    "82db637861d55e1d011f19ea71d5d2a7 dd13c276499c0249d3310652"
    " edf6d05c83121201b436e16877593c3a",
)
A_3 = bytes.fromhex(
    "cf000000010008f067a5502a4262b5004075c0d95a482cd0991cd25b0aac406a"
    "5816b6394100f37a1c69797554780bb38cc5a99f5ede4cf73c3ec2493a1839b3"
    "dbcba3f6ea46c5b7684df3548e7ddeb9c3bf9c73cc3f3bded74b562bfb19fb84"
    "022f8ef4cdd93795d77d06edbb7aaf2f58891850abbdca3d20398c276456cbc4"
    "2158407dd074ee"
)
A_3_PAYLOAD = bytes.fromhex(
    "02000000000600405a020000560303eefce7f7b37ba1d1632e96677825ddf739"
    "88cfc79825df566dc5430b9a045a1200130100002e00330024001d00209d3c94"
    "0d89690b84d08a60993c144eca684d1081287c834d5311bcf32bb9da1a002b00"
    "020304"
)


def keys(text: str) -> Keys:
    return Keys(*map(bytes.fromhex, text.split()))


@pytest.mark.parametrize(("version", "told"), [(V1, A_1), (V2, A_1_OF_V2)])
def test_keys_derive_from_the_clients_destination(
    version: int, told: tuple[str, str]
) -> None:
    for sender, text in zip((CLIENT, SERVER), told, strict=True):
        assert initial_keys(version, DESTINATION, sender) == keys(text)


def test_the_servers_initial_of_the_standard_is_opened() -> None:
    (packet,) = initials(A_3)
    assert opened(packet.data, packet.number_at, keys(A_1[1])) == A_3_PAYLOAD


def test_the_other_ends_keys_open_nothing() -> None:
    (packet,) = initials(A_3)
    assert opened(packet.data, packet.number_at, keys(A_1[0])) is None


@given(st.integers(0, len(A_3) - 1), st.integers(1, 255))
def test_a_changed_packet_is_not_opened(at: int, by: int) -> None:
    data = bytearray(A_3)
    data[at] ^= by
    assert opened(bytes(data), 18, keys(A_1[1])) is None


@pytest.mark.parametrize("size", [0, 18, 20, 37, 38, 39, len(A_3) - 1])
def test_a_cut_packet_is_not_opened(size: int) -> None:
    assert opened(A_3[:size], 18, keys(A_1[1])) is None


@pytest.mark.parametrize("version", [V1, V2])
def test_what_aioquic_seals_is_opened(version: int) -> None:
    sealed = quic.initial(b"\x01said", version=version, number=7)
    (packet,) = initials(sealed)
    client = initial_keys(version, quic.DESTINATION, CLIENT)
    payload = opened(packet.data, packet.number_at, client)
    assert payload is not None
    assert payload.rstrip(b"\0") == b"\x01said"
