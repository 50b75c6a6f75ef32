"""Open QUIC Initial packets: their keys derive from what the client chose in the clear.

The only file of the decoders that needs more than the standard library: AES comes
from `cryptography`, imported when the first Initial is to be opened.
"""

from __future__ import annotations

import hmac
from dataclasses import dataclass
from typing import Final

V1: Final = 1
V2: Final = 0x6B3343CF
CLIENT: Final = "client"
SERVER: Final = "server"

_SALTS: Final = {
    V1: bytes.fromhex("38762cf7f55934b34d179ae6a4c80cadccbb7f0a"),  # RFC 9001 5.2
    V2: bytes.fromhex("0dede3def700a6db819381be6e269dcbf9bd2ed9"),  # RFC 9369 3.3.1
}
_LABELS: Final = {V1: "quic", V2: "quicv2"}
_SECRET_BYTES: Final = 32
_KEY_BYTES: Final = 16
_IV_BYTES: Final = 12
_SAMPLE_AT: Final = 4
_SAMPLE_BYTES: Final = 16
_TAG_BYTES: Final = 16


@dataclass(frozen=True, slots=True)
class Keys:
    """What protects the Initials of one sender."""

    key: bytes
    iv: bytes
    header: bytes


def initial_keys(version: int, connection_id: bytes, sender: str) -> Keys:
    """Derive the keys of *sender* from the connection id that the client chose first.

    *version* is V1 or V2, *sender* CLIENT or SERVER (RFC 9001 5.2, RFC 9369 3.3).
    """
    secret = hmac.digest(_SALTS[version], connection_id, "sha256")
    secret = _expand(secret, f"{sender} in", _SECRET_BYTES)
    label = _LABELS[version]
    return Keys(
        key=_expand(secret, f"{label} key", _KEY_BYTES),
        iv=_expand(secret, f"{label} iv", _IV_BYTES),
        header=_expand(secret, f"{label} hp", _KEY_BYTES),
    )


def opened(packet: bytes, number_at: int, keys: Keys) -> bytes | None:
    """Decrypt an Initial *packet* whose packet number lies at *number_at*.

    Return its frames, None where the keys are not its own (RFC 9001 5.3, 5.4).
    """
    from cryptography.exceptions import InvalidTag
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM

    sample = packet[number_at + _SAMPLE_AT : number_at + _SAMPLE_AT + _SAMPLE_BYTES]
    if len(sample) < _SAMPLE_BYTES:
        return None
    mask = _mask(keys.header, sample)
    first = packet[0] ^ mask[0] & 0x0F
    end = number_at + (first & 3) + 1
    if len(packet) < end + _TAG_BYTES:
        return None
    masked = zip(packet[number_at:end], mask[1:], strict=False)
    number = bytes(byte ^ over for byte, over in masked)
    header = bytes([first]) + packet[1:number_at] + number
    nonce = int.from_bytes(keys.iv, "big") ^ int.from_bytes(number, "big")
    try:
        return AESGCM(keys.key).decrypt(
            nonce.to_bytes(_IV_BYTES, "big"), packet[end:], header
        )
    except InvalidTag:
        return None


def _mask(key: bytes, sample: bytes) -> bytes:
    from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

    ecb = modes.ECB()  # noqa: S305 - one block, as RFC 9001 5.4.3 has it
    return Cipher(algorithms.AES(key), ecb).encryptor().update(sample)


def _expand(secret: bytes, label: str, size: int) -> bytes:
    """HKDF-Expand-Label (RFC 8446 7.1), of at most one hash."""
    labelled = b"tls13 " + label.encode()
    info = size.to_bytes(2, "big") + bytes([len(labelled)]) + labelled + b"\0"
    return hmac.digest(secret, info + b"\x01", "sha256")[:size]
