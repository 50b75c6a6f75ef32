"""What is served is read by Prometheus's own parser."""

from __future__ import annotations

import socket
import time
from collections.abc import Iterator
from http.client import HTTPConnection

import pytest
from prometheus_client.parser import text_string_to_metric_families

from sensor.errors import NetsigError
from sensor.sinks.metrics import TYPE, exposition, serving
from sensor.types import Damage, Stats

NEWEST = 1_668_015_808_188_350_000


def free_port(host: str = "127.0.0.1") -> int:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family) as probe:
        probe.bind((host, 0))
        return int(probe.getsockname()[1])


def stats() -> Stats:
    found = Stats(newest_ns=NEWEST)
    found.add("capture.packets", 57)
    found.add("decoders.not-a frame\n", 2)
    found.add("columns.rejected.vlan_tags", 3)
    found.add("columns.rejected_vlan.tags", 4)
    found.damaged.append(Damage("a.pcap", 1, "cut", usable=True))
    return found


def read(text: str) -> dict[str, tuple[str, float]]:
    """The type and the value of every sample, by name."""
    return {
        sample.name: (family.type, sample.value)
        for family in text_string_to_metric_families(text)
        for sample in family.samples
    }


def test_counters_and_gauges_as_prometheus_reads_them() -> None:
    assert read(exposition(stats(), 12.5)) == {
        "netsig_capture_packets_total": ("counter", 57),
        "netsig_decoders_not_a_frame__total": ("counter", 2),
        "netsig_columns_rejected_vlan_tags_total": ("counter", 7),
        "netsig_start_time_seconds": ("gauge", 12.5),
        "netsig_newest_packet_time_seconds": ("gauge", NEWEST / 1e9),
        "netsig_damaged_files": ("gauge", 1),
    }


@pytest.fixture
def port() -> Iterator[int]:
    port = free_port()
    with serving(("127.0.0.1", port), stats()):
        yield port


def get(port: int, path: str, host: str = "127.0.0.1") -> tuple[int, str, str]:
    connection = HTTPConnection(host, port, timeout=10)
    connection.request("GET", path)
    answer = connection.getresponse()
    kind = answer.getheader("Content-Type") or ""
    return answer.status, kind, answer.read().decode()


def test_it_is_served_again_and_again(port: int) -> None:
    for _ in range(3):
        status, kind, body = get(port, "/metrics")
        assert (status, kind) == (200, TYPE)
        assert read(body)["netsig_capture_packets_total"] == ("counter", 57)
    assert get(port, "/metrics?x=1")[0] == 200


def test_nothing_else_is(port: int) -> None:
    assert get(port, "/")[0] == 404
    assert get(port, "/../etc/passwd")[0] == 404


def test_it_answers_after_a_client_that_speaks_nonsense(port: int) -> None:
    with socket.create_connection(("127.0.0.1", port)) as odd:
        odd.sendall(b"\xff\x00\r\n\r\n")
    assert get(port, "/metrics")[0] == 200


def test_it_ends_though_a_client_says_nothing() -> None:
    port = free_port()
    with serving(("127.0.0.1", port), stats()):
        silent = socket.create_connection(("127.0.0.1", port))
        time.sleep(0.3)
    silent.close()
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection(("127.0.0.1", port))


def test_no_name_server_is_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    def ask(*_: object) -> str:
        raise AssertionError

    monkeypatch.setattr(socket, "getfqdn", ask)
    port = free_port()
    with serving(("127.0.0.1", port), stats()):
        assert get(port, "/metrics")[0] == 200


def test_ipv6() -> None:
    port = free_port("::1")
    with serving(("::1", port), stats()):
        assert get(port, "/metrics", "::1")[0] == 200


def test_a_port_that_is_taken_is_told(port: int) -> None:
    message = f"metrics: 127.0.0.1:{port}: Address already in use"
    with (
        pytest.raises(NetsigError, match=message),
        serving(("127.0.0.1", port), Stats()),
    ):
        raise AssertionError
