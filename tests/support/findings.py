"""Flows, events and alerts to make rows of; times and addresses as were published."""

from __future__ import annotations

from sensor.types import TCP, Alert, Endpoint, Event, Flow

INSIDE = Endpoint("10.0.0.5", 52629)
OUTSIDE = Endpoint("175.16.199.0", 445)

# The Kerberos record that was published: 2022-11-09T17:43:28.18835Z
TS_NS = 1_668_015_808_188_350_000


def flow(
    client: Endpoint = INSIDE,
    server: Endpoint = OUTSIDE,
    *,
    proto: int = TCP,
    known: bool = True,
) -> Flow:
    """A flow whose first packet came from *client*; *known* says whether we know."""
    return Flow(
        key=1,
        proto=proto,
        ends=(client, server),
        file="a.pcap",
        community_id="1:abc=",
        client=0 if known else None,
        client_by="handshake" if known else "",
    )


def event(
    kind: str = "signature",
    name: str = "SMB2",
    *,
    on: Flow | None = None,
    from_client: bool | None = True,
    facts: dict[str, object] | None = None,
    content: tuple[bytes, bytes] = (b"", b""),
) -> Event:
    """An event on packet 7; *content* is what matched, and the sample."""
    return Event(
        kind=kind,
        name=name,
        ts_ns=TS_NS,
        packet=7,
        file="a.pcap",
        flow=on or flow(),
        from_client=from_client,
        facts=facts or {},
        matched=content[0],
        sample=content[1],
    )


def alert(*events: Event) -> Alert:
    """A high alert on *events*."""
    return Alert(
        rule="credentials-out",
        title="Credential material sent to a public address",
        severity="High",
        category="CredentialAccess",
        techniques=("Forced Authentication (T1187)", "SMB (T1021.002)"),
        ts_ns=TS_NS,
        reasons=("an NTLMv2 response was sent", "175.16.199.0 is public"),
        events=events or (event(),),
    )
