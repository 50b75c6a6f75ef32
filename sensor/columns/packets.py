"""The columns of IP packets, between the link layer and the transport."""

from __future__ import annotations

from dataclasses import dataclass

from sensor.types import I64, U8, U16, U64


@dataclass(frozen=True, slots=True)
class Packets:
    """Columns of n IP packets."""

    row: I64
    "(n,) record in the batch."
    ip: I64
    "(n,) offset of the IP header in batch.data."
    version: U8
    "(n,) 4 or 6."
    proto: U8
    "(n,) protocol of what begins at *at*: extension headers are passed."
    at: I64
    "(n,) offset of what the packet carries."
    stop: I64
    "(n,) one past the packet's last captured byte."
    promised: I64
    "(n,) where the packet ends by its own header; beyond *stop* if cut."
    fragment: U16
    "(n,) 8-octet units before this fragment, MORE_FRAGMENTS if set; 0: whole."
    src: U64
    "(n,) source address: an IPv4 address, or an IPv6 address folded."
    dst: U64
    "(n,) destination address, likewise."
