from __future__ import annotations

import pytest

from sensor.config import load
from sensor.schema.view import View, device_view, view
from sensor.types import Endpoint
from tests.support.findings import event, flow

A, B = Endpoint("10.0.0.5", 50000), Endpoint("192.168.7.7", 445)
X, Y = Endpoint("198.51.100.7", 50000), Endpoint("203.0.113.9", 445)
DEVICE = load(given={"local_networks": ["10.0.0.0/8", "192.168.0.0/16"]})
PACKET = load(given={"orientation": "packet"})


@pytest.mark.parametrize(
    ("client", "server", "local", "local_is_client"),
    [
        (A, Y, A, True),  # out of the network
        (X, B, B, False),  # into it
        (A, B, A, True),  # within it: the client
        (X, Y, X, True),  # past it: the client
    ],
)
def test_local_is_the_monitored_side(
    client: Endpoint, server: Endpoint, local: Endpoint, local_is_client: bool
) -> None:
    remote = server if local is client else client

    assert device_view(flow(client, server), DEVICE) == View(
        local, remote, local_is_client
    )


def test_client_is_local_even_if_the_server_spoke_first() -> None:
    met_midway = flow(B, A)
    met_midway.client = 1

    assert device_view(met_midway, DEVICE) == View(A, B, True)


def test_first_speaker_is_local_if_nobody_knows_the_client() -> None:
    assert device_view(flow(A, B, known=False), DEVICE) == View(A, B, None)
    assert device_view(flow(X, B, known=False), DEVICE) == View(B, X, None)


@pytest.mark.parametrize(
    ("from_client", "local", "remote"), [(True, A, Y), (False, Y, A)]
)
def test_packet_orientation_takes_the_sender_as_local(
    from_client: bool, local: Endpoint, remote: Endpoint
) -> None:
    sent = event(on=flow(A, Y), from_client=from_client)

    assert view(sent, PACKET) == View(local, remote, from_client)
    assert view(sent, DEVICE) == View(A, Y, True)
