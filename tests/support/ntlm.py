"""The worked examples of MS-NLMP 4.2, byte for byte."""

from __future__ import annotations

_NAMES = "Domain".encode("utf-16-le") + "User".encode("utf-16-le")
_NAMES += "COMPUTER".encode("utf-16-le")
_FIELDS = "0c000c0048000000 0800080054000000 100010005c000000"
_XP = "05 01 28 0a 00 00 00 0f"

CHALLENGE_V1 = bytes.fromhex(
    "4e 54 4c 4d 53 53 50 00 02 00 00 00 0c 00 0c 00"
    "38 00 00 00 33 82 02 e2 01 23 45 67 89 ab cd ef"
    "00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00"
    "06 00 70 17 00 00 00 0f 53 00 65 00 72 00 76 00"
    "65 00 72 00"
)
"4.2.2.3."

AUTHENTICATE_V1 = (
    bytes.fromhex("4e544c4d53535000 03000000 180018006c000000 1800180084000000")
    + bytes.fromhex(f"{_FIELDS} 100010009c000000 358280e2 {_XP}")
    + _NAMES
    + bytes.fromhex(
        "98 de f7 b8 7f 88 aa 5d af e2 df 77 96 88 a1 72 de f1 1c 7d 5c cd ef 13"
        "67 c4 30 11 f3 02 98 a2 ad 35 ec e6 4f 16 33 1c 44 bd be d9 27 84 1f 94"
        "51 88 22 b1 b3 f3 50 c8 95 86 82 ec bb 3e 3c b7"
    )
)
"4.2.2.3."

AUTHENTICATE_V1_ESS = (
    bytes.fromhex("4e544c4d53535000 03000000 180018006c000000 1800180084000000")
    + bytes.fromhex(f"{_FIELDS} 000000009c000000 35820882 {_XP}")
    + _NAMES
    + bytes.fromhex(
        "aa aa aa aa aa aa aa aa 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00"
        "75 37 f8 03 ae 36 71 28 ca 45 82 04 bd e7 ca f8 1e 97 ed 26 83 26 72 32"
    )
)
"4.2.3.3."

CHALLENGE_V2 = bytes.fromhex(
    "4e 54 4c 4d 53 53 50 00 02 00 00 00 0c 00 0c 00"
    "38 00 00 00 33 82 8a e2 01 23 45 67 89 ab cd ef"
    "00 00 00 00 00 00 00 00 24 00 24 00 44 00 00 00"
    "06 00 70 17 00 00 00 0f 53 00 65 00 72 00 76 00"
    "65 00 72 00 02 00 0c 00 44 00 6f 00 6d 00 61 00"
    "69 00 6e 00 01 00 0c 00 53 00 65 00 72 00 76 00"
    "65 00 72 00 00 00 00 00"
)
"4.2.4.3."

AUTHENTICATE_V2 = (
    bytes.fromhex("4e544c4d53535000 03000000 180018006c000000 5400540084000000")
    + bytes.fromhex(f"{_FIELDS} 10001000d8000000 358288e2 {_XP}")
    + _NAMES
    + bytes.fromhex(
        "86 c3 50 97 ac 9c ec 10 25 54 76 4a 57 cc cc 19 aa aa aa aa aa aa aa aa"
        "68 cd 0a b8 51 e5 1c 96 aa bc 92 7b eb ef 6a 1c"
        "01 01 00 00 00 00 00 00 00 00 00 00 00 00 00 00"
        "aa aa aa aa aa aa aa aa 00 00 00 00 02 00 0c 00"
        "44 00 6f 00 6d 00 61 00 69 00 6e 00 01 00 0c 00"
        "53 00 65 00 72 00 76 00 65 00 72 00 00 00 00 00 00 00 00 00"
        "c5 da d2 54 4f c9 79 90 94 ce 1c e9 0b c9 d0 3e"
    )
)
"4.2.4.3."

NEGOTIATE = (
    bytes.fromhex("4e544c4d53535000 01000000 978208e2")
    + bytes(16)
    + (bytes.fromhex("0a00ba47 0000000f"))
)
"What Windows 10 sends: no names, with VERSION."

SPEC = (
    CHALLENGE_V1,
    AUTHENTICATE_V1,
    AUTHENTICATE_V1_ESS,
    CHALLENGE_V2,
    AUTHENTICATE_V2,
)
