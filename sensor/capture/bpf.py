"""Packet filters in tcpdump's language, compiled by libpcap, run by the kernel."""

from __future__ import annotations

import ctypes
import ctypes.util
from typing import Final

from sensor.errors import NetsigError

SNAPLEN: Final = 0x40000
"What a packet that passes is cut to: libpcap's own ceiling."
OPTIMIZE: Final = 1
NETMASK_UNKNOWN: Final = 0xFFFFFFFF
SONAME: Final = "libpcap.so.0.8"
"Debian's name for it, should the linker's cache not have it."
DLTS: Final = {101: 12}
"LINKTYPE_ -> DLT_, where libpcap counts otherwise within (bare IP)."
INSTRUCTION: Final = 8
"Bytes of struct sock_filter."


class Program(ctypes.Structure):
    """struct bpf_program of libpcap."""

    _fields_ = (("count", ctypes.c_uint), ("instructions", ctypes.c_void_p))


def compile_filter(expression: str, linktype: int) -> bytes:
    """Compile *expression* (pcap-filter(7)) for frames of *linktype*.

    Returns the instructions, each a struct sock_filter. A VLAN tag taken off by the
    kernel is not there when they run. Raises NetsigError where the expression is
    wrong or libpcap is missing.
    """
    pcap, program = _libpcap(), Program()
    dlt = DLTS.get(linktype, linktype)
    handle = ctypes.c_void_p(pcap.pcap_open_dead(dlt, SNAPLEN))
    text = expression.encode()
    where = ctypes.byref(program)
    try:
        if pcap.pcap_compile(handle, where, text, OPTIMIZE, NETMASK_UNKNOWN):
            reason = ctypes.string_at(pcap.pcap_geterr(handle)).decode(errors="replace")
            raise NetsigError(f"--filter {expression!r}: {reason}")
        compiled = ctypes.string_at(program.instructions, program.count * INSTRUCTION)
        pcap.pcap_freecode(where)
    finally:
        pcap.pcap_close(handle)
    return compiled


def _libpcap() -> ctypes.CDLL:
    try:
        pcap = ctypes.CDLL(ctypes.util.find_library("pcap") or SONAME)
    except OSError as error:
        reason = f"--filter needs libpcap: install libpcap0.8 ({error})"
        raise NetsigError(reason) from error
    pcap.pcap_open_dead.restype = ctypes.c_void_p
    pcap.pcap_geterr.restype = ctypes.c_void_p
    pcap.pcap_compile.argtypes = (
        *(ctypes.c_void_p, ctypes.c_void_p, ctypes.c_char_p, ctypes.c_int),
        ctypes.c_uint32,
    )
    return pcap
