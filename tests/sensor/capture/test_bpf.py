"""Filters are what tcpdump makes of them."""

from __future__ import annotations

import ctypes
import struct
import subprocess

import pytest

from sensor.capture.bpf import compile_filter
from sensor.errors import NetsigError
from tests.support.wire import need_root


def by_tcpdump(expression: str, link: str) -> bytes:
    """Compile with `tcpdump -ddd`: a line an instruction, in decimal."""
    need_root()
    command = ["tcpdump", "-y", link, "-s", str(0x40000), "-ddd", expression]
    done = subprocess.run(command, check=True, capture_output=True, text=True)
    lines = done.stdout.splitlines()[1:]
    return b"".join(struct.pack("=HBBI", *map(int, line.split())) for line in lines)


@pytest.mark.parametrize("expression", ["tcp port 445", "host 10.0.0.5 and not arp"])
@pytest.mark.parametrize(("number", "link"), [(1, "EN10MB"), (101, "RAW")])
def test_a_filter_is_compiled_as_tcpdump_compiles_it(
    expression: str, number: int, link: str
) -> None:
    if link == "RAW":
        expression = expression.replace(" and not arp", "")
    assert compile_filter(expression, number) == by_tcpdump(expression, link)


def test_what_is_wrong_with_an_expression_is_told() -> None:
    with pytest.raises(NetsigError, match=r"--filter 'tcp prt 1': .*syntax error"):
        compile_filter("tcp prt 1", 1)


def test_without_libpcap_it_is_said_what_to_install(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def missing(_: str) -> None:
        raise OSError("cannot open shared object file")

    monkeypatch.setattr(ctypes, "CDLL", missing)
    with pytest.raises(NetsigError, match="install libpcap"):
        compile_filter("tcp", 1)
