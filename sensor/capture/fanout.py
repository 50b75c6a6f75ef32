"""Parting an interface's packets among several rings (PACKET_FANOUT, packet(7)).

The kernel asks a program of ours which ring a packet goes to: what two addresses say
to each other, in either direction, goes to the same one. So do all fragments of a
datagram and all that a tunnel carries, which a hash over ports would scatter. What is
no IP goes to the first.
"""

from __future__ import annotations

import ctypes
import struct
from collections.abc import Sequence
from typing import Final

from sensor.capture.ring import SOL_PACKET, Ring

FANOUT: Final = 18
FANOUT_DATA: Final = 22
BY_PROGRAM: Final = 6
UNIQUE: Final = 0x2000
"PACKET_FANOUT_CBPF and PACKET_FANOUT_FLAG_UNIQUEID of linux/if_packet.h."
ID_BITS: Final = 0xFFFF

NETWORK: Final = 0xFFF00000
PROTOCOL: Final = 0xFFFFF000
"Where linux/filter.h keeps the network header, and the ethertype behind any tag."

LOAD, TO_X, XOR_X, TIMES, SHIFT = 0x20, 0x07, 0xAC, 0x24, 0x74
JUMP_IF, JUMP, RETURN, RETURN_A = 0x15, 0x05, 0x06, 0x16
"Opcodes of classic BPF."
GOLDEN: Final = 0x9E3779B1
"2^32 / phi: multiplied by it, neighbouring addresses come to lie far apart."


def fan_out(rings: Sequence[Ring]) -> None:
    """Part the packets of the interface that all *rings* are bound to among them.

    They must be bound and let nothing in: until all have joined, each would get all.
    """
    first, *others = rings
    first.socket.setsockopt(SOL_PACKET, FANOUT, _wish(UNIQUE))
    told = struct.unpack("=i", first.socket.getsockopt(SOL_PACKET, FANOUT, 4))[0]
    for ring in others:
        ring.socket.setsockopt(SOL_PACKET, FANOUT, _wish(0, told & ID_BITS))
    code = ctypes.create_string_buffer(PROGRAM, len(PROGRAM))
    named = struct.pack("@HP", len(PROGRAM) // 8, ctypes.addressof(code))
    first.socket.setsockopt(SOL_PACKET, FANOUT_DATA, named)


def _wish(flags: int, group: int = 0) -> bytes:
    return struct.pack("=I", (BY_PROGRAM | flags) << 16 | group)


def _exclusive_or(first: int, words: int) -> list[tuple[int, int, int, int]]:
    """Combine *words* of the network header, from offset *first* on."""
    code = [(LOAD, 0, 0, NETWORK + first)]
    for at in range(first + 4, first + 4 * words, 4):
        code += [(TO_X, 0, 0, 0), (LOAD, 0, 0, NETWORK + at), (XOR_X, 0, 0, 0)]
    return code


def _assemble() -> bytes:
    """Write the program. The kernel takes what it returns modulo the count of rings."""
    four, six = _exclusive_or(12, 2), _exclusive_or(8, 8)
    mix = [(TIMES, 0, 0, GOLDEN), (SHIFT, 0, 0, 16), (RETURN_A, 0, 0, 0)]
    code = [
        (LOAD, 0, 0, PROTOCOL),
        (JUMP_IF, 2, 0, 0x0800),
        (JUMP_IF, 1 + len(four) + 1, 0, 0x86DD),
        (RETURN, 0, 0, 0),
        *four,
        (JUMP, 0, 0, len(six)),
        *six,
        *mix,
    ]
    return b"".join(struct.pack("=HBBI", *one) for one in code)


PROGRAM: Final = _assemble()
