"""A receive ring that the kernel fills: AF_PACKET, TPACKET_V3 (packet_mmap.rst).

The kernel hands over whole blocks, each when it is full or RETIRE_MS old, and drops
and counts what comes while no block is free.
"""

from __future__ import annotations

import ctypes
import errno
import mmap
import socket
import struct
from typing import Final

import numpy as np

from sensor.capture import tpacket
from sensor.capture.walk import Records
from sensor.errors import NetsigError
from sensor.limits import RING_BLOCK_BYTES, RING_BLOCK_MS, RING_BLOCKS
from sensor.types import U8

SOL_PACKET: Final = 263
ADD_MEMBERSHIP: Final = 1
RX_RING: Final = 5
STATISTICS: Final = 6
VERSION: Final = 10
RESERVE: Final = 12
IGNORE_OUTGOING: Final = 23
TPACKET_V3: Final = 2
PROMISCUOUS: Final = 1
ETH_P_ALL: Final = 3
SO_ATTACH_FILTER: Final = 26
SO_DETACH_FILTER: Final = 27
SO_TIMESTAMPNS: Final = 35
"Of linux/if_packet.h, linux/if_ether.h and asm-generic/socket.h."

FRAME_BYTES: Final = 2048
"Must divide the block; in version 3 it plays no other part."
LOOPBACK: Final = 772
"ARPHRD_LOOPBACK: whatever is sent there comes back, and would be seen twice."
LINKTYPES: Final = {1: 1, LOOPBACK: 1, 801: 105, 802: 119, 803: 127, 65534: 101}
"ARPHRD_ of linux/if_arp.h -> LINKTYPE_: Ethernet, Wi-Fi in three guises, bare IP."

NOTHING: Final = struct.pack("=HHI", 6, 0, 0)
"A filter of one instruction: return 0, no byte of any packet."


class Ring:
    """The ring of one interface: about *ring_bytes* that the kernel fills once started.

    Raises NetsigError where the interface cannot be opened.
    """

    def __init__(self, interface: str, ring_bytes: int) -> None:
        self.interface = interface
        self.blocks = max(ring_bytes // RING_BLOCK_BYTES, RING_BLOCKS)
        self._turn = 0
        try:
            self.socket = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, 0)
            self.memory = self._map()
            self.socket.bind((interface, 0))
        except OSError as error:
            raise NetsigError(f"{interface}: {_why(error)}") from error
        self.hardware: int = self.socket.getsockname()[3]
        if self.hardware not in LINKTYPES:
            reason = f"interfaces of ARPHRD type {self.hardware} cannot be watched"
            raise NetsigError(f"{interface}: {reason}")

    @property
    def linktype(self) -> int:
        """LINKTYPE_ of all its packets."""
        return LINKTYPES[self.hardware]

    def start(self, program: bytes = b"") -> None:
        """Let in what *program* takes of all that the interface hears."""
        self.bind()
        self.filter(program)

    def bind(self) -> None:
        """Be the interface's, but let nothing in yet."""
        self.filter(NOTHING)
        index = socket.if_nametoindex(self.interface)
        wish = struct.pack("=iHH8x", index, PROMISCUOUS, 0)
        self.socket.setsockopt(SOL_PACKET, ADD_MEMBERSHIP, wish)
        if self.hardware == LOOPBACK:
            self.socket.setsockopt(SOL_PACKET, IGNORE_OUTGOING, 1)
        self.socket.bind((self.interface, ETH_P_ALL))

    def _map(self) -> U8:
        """Have the kernel make the ring: (blocks, RING_BLOCK_BYTES), shared with it."""
        size, set_option = self.blocks * RING_BLOCK_BYTES, self.socket.setsockopt
        set_option(SOL_PACKET, VERSION, TPACKET_V3)
        set_option(SOL_PACKET, RESERVE, tpacket.TAG)
        # Have packets stamped when they arrive, not when they come to this ring.
        set_option(socket.SOL_SOCKET, SO_TIMESTAMPNS, 1)
        shape = (RING_BLOCK_BYTES, self.blocks, FRAME_BYTES, size // FRAME_BYTES)
        request = struct.pack("=7I", *shape, RING_BLOCK_MS, 0, 0)
        set_option(SOL_PACKET, RX_RING, request)
        memory = mmap.mmap(self.socket.fileno(), size)
        return np.frombuffer(memory, np.uint8).reshape(self.blocks, RING_BLOCK_BYTES)

    def filter(self, program: bytes) -> None:
        """Let only packets in that *program* takes: BPF, 8 bytes an instruction.

        Where it is empty, all are let in.
        """
        if not program:
            self.socket.setsockopt(socket.SOL_SOCKET, SO_DETACH_FILTER, 0)
            return
        code = ctypes.create_string_buffer(program, len(program))
        address = ctypes.addressof(code)
        told = struct.pack("@HP", len(program) // 8, address)
        self.socket.setsockopt(socket.SOL_SOCKET, SO_ATTACH_FILTER, told)

    def shut(self) -> None:
        """Let nothing more in; what is in the ring stays there."""
        self.filter(NOTHING)

    def ready(self) -> U8 | None:
        """Return the next block, if the kernel has filled it: (RING_BLOCK_BYTES,)."""
        block: U8 = self.memory[self._turn]
        return block if tpacket.is_ours(block) else None

    def take(self, block: U8) -> Records:
        """Find the packets in *block*, which `ready` gave, and go on to the next."""
        self._turn = (self._turn + 1) % self.blocks
        return tpacket.records(block, self.linktype)

    def unread(self) -> int:
        """Count the packets in the blocks that the kernel has filled."""
        count = 0
        while (block := self.ready()) is not None:
            count += tpacket.packets_in(block)
            self._turn = (self._turn + 1) % self.blocks
            tpacket.give_back(block)
        return count

    def went_down(self) -> bool:
        """Tell whether the interface was taken down since the last call."""
        error = self.socket.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR)
        return error == errno.ENETDOWN

    def losses(self) -> tuple[int, int]:
        """Return packets dropped, and times the ring was full, since the last call."""
        told = self.socket.getsockopt(SOL_PACKET, STATISTICS, 12)
        _, drops, freezes = struct.unpack("=III", told)
        return drops, freezes


def _why(error: OSError) -> str:
    if isinstance(error, PermissionError):
        return "watching needs root, or CAP_NET_RAW"
    return error.strerror or str(error)
